"""Questions to an open store, and the steps its changes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import HistoryError, did_you_mean
from assay.core.measurement import Measurement
from assay.core.result import SCHEMA, Run, Score
from assay.history.records import Point, RunSummary, ScoredRun

if TYPE_CHECKING:
    import sqlite3


def resolve(db: sqlite3.Connection, text: str) -> str:
    """The id of the run with this name, this id, or the only id that begins so.

    Raises:
        HistoryError: there is none (the nearest name is given), or several.
    """
    row = db.execute("SELECT run FROM names WHERE name = ?", (text,)).fetchone()
    if row:
        return str(row[0])
    ids = [str(r[0]) for r in db.execute("SELECT id FROM runs ORDER BY id DESC")]
    begin_so = [run_id for run_id in ids if text and run_id.startswith(text)]
    if len(begin_so) == 1:  # also a whole id: all have the same length
        return begin_so[0]
    if begin_so:
        some = ", ".join(begin_so[:3]) + (" …" if len(begin_so) > 3 else "")
        raise HistoryError(
            f"{len(begin_so)} runs begin with {text!r}: {some}", hint="Give more of the id."
        )
    known = [str(r[0]) for r in db.execute("SELECT name FROM names")]
    raise HistoryError(
        f"There is no run {text!r}.{did_you_mean(text, [*known, *ids])}",
        hint="`assay list runs` shows them." if ids else "No run is stored here yet: `assay run`.",
    )


def status_of(db: sqlite3.Connection, run_id: str) -> str | None:
    """The status as written, or None where the run is unknown."""
    row = db.execute("SELECT status FROM runs WHERE id = ?", (run_id,)).fetchone()
    return None if row is None else str(row[0])


def store(db: sqlite3.Connection, run: Run, document: bytes) -> None:
    """Write a run, its document (as JSON) and its measurements, over what was there."""
    db.execute(
        "INSERT INTO runs (id, suite, started, status, decision, duration_s, counts, document) "
        "VALUES (:id, :suite, :started, :status, :decision, :duration_s, :counts, :document) "
        "ON CONFLICT (id) DO UPDATE SET suite = excluded.suite, started = excluded.started, "
        "status = excluded.status, pid = NULL, decision = excluded.decision, "
        "duration_s = excluded.duration_s, counts = excluded.counts, document = excluded.document",
        {
            "id": run.run.id,
            "suite": run.suite.name,
            "started": run.started,
            "status": run.run.status,
            "decision": run.decision,
            "duration_s": float(run.duration_s),
            "counts": msgspec.json.encode(run.counts()).decode(),
            "document": document,
        },
    )
    db.execute("DELETE FROM measurements WHERE run = ?", (run.run.id,))
    db.executemany(
        "INSERT INTO measurements (run, check_id, position, verdict, measurement) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (run.run.id, result.id, position, result.verdict, msgspec.json.encode(m).decode())
            for result in run.results
            for position, m in enumerate(result.measurements)
        ],
    )


def load(run_id: str, document: bytes | None) -> Run:
    """The run in a stored document.

    Raises:
        HistoryError: there is none yet; it is of another schema, or damaged.
    """
    if document is None:
        raise HistoryError(
            f"The run {run_id} has not finished, so there are no results to show.",
            hint=f"Finish it: assay resume {run_id}",
        )
    try:
        run = msgspec.json.decode(document, type=Run)
    except msgspec.DecodeError as error:
        raise HistoryError(
            f"The stored run {run_id} cannot be read: {error}.",
            hint="It was written by another version of Assay, or the history is damaged.",
        ) from error
    if run.schema != SCHEMA:
        raise HistoryError(
            f"The stored run {run_id} has the schema {run.schema!r}; this Assay reads {SCHEMA!r}.",
            hint="Upgrade Assay: pip install --upgrade assay",
        )
    return run


def summaries(db: sqlite3.Connection, *, limit: int | None, suite: str | None) -> list[RunSummary]:
    """Runs, newest first, with the status as written."""
    names: dict[str, list[str]] = {}
    for name, run in db.execute("SELECT name, run FROM names ORDER BY name"):
        names.setdefault(run, []).append(name)
    rows = db.execute(
        "SELECT id, suite, started, status, decision, duration_s, counts FROM runs "
        "WHERE ?1 IS NULL OR suite = ?1 ORDER BY id DESC LIMIT ?2",
        (suite, -1 if limit is None else limit),
    )
    return [
        RunSummary(
            id=run_id,
            suite=of,
            started=started,
            status=status,
            names=names.get(run_id, []),
            decision=decision,
            duration_s=duration_s,
            counts=msgspec.json.decode(counts) if counts else {},
        )
        for run_id, of, started, status, decision, duration_s, counts in rows
    ]


def series(db: sqlite3.Connection, check_id: str, *, suite: str | None) -> list[Point]:
    """The measurements of a check over the finished runs, oldest first."""
    rows = db.execute(
        "SELECT runs.id, started, verdict, measurement FROM measurements "
        "JOIN runs ON runs.id = run WHERE check_id = ?1 AND status = 'finished' "
        "AND (?2 IS NULL OR suite = ?2) ORDER BY run, position",
        (check_id, suite),
    )
    return [
        Point(
            run_id=run_id,
            started=started,
            verdict=verdict,
            measurement=msgspec.json.decode(text, type=Measurement),
        )
        for run_id, started, verdict, text in rows
    ]


class _Scores(msgspec.Struct):
    """What of a document is needed for its scores; the rest is not built."""

    started: str
    scores: list[Score] = []


def scored(db: sqlite3.Connection, suite: str, *, before: str, limit: int) -> list[ScoredRun]:
    """Scores of the last finished runs of a suite before a run, oldest first."""
    rows = db.execute(
        "SELECT id, document FROM runs WHERE suite = ?1 AND status = 'finished' AND id < ?2 "
        "AND document IS NOT NULL ORDER BY id DESC LIMIT ?3",
        (suite, before, limit),
    )
    found = []
    for run_id, document in rows:
        try:
            kept = msgspec.json.decode(document, type=_Scores)
        except msgspec.DecodeError:  # of another version: a gap in the chart
            continue
        if kept.scores:
            found.append(ScoredRun(run_id=run_id, started=kept.started, scores=kept.scores))
    return found[::-1]


def point(db: sqlite3.Connection, name: str, run_id: str) -> None:
    """Make a name point at a run, wherever it pointed."""
    db.execute(
        "INSERT INTO names (name, run) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET run = excluded.run",
        (name, run_id),
    )


def names_of(db: sqlite3.Connection, run_id: str) -> list[str]:
    """Names that point at the run."""
    rows = db.execute("SELECT name FROM names WHERE run = ? ORDER BY name", (run_id,))
    return [str(row[0]) for row in rows]
