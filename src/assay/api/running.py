"""Run a suite: where loading, the runner, the gate and the history meet."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.api.checks import load
from assay.api.engine import engine_for
from assay.api.outcome import Run, outcome
from assay.api.stored import stored_side
from assay.core import result as core
from assay.core.check import CheckSpec, SubjectSpec, Suite, TableSpec
from assay.core.errors import HistoryError, SuiteError
from assay.core.progress import Progress, silent
from assay.gate.policy import decide, hold
from assay.gate.score import scores
from assay.history.run_id import new_run_id
from assay.history.states import StateStore
from assay.history.store import History, check_name
from assay.runner.draw_more import drawn
from assay.runner.execute import Settings, execute, planned_ids
from assay.runner.journal import Header, Journal
from assay.runner.provenance import environment, text_fingerprint
from assay.runner.quarantine import set_aside

if TYPE_CHECKING:
    from assay.runner.run_plan import RunPlan

DEFAULT_HOME = ".assay"


class Interrupted(KeyboardInterrupt):
    """A run was interrupted; what was finished is kept, and it can be resumed by its id."""

    def __init__(self, run_id: str, *, resumable: bool) -> None:
        super().__init__(run_id)
        self.run_id = run_id
        self.resumable = resumable


def check_ids(suite: Suite) -> list[str]:
    """Ids of the suite's checks, with columns and wildcards expanded, in its order.

    Raises:
        AssayError: a subject cannot be opened, or a check does not fit it.
    """
    with ExitStack() as stack:
        return planned_ids(suite, engine_for(suite, None, stack))


def explain(
    what: str | Path | Suite | Sequence[CheckSpec],
    *,
    on: Any = None,
    home: str | Path | None = None,
    allow_code: bool = False,
    engine: Any = None,
) -> RunPlan:
    """What :func:`run` would do, without doing it: scans, their SQL, and what is kept already.

    Args:
        what, on, home, allow_code, engine: as for :func:`run`.

    Raises:
        SuiteError: the suite is wrong.
    """
    from assay.runner.explain import explain as plan

    suite = suite_of(what, on, allow_code=allow_code)
    if home is None and isinstance(what, str | Path):
        home = DEFAULT_HOME
    with ExitStack() as stack:
        states = StateStore(Path(home)) if home is not None else None
        return plan(suite, engine_for(suite, engine, stack), states=states)


def warn(message: str) -> None:
    """Say what went wrong beside the checks, as Python does."""
    warnings.warn(message, RuntimeWarning, stacklevel=2)


def run(
    what: str | Path | Suite | Sequence[CheckSpec],
    *,
    on: Any = None,
    name: str | None = None,
    home: str | Path | None = None,
    allow_code: bool = False,
    progress: Progress = silent,
    resume: str | None = None,
    engine: Any = None,
    say: Callable[[str], None] = warn,
) -> Run:
    """Run a suite and judge it; write failed rows aside and tell webhooks, where it asks for that.

    Args:
        what: path of a suite file, a suite, or a list of checks.
        on: what the checks are about: one table (a frame, a path), known to the checks as
            ``data``, or a mapping of names to tables and models. It adds to a suite's subjects.
        name: name to keep the run under (a later run can be held against it).
        home: folder of the history. A suite file's default is ``.assay``; otherwise nothing is
            kept unless a folder is given.
        allow_code: let the suite import models and metrics from Python.
        progress: told how far it is.
        resume: id of an interrupted run of the same suite, to go on with.
        engine: what measures the tables: ``duckdb``, ``spark``, ``postgresql``, one of these with
            settings (:class:`~assay.core.check.EngineSpec`), a SparkSession, or an engine that is
            open. None takes the suite's.
        say: told what went wrong beside the checks: rows that could not be written aside, a
            webhook that could not be told. A warning, unless something else is given.

    Raises:
        SuiteError: the suite is wrong.
        Interrupted: Ctrl-C; what was finished is kept.
    """
    suite = suite_of(what, on, allow_code=allow_code)
    if home is None and isinstance(what, str | Path):
        home = DEFAULT_HOME
    with ExitStack() as stack:
        if home is None:
            from tempfile import TemporaryDirectory

            history = History(Path(stack.enter_context(TemporaryDirectory(prefix="assay-"))))
        else:
            history = History(Path(home))
        return _run(
            suite, history, stack, name=name, allow_code=allow_code, progress=progress,
            resume=resume, kept=home is not None, engine=engine, say=say,
        )  # fmt: skip


def _run(
    suite: Suite,
    history: History,
    stack: ExitStack,
    *,
    name: str | None,
    allow_code: bool,
    progress: Progress,
    resume: str | None,
    kept: bool,
    engine: Any,
    say: Callable[[str], None],
) -> Run:
    clock = time.perf_counter()
    header, journal = _begin(suite, history, name=name, resume=resume)
    states = StateStore(history.path) if kept else None
    settings = Settings(
        now=header.now, allow_code=allow_code, baselines=lambda name: stored_side(history, name),
        states=states, answers=history.path / "answers.sqlite" if kept else None,
    )  # fmt: skip
    try:
        engine = engine_for(suite, engine, stack, temp_directory=journal.folder / "spill")
        execution = execute(
            suite, engine=engine, journal=journal, progress=progress, settings=settings
        )
        aside = set_aside(suite, execution, engine, run_id=header.run_id)
    except BaseException as error:
        history.release(header.run_id)  # so that this process, too, can resume it
        if isinstance(error, KeyboardInterrupt):
            resumable = kept and suite.file is not None
            raise Interrupted(header.run_id, resumable=resumable) from None
        raise
    for note in states.notes if states else ():
        say(f"States of incremental tables: {note}")
    for table, fault in aside.faults.items():
        say(f"The failed rows of {table!r} could not be written aside: {fault.detail}")
    decision = hold(
        decide(execution.results, suite.gate),
        {table: fault.reason for table, fault in aside.faults.items()},
    )
    finished = Run(
        run=core.RunRecord(
            id=header.run_id,
            name=header.name,
            seed=suite.seed,
            status="finished",
            exit_code=decision.exit_code,
            reason=decision.reason,
        ),
        suite=core.SuiteRecord(
            name=suite.name,
            file=suite.file,
            fingerprint=header.suite_fingerprint,
            text=suite.text,
            gate=suite.gate,
        ),
        decision=decision.decision,
        started=header.started,
        duration_s=round(time.perf_counter() - clock, 3),
        environment=environment(),
        subjects=aside.subjects,
        results=execution.results,
        scores=scores(execution.results),
        drawn=drawn(execution.results),
    )
    stored = history.save(finished)
    _tell(suite, stored, history, say)
    return outcome(stored)


def _tell(suite: Suite, run: core.Run, history: History, say: Callable[[str], None]) -> None:
    """Tell the webhooks of a run that is stored; what goes wrong is said and changes nothing."""
    if not suite.notify:
        return
    from assay.notify.notify import keep, notify

    told = notify(suite.notify, run)
    for one in told:
        if not one.delivered:
            say(str(one))
    if told:
        try:
            keep(told, history.folder(run.run.id))
        except (OSError, HistoryError) as error:
            say(f"How the webhooks were told could not be kept: {error}")


def _begin(
    suite: Suite, history: History, *, name: str | None, resume: str | None
) -> tuple[Header, Journal]:
    if name is not None:
        check_name(name)  # now, not when an hour's work is to be stored under it
    fingerprint = text_fingerprint(suite.text if suite.text is not None else repr(suite.checks))
    if resume is not None:
        journal = Journal(history.folder(resume))
        header = journal.header()
        if header is None:
            raise SuiteError(
                f"There is no run {resume!r} to resume.", hint="`assay list runs` names them."
            )
        if header.suite_fingerprint != fingerprint:
            raise SuiteError(
                f"The suite has changed since the run {resume} was started.",
                hint="Undo the change, or start a new run.",
            )
        return header, journal
    now = datetime.now(UTC)
    header = Header(
        run_id=new_run_id(now),
        name=name,
        suite_name=suite.name,
        suite_file=str(Path(suite.file).resolve()) if suite.file else None,
        suite_fingerprint=fingerprint,
        started=now.isoformat(timespec="seconds"),
        now=now.timestamp(),
        seed=suite.seed,
        fingerprints={},
    )
    journal = Journal(history.folder(header.run_id))
    journal.start(header)
    history.begin(header.run_id, suite.name, header.started)
    return header, journal


def suite_of(what: str | Path | Suite | Sequence[CheckSpec], on: Any, *, allow_code: bool) -> Suite:
    """The suite that is meant by a path, a suite or a list of checks, with the subjects of ``on``.

    Raises:
        SuiteError: it is wrong, or there is nothing to check.
    """
    if isinstance(what, str | Path):
        suite = load(what, allow_code=allow_code)
    elif isinstance(what, Suite):
        suite = what
    else:
        suite = Suite(name="checks", subjects={}, checks=tuple(what))
    subjects: dict[str, Any] = dict(suite.subjects)
    if isinstance(on, Mapping):
        subjects.update(on)
    elif on is not None:
        subjects["data"] = on
    if not subjects:
        raise SuiteError("There is nothing to check.", hint="Give a table or model with `on=`.")
    from assay.subjects.table import table_source

    return replace(
        suite,
        subjects={
            name: value
            if isinstance(value, SubjectSpec)
            else TableSpec(source=table_source(value, suite.folder))
            for name, value in subjects.items()
        },
    )
