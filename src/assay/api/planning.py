"""Plan a suite: how many rows would decide each check, and what collecting them costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.api.engine import engine_for
from assay.api.running import DEFAULT_HOME, suite_of
from assay.api.stored import stored_run, stored_side
from assay.core.errors import SuiteError, did_you_mean
from assay.core.progress import Progress, silent
from assay.history.store import History
from assay.runner.planning.outlook import FEWEST

if TYPE_CHECKING:
    from assay.collect.generation.store import Totals
    from assay.core import result as core
    from assay.core.check import CheckSpec, Suite
    from assay.core.engine import Engine
    from assay.runner.baseline import Baselines
    from assay.runner.planning.pilot import Asked
    from assay.runner.planning.record import Plan

POWER = 0.8
"""The usual power (Cohen 1988): four right decisions of five, where the value is as assumed."""


def plan(
    what: str | Path | Suite | Sequence[CheckSpec],
    *,
    on: Any = None,
    power: float = POWER,
    effect: float | Mapping[str, float] | None = None,
    run: str | None = None,
    pilot: int | None = None,
    home: str | Path | None = None,
    allow_code: bool = False,
    progress: Progress = silent,
    engine: Any = None,
) -> Plan:
    """How many rows would decide each check, and what collecting them costs; nothing is judged.

    Tables are counted. Unless there is a pilot, no model is called.

    Args:
        what, on, home, allow_code, engine: as for :func:`assay.run`.
        power: probability that a check is decided rightly, where its value is as assumed.
        effect: the distance from the bound that matters, in the metric's unit: one for all checks,
            or by id (with ``*`` and ``?``; the first pattern that fits counts).
        run: take values from this stored run (a name, an id, ``latest``). Where neither a run nor
            a pilot is named, the latest finished run of the suite is taken, if there is one.
        pilot: measure so many rows first, drawn at random. Models are called for them.

    Raises:
        SuiteError: the suite is wrong, or an argument is.
        HistoryError: there is no such run.
    """
    from assay.runner.planning.plan import Assumptions, plan_suite

    suite = suite_of(what, on, allow_code=allow_code)
    if home is None and isinstance(what, str | Path):
        home = DEFAULT_HOME
    _hold(power, pilot, run, suite.gate.false_alarm)
    stored: tuple[core.Run, str] | None = None
    if run is not None:
        if home is None:
            raise SuiteError(
                f"There is no history to find the run {run!r} in.", hint="Give `home=`."
            )
        stored = (stored_run(home, run), f"the run {run!r}")
    elif pilot is None and home is not None:
        stored = _latest(home, suite.name)
    with ExitStack() as stack:
        opened = engine_for(suite, engine, stack)
        baselines: Baselines | None = None
        if home is not None and Path(home).is_dir():
            history = History(Path(home))
            baselines = lambda name: stored_side(history, name)  # noqa: E731
        asked = None
        if pilot is not None:
            asked = _pilot(suite, pilot, baselines, stack, engine, allow_code, progress)
        found = plan_suite(
            suite,
            opened,
            Assumptions(
                power=power, effect=_effects(effect), stored=stored, pilot=asked,
                baselines=baselines, answers=_answers(home, stored),
            ),
        )  # fmt: skip
    _refuse_idle(effect, [c.check for c in found.checks])
    return found


def _latest(home: str | Path, suite: str) -> tuple[core.Run, str] | None:
    """The latest finished run of the suite, and how it is called; None where there is none."""
    if not Path(home).is_dir():
        return None
    history = History(Path(home))
    entry = next((e for e in history.list(suite=suite) if e.status == "finished"), None)
    return (history.get(entry.id), f"the latest run, {entry.id}") if entry else None


def _answers(home: str | Path | None, stored: tuple[core.Run, str] | None) -> dict[str, Totals]:
    """What the answers of language models in a stored run came to."""
    from assay.runner.planning.asking import kept_answers

    if home is None or stored is None:
        return {}
    return kept_answers(History(Path(home)).path / "runs" / stored[0].run.id)


def _pilot(
    suite: Suite,
    rows: int,
    baselines: Baselines | None,
    stack: ExitStack,
    engine: Any,
    allow_code: bool,
    progress: Progress,
) -> Asked:
    from tempfile import TemporaryDirectory

    from assay.runner.planning.baseline_part import for_a_pilot
    from assay.runner.planning.pilot import Asked

    folder = Path(stack.enter_context(TemporaryDirectory(prefix="assay-")))

    def open_engine(spill: str) -> Engine:
        from assay.engines.duckdb import DuckDBEngine

        return DuckDBEngine(temp_directory=spill)

    part = for_a_pilot(baselines, suite.subjects, folder) if baselines is not None else None
    return Asked(
        rows=rows, engine=open_engine, allow_code=allow_code, baselines=part, progress=progress
    )


def _hold(power: float, pilot: int | None, run: str | None, alpha: float) -> None:
    if not alpha < power < 1:
        raise SuiteError(
            f"The power must lie between the gate's error rate of {alpha:g} and 1, not {power:g}.",
            hint="Usual are 0.8 and 0.9.",
        )
    if pilot is not None and pilot < FEWEST:
        raise SuiteError(f"A pilot needs at least {FEWEST} rows, not {pilot}.")
    if pilot is not None and run is not None:
        raise SuiteError(
            "Values are taken from a pilot or from a stored run, not from both.",
            hint="Leave one of them out.",
        )


def _effects(effect: float | Mapping[str, float] | None) -> Callable[[str], float | None]:
    """The effect that is stated for a check.

    Raises:
        SuiteError: one is not a finite number above 0.
    """
    stated = effect if isinstance(effect, Mapping) else {} if effect is None else {"*": effect}
    for value in stated.values():
        if not 0 < value < float("inf"):
            raise SuiteError(f"An effect must be a number above 0, not {value:g}.")

    def find(check: str) -> float | None:
        exact = stated.get(check)
        if exact is not None:
            return exact
        return next((v for pattern, v in stated.items() if _fits(check, pattern)), None)

    return find


def _fits(check: str, pattern: str) -> bool:
    return fnmatchcase(check, pattern.replace("[", "[[]"))


def _refuse_idle(effect: float | Mapping[str, float] | None, checks: Sequence[str]) -> None:
    """Refuse an effect that fits no check: a typing error would go unseen."""
    for pattern in effect if isinstance(effect, Mapping) else ():
        if not any(check == pattern or _fits(check, pattern) for check in checks):
            raise SuiteError(f"No check is called {pattern!r}.{did_you_mean(pattern, checks)}")
