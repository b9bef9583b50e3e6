"""From checks to tasks: which table each folds, and what must be collected for it first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from assay.core.collection import Component, Generations, Load, OfTable, Predictions, Rows, Scores
from assay.runner.admit import admit
from assay.runner.derive import Deriving
from assay.runner.observe import (
    Collecting,
    Observed,
    Wish,
    columns_needed,
    observe,
    observe_unlabelled,
    wishes_of,
)
from assay.runner.task import CAUGHT, Task, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence
    from pathlib import Path

    from assay.core.check import Check, Suite
    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.runner.asking import Asking, Means
    from assay.runner.asking_in_rounds import AskInRounds
    from assay.runner.draw_more import Draw
    from assay.runner.opening import Opened


@dataclass
class Planned:
    """Checks turned into tasks on tables; those that cannot be are failures of their own."""

    tasks: list[Task]
    failures: dict[str, BaseException]
    observed: dict[str, Observed]
    deriving: Deriving
    draws: list[Draw | AskInRounds] = field(default_factory=list)

    def rest_on(self, seen: Observed | BaseException, checks: Sequence[Check]) -> None:
        """Tasks of checks on what was observed; or why it was not, as their failure."""
        if isinstance(seen, Observed):
            self.observed[seen.table] = seen
            self.tasks += [Task(check, seen.table, seen.schema) for check in checks]
        else:
            self.failures.update((check.id, seen) for check in checks)


def plan(
    todo: Sequence[Check],
    every: Sequence[Check],
    suite: Suite,
    opened: Opened,
    engine: Engine,
    *,
    folder: Path,
    progress: Progress,
    answers: Path | None = None,
) -> Planned:
    """Tasks for the checks still to do; a model's checks become tasks on its observations.

    What observations carry along follows from ``every`` check of the suite, done or not, so that
    a resumed run finds the observations it has already collected.

    Args:
        answers: file of language models' answers in earlier runs, for those that may take them.
    """
    planned = Planned([], {}, {}, Deriving(opened, engine))
    pending = {check.id for check in todo}
    wanted: dict[Wish, _Wanted] = {}
    asking: dict[tuple[str, str], Asking] = {}
    apart: dict[Wish, list[Check]] = {}
    for check in every:
        spec = check.spec
        try:
            opened.require(spec.on, spec.data, spec.against)
            if isinstance(check.metric.collection(), Rows):
                if check.id in pending:
                    reference = opened.tables[spec.against].schema if spec.against else None
                    schema = opened.tables[spec.on].schema
                    planned.tasks.append(Task(check, spec.on, schema, spec.against, reference))
                continue
            if isinstance(check.metric.collection(), OfTable):
                if check.id in pending:
                    planned.tasks.append(planned.deriving.task(check))
                continue
            if isinstance(check.metric.collection(), Generations | Scores):
                from assay.runner.asking import Asking

                pair = spec.on, spec.data or ""
                asking.setdefault(pair, Asking(*pair)).add(check, opened)
                continue
            if isinstance(check.metric.collection(), Load | Component):
                apart.setdefault(wishes_of(check)[0], []).append(check)
                continue
            wishes = wishes_of(check)
            carried = [
                columns_needed(check, opened.tables[w.data].schema, w.data) if w.data else ()
                for w in wishes
            ]
        except CAUGHT as error:  # the verdict of this check alone
            planned.failures[check.id] = error
            continue
        for wish, columns in zip(wishes, carried, strict=True):
            wanted.setdefault(wish, _Wanted()).add(check, columns)
    sights: dict[Wish, _Sight] = {}
    drawing: set[str] = set()
    for wish, want in wanted.items():
        waiting = [check for check in want.checks if check.id in pending]
        if not waiting:
            continue
        by = Collecting(
            suite, opened, engine, folder, progress, sorted(want.carried), features=want.features
        )
        why = _why_all(suite, wish, want.checks, every)
        if why is None:
            from assay.runner.draw_more import Draw

            planned.draws.append(Draw(wish, waiting, by, planned.observed))
            drawing.update(check.id for check in waiting)
        else:
            sights[wish] = _seen(wish, by, why, waiting)
    for sight in sights.values():
        planned.observed.update((o.table, o) for o in sight if isinstance(o, Observed))
    for check in _pending_of(wanted, pending - drawing):
        try:
            planned.tasks.append(_task(check, sights))
        except CAUGHT as error:  # the verdict of this check alone
            planned.failures[check.id] = error
    if asking:
        from assay.runner.asking import Means

        means = Means(suite, opened, engine, folder, progress, answers, asking)
        _ask(planned, means, pending, every)
    for wish, checks in apart.items():
        if waiting := [check for check in checks if check.id in pending]:
            seen = _alone(wish, suite, opened, engine, folder=folder, progress=progress)
            planned.rest_on(seen, waiting)
    planned.tasks, failures = admit(planned.tasks, opened, engine)
    planned.failures.update(failures)
    return planned


def _ask(planned: Planned, means: Means, pending: set[str], every: Sequence[Check]) -> None:
    """Ask the language models, all at once or later in rounds: tasks on their answers."""
    from assay.runner.asking import ask
    from assay.runner.asking_in_rounds import AskInRounds
    from assay.runner.draw_more import why_all_answers

    for one in means.askings.values():
        waiting = [check for check in one.checks if check.id in pending]
        why = why_all_answers(means.suite, one.model, one.data, one.checks, every)
        if why is None and waiting:
            planned.draws.append(AskInRounds(one, waiting, means, planned.observed))
        for wish, seen in ask(one, pending, means).items() if why is not None else ():
            told = _told(seen, why) if isinstance(seen, Observed) else seen
            planned.rest_on(told, [check for check in one.wishes[wish] if check.id in pending])


def _alone(
    wish: Wish, suite: Suite, opened: Opened, engine: Engine, *, folder: Path, progress: Progress
) -> Observed | BaseException:
    """What is observed of a language model beside its answers to samples."""
    if isinstance(wish.collection, Load):
        from assay.runner.loading import load as observing
    else:
        from assay.runner.examining import examine as observing

    return observing(wish, suite, opened, engine, folder=folder, progress=progress)


@dataclass
class _Wanted:
    """What the checks of one set of observations want of it.

    Attributes:
        checks: that fold it, as their own data or as their reference.
        carried: columns that it must hold.
        features: what the model is fed with, too.
    """

    checks: list[Check] = field(default_factory=list)
    carried: dict[str, None] = field(default_factory=dict)
    features: bool = False

    def add(self, check: Check, columns: Iterable[str]) -> None:
        """Note what one check wants."""
        collection = check.metric.collection()
        if check not in self.checks:  # its reference may be the very same table
            self.checks.append(check)
        self.carried.update(dict.fromkeys(columns))
        self.features |= isinstance(collection, Predictions) and collection.features


class _Sight(NamedTuple):
    """Observations of the rows with a target, and of all rows; or why there are none."""

    labelled: Observed | BaseException | None
    every: Observed | BaseException | None


def _seen(wish: Wish, by: Collecting, why: str, checks: Sequence[Check]) -> _Sight:
    """Collect what the checks want of one set of observations."""
    alone = [check for check in checks if _unlabelled(check, wish)]
    labelled: Observed | BaseException | None = None
    if len(alone) < len(checks) or _has_target(wish, by):
        labelled = _tried(lambda: observe(wish, by), why)
    if not alone or (isinstance(labelled, BaseException) and _has_target(wish, by)):
        return _Sight(labelled, labelled)
    known = labelled if isinstance(labelled, Observed) else None
    return _Sight(labelled, _tried(lambda: observe_unlabelled(wish, by, known), why))


def _tried(collect: Callable[[], Observed], why: str) -> Observed | BaseException:
    """Observations, with a note why all rows were asked for; or the error.

    Raises:
        StorageError: they cannot be written.
    """
    seen = tried(collect)
    return _told(seen, why) if isinstance(seen, Observed) else seen


def _told(seen: Observed, why: str | None) -> Observed:
    """The observations, with a note why all rows were asked for."""
    return replace(seen, notes=(*seen.notes, f"All rows were asked for: {why}.")) if why else seen


def _has_target(wish: Wish, by: Collecting) -> bool:
    """Whether the data have the model's target column; of what is not predicted, nothing is."""
    predictions = isinstance(wish.collection, Predictions)
    table = by.opened.tables.get(wish.data)
    if not predictions or table is None:
        return True
    return table.schema.find(by.spec(wish).target) is not None


def _unlabelled(check: Check, wish: Wish) -> bool:
    """Whether the check wants rows of its data that have no target; of its reference, none does."""
    collection = check.metric.collection()
    own = check.spec.data == wish.data
    return own and isinstance(collection, Predictions) and collection.unlabelled


def _pending_of(wanted: Mapping[Wish, _Wanted], pending: Container[str]) -> list[Check]:
    """Checks that still wait for observations, each once."""
    found = {check.id: check for want in wanted.values() for check in want.checks}
    return [check for check in found.values() if check.id in pending]


def _task(check: Check, sights: Mapping[Wish, _Sight]) -> Task:
    """The check as a task on what was observed.

    Raises:
        Exception: why it was not observed.
    """
    mine, *others = wishes_of(check)
    sight = sights[mine]
    seen = _held(sight.every if _unlabelled(check, mine) else sight.labelled)
    if not others:
        return Task(check, seen.table, seen.schema)
    reference = _held(sights[others[0]].labelled)
    return Task(check, seen.table, seen.schema, reference.table, reference.schema)


def _held(seen: Observed | BaseException | None) -> Observed:
    if isinstance(seen, Observed):
        return seen
    assert seen is not None  # by `_seen`: what a check wants is tried
    raise seen


def _why_all(
    suite: Suite, wish: Wish, group: Sequence[Check], every: Sequence[Check]
) -> str | None:
    """Why all is collected at once; "" where nobody asked for less, None where it is drawn."""
    if suite.gate.inconclusive != "draw_more" or not isinstance(wish.collection, Predictions):
        return ""
    from assay.runner.draw_more import why_all

    return why_all(group, every) or None
