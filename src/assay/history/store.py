"""The store of runs: documents, names (baselines) and journals in one private folder."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import HistoryError, did_you_mean
from assay.core.result import Run
from assay.history import folder as layout
from assay.history import queries
from assay.history.claim import Claim, claim, is_claimed
from assay.history.database import transaction
from assay.history.run_id import is_run_id
from assay.history.secrets import without_passwords

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from assay.history.records import Point, RunSummary, ScoredRun

_NAME = re.compile(r"[A-Za-z_][\w./+-]{0,99}")


class History:
    """Runs kept in ``path`` (usually ``.assay``): ``history.sqlite``, and ``runs/<id>/`` for each.

    Nothing is made before something is written: reading a folder without a history finds it
    empty. The folder belongs to its owner alone and tells git to ignore it. Any number of
    processes and threads may use it at once. Every method raises :class:`HistoryError` where the
    store cannot be used.
    """

    def __init__(self, path: Path, *, timeout_s: float = 30.0) -> None:
        """``timeout_s``: how long to wait for another process that writes."""
        self.path = path
        self._timeout_s = timeout_s
        self._claims: dict[str, Claim] = {}

    def begin(self, run_id: str, suite_name: str, started: str) -> None:
        """Note that a run has started, or that this process resumes it.

        Until :meth:`save`, :meth:`release` or the end of this process the run shows as running;
        after that, unless it was saved as finished, as interrupted.

        Raises:
            HistoryError: another process works on it, or it is finished.
        """
        run_folder = self.folder(run_id)
        held = self._claims.get(run_id) or self._claim(run_id, run_folder)
        try:
            with self._write() as db:
                if queries.status_of(db, run_id) == "finished":
                    raise HistoryError(
                        f"The run {run_id} is finished and cannot be resumed.",
                        hint="Start a new run.",
                    )
                db.execute(
                    "INSERT INTO runs (id, suite, started, status, pid) "
                    "VALUES (?, ?, ?, 'running', ?) "
                    "ON CONFLICT (id) DO UPDATE SET status = 'running', pid = excluded.pid",
                    (run_id, suite_name, started, os.getpid()),
                )
        except BaseException:
            held.release()
            raise
        self._claims[run_id] = held

    def save(self, run: Run) -> Run:
        """Store a run's document, whole or not at all; a finished run is never changed again.

        Its name, where it has one and is finished, then points at it. Passwords in connection
        strings are masked before anything is written: the run as stored, safe to show, is returned.

        Raises:
            HistoryError: a finished run of that id is already stored with other content.
        """
        name, run_id = run.run.name, run.run.id
        if name is not None:
            check_name(name)
        document = without_passwords(msgspec.json.encode(run))
        stored = msgspec.json.decode(document, type=Run)
        self.folder(run_id)
        with self._write() as db:
            row = db.execute("SELECT status, document FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row and row[0] == "finished" and row[1] != document:
                raise HistoryError(
                    f"The run {run_id} is finished; its document cannot be replaced.",
                    hint="Store the new results as a new run.",
                )
            queries.store(db, stored, document)
            if name is not None and run.run.status == "finished":
                queries.point(db, name, run_id)
        self.release(run_id)
        return stored

    def release(self, run_id: str) -> None:
        """Stop working on a run that was begun here; harmless where it was not."""
        held = self._claims.pop(run_id, None)
        if held is not None:
            held.release()

    def folder(self, run_id: str) -> Path:
        """``runs/<id>/``, made if missing: for the run's journal and observations."""
        if not is_run_id(run_id):
            raise HistoryError(
                f"{run_id!r} is not the id of a run.", hint="One looks like 20261123-141502-a1b2c3."
            )
        return layout.make_for_run(self.path, run_id)

    def delete(self, name_or_id: str) -> None:
        """Forget a run and remove its folder.

        Raises:
            HistoryError: there is no such run, a name points at it, or a process works on it.
        """
        run_id = self.resolve(name_or_id)
        if is_claimed(layout.of_run(self.path, run_id)):
            raise HistoryError(
                f"A process works on the run {run_id}.", hint="Stop it before deleting the run."
            )
        with self._write() as db:
            names = queries.names_of(db, run_id)
            if names:
                raise HistoryError(
                    f"The run {run_id} is named {', '.join(map(repr, names))}.",
                    hint="Point the name at another run, or remove it, before deleting the run.",
                )
            db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        # Only then: a kill in between leaves files that nobody refers to, never the reverse.
        layout.remove_for_run(self.path, run_id)

    def name(self, name_or_id: str, name: str) -> None:
        """Make a name point at a finished run, wherever it pointed.

        Raises:
            HistoryError: the name is not a word, or the run is unknown or not finished.
        """
        check_name(name)
        with self._write() as db:
            run_id = queries.resolve(db, name_or_id)
            if queries.status_of(db, run_id) != "finished":
                raise HistoryError(
                    f"The run {run_id} is not finished, so it cannot serve as {name!r}.",
                    hint=f"Finish it first: assay resume {run_id}",
                )
            queries.point(db, name, run_id)

    def unname(self, name: str) -> None:
        """Remove a name; the run stays.

        Raises:
            HistoryError: there is no such name.
        """
        with self._write() as db:
            if db.execute("DELETE FROM names WHERE name = ?", (name,)).rowcount == 0:
                known = [row[0] for row in db.execute("SELECT name FROM names")]
                raise HistoryError(f"No run is named {name!r}.{did_you_mean(name, known)}")

    def names(self) -> dict[str, str]:
        """Run ids by name."""
        with self._read() as db:
            return dict(db.execute("SELECT name, run FROM names ORDER BY name").fetchall())

    def resolve(self, name_or_id: str) -> str:
        """The id of the run with this name, this id, or the only id that begins so.

        Raises:
            HistoryError: there is none (the nearest name is given), or several.
        """
        with self._read() as db:
            return queries.resolve(db, name_or_id)

    def get(self, name_or_id: str) -> Run:
        """The document of a run, by name, id, or beginning of an id.

        Raises:
            HistoryError: there is none, or several; it was never saved; it cannot be read.
        """
        with self._read() as db:
            run_id = queries.resolve(db, name_or_id)
            row = db.execute("SELECT document FROM runs WHERE id = ?", (run_id,)).fetchone()
        return queries.load(run_id, row[0])

    def list(self, *, limit: int | None = None, suite: str | None = None) -> Sequence[RunSummary]:
        """Runs, newest first."""
        with self._read() as db:
            found = queries.summaries(db, limit=limit, suite=suite)
        return [
            msgspec.structs.replace(run, status="interrupted")
            if run.status == "running" and not is_claimed(layout.of_run(self.path, run.id))
            else run
            for run in found
        ]

    def interrupted(self) -> Sequence[RunSummary]:
        """Runs that can be resumed, newest first."""
        return [run for run in self.list() if run.status == "interrupted"]

    def latest(self, *, suite: str | None = None, finished_only: bool = True) -> Run | None:
        """The newest run that has a document, or None."""
        with self._read() as db:
            row = db.execute(
                "SELECT id, document FROM runs WHERE document IS NOT NULL "
                "AND (?1 IS NULL OR suite = ?1) AND (status = 'finished' OR NOT ?2) "
                "ORDER BY id DESC LIMIT 1",
                (suite, finished_only),
            ).fetchone()
        return None if row is None else queries.load(*row)

    def series(self, check_id: str, *, suite: str | None = None) -> Sequence[Point]:
        """The measurements of a check over the finished runs, oldest first."""
        with self._read() as db:
            return queries.series(db, check_id, suite=suite)

    def scores(self, suite: str, *, before: str, limit: int = 50) -> Sequence[ScoredRun]:
        """The scores of the last finished runs of a suite before a run, oldest first."""
        with self._read() as db:
            return queries.scored(db, suite, before=before, limit=limit)

    def _read(self) -> AbstractContextManager[sqlite3.Connection]:
        return transaction(self._file, timeout_s=self._timeout_s, write=False)

    def _write(self) -> AbstractContextManager[sqlite3.Connection]:
        layout.make(self.path)
        return transaction(self._file, timeout_s=self._timeout_s, write=True)

    @property
    def _file(self) -> Path:
        return self.path / layout.DATABASE

    def _claim(self, run_id: str, run_folder: Path) -> Claim:
        try:
            held = claim(run_folder)
        except OSError as error:
            raise layout.unwritable(self.path, error) from error
        if held is None:
            raise HistoryError(
                f"Another process works on the run {run_id}.",
                hint="Wait for it, or stop it before resuming the run here.",
            )
        return held


def check_name(name: str) -> None:
    """Hold a run's name to what a name may be.

    Raises:
        HistoryError: it is not a word.
    """
    if name == "latest":
        raise HistoryError(
            "A run cannot be named 'latest': that means the newest.", hint="Choose another name."
        )
    if not _NAME.fullmatch(name):
        raise HistoryError(
            f"A run cannot be named {name!r}.",
            hint="A name begins with a letter and goes on with letters, digits and _ - . / +.",
        )
