"""Runs that are kept: shown, named, resumed, held against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from assay.api.outcome import Run, outcome
from assay.core.errors import HistoryError
from assay.history.store import History
from assay.runner.journal import Journal
from assay.runner.observe import kept_observations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core import result as core
    from assay.core.check import CorrectionMethod
    from assay.core.comparison import Comparison
    from assay.history.records import ScoredRun
    from assay.runner.side import Side


def stored_run(home: str | Path, run: str) -> Run:
    """A stored run by name, id or beginning of the id; ``latest`` is the newest finished one.

    Raises:
        HistoryError: there is no such run, or several.
    """
    history = _existing(home)
    found = history.latest() if run == "latest" else history.get(run)
    if found is None:
        raise HistoryError("No finished run is stored yet.", hint="Make one with `assay run`.")
    return outcome(found)


def previous_run(home: str | Path, run: core.Run) -> Run | None:
    """The finished run before this one of the same suite, or None."""
    history = _existing(home)
    before = (
        entry.id
        for entry in history.list(suite=run.suite.name)
        if entry.status == "finished" and entry.id < run.run.id
    )
    run_id = next(before, None)
    return outcome(history.get(run_id)) if run_id else None


def earlier_scores(home: str | Path, run: core.Run) -> Sequence[ScoredRun]:
    """Scores of the finished runs before this one of the same suite, oldest first."""
    return _existing(home).scores(run.suite.name, before=run.run.id)


def interrupted_run(home: str | Path, run: str | None) -> tuple[str, Path | None]:
    """Id and suite file of an interrupted run: the one named, else the latest.

    Raises:
        HistoryError: there is none to resume.
    """
    history = _existing(home)
    waiting = [entry.id for entry in history.interrupted()]
    if run is None and not waiting:
        raise HistoryError("No run is interrupted.", hint="Start one with `assay run SUITE`.")
    run_id = history.resolve(run) if run is not None else waiting[0]
    if run_id not in waiting:
        raise HistoryError(
            f"The run {run_id} is not interrupted, so there is nothing to resume.",
            hint="`assay list runs` shows the state of each.",
        )
    header = Journal(history.folder(run_id)).header()
    suite_file = header.suite_file if header else None
    return run_id, Path(suite_file) if suite_file else None


def runs(home: str | Path) -> list[dict[str, Any]]:
    """The stored runs, newest first, as plain data."""
    return [msgspec.to_builtins(entry) for entry in _existing(home).list()]


def baselines(home: str | Path) -> dict[str, str]:
    """Names given to runs, and the run each stands for."""
    return _existing(home).names()


def name_run(home: str | Path, name: str, run: str) -> str:
    """Give a stored run a name (a baseline); returns the run's id."""
    run_id = stored_run(home, run).run.id
    _existing(home).name(run_id, name)
    return run_id


def compare(
    home: str | Path,
    a: str,
    b: str,
    *,
    margin: float | None = None,
    correction: CorrectionMethod = "holm",
    by: Sequence[str] = (),
    models: tuple[str, str] | None = None,
) -> Comparison:
    """Run ``b`` held against run ``a``: differences with intervals, paired where they can be.

    Args:
        margin: the greatest loss that counts as no worse, in each metric's unit.
        correction: of verdicts that are judged together: ``holm``, ``bh``, ``by`` or ``none``.
        by: columns kept with the predictions, by whose values differences are shown too.
        models: a language model of each run, to be held against each other in place of the runs as
            they are; ``a`` and ``b`` may then be one run.

    Raises:
        HistoryError: there is no such run.
        SuiteError: no predictions that both runs kept have a column of ``by``, or a run has no
            such model.
        ValueError: the margin is negative, or not finite.
    """
    from tempfile import TemporaryDirectory

    from assay.engines.duckdb import DuckDBEngine
    from assay.runner.compare import compare as compare_sides

    history = _existing(home)
    first, second = (stored_side(history, stored_run(home, run).run.id) for run in (a, b))
    with TemporaryDirectory(prefix="assay-") as spill:
        engine = DuckDBEngine(temp_directory=spill)
        try:
            if models is not None:
                from assay.runner.rivals import compare_models

                return compare_models(
                    first, second, models, engine, margin=margin, correction=correction,
                    by=tuple(by),
                )  # fmt: skip
            return compare_sides(first, second, engine, margin=margin, correction=correction, by=by)
        finally:
            engine.close()


def stored_side(history: History, run: str) -> Side:
    """A stored run with the observations it kept: what a comparison needs.

    Raises:
        HistoryError: there is no such run.
    """
    from assay.runner.side import Side

    document = history.get(run)
    folder = history.path / "runs" / document.run.id
    return Side(document, kept_observations(folder))


def _existing(home: str | Path) -> History:
    if not Path(home).is_dir():
        raise HistoryError(
            f"There is no history in {str(home)!r}.",
            hint="Run a suite here first, or name its folder with --home.",
        )
    return History(Path(home))
