"""Collect in rounds: observations are drawn in a random order until every verdict is decided.

The alternative is a plan of fixed size, which asks the subject about every row. Here checks are
judged at a few looks that are planned beforehand (``looks``), at levels that hold over all of them;
a check that is decided leaves, and when none is left nothing more is collected. Among checks of one
family Holm's procedure goes on with those that are left: a first wrong verdict needs an interval to
miss at the level of all that are truly undecided, whichever look it is.

What cannot be judged on a part (a statement about these rows, a family over several subjects) needs
all rows: then everything is collected at once, and the run says why.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from assay.core.check import LanguageModelSpec
from assay.core.collection import Scores
from assay.core.expr import Column, Sql, both, call
from assay.core.result import Drawn
from assay.runner.admit import admit
from assay.runner.derive import NotApplicable
from assay.runner.fold import Scans, slice_key
from assay.runner.looks import Look, planned
from assay.runner.observe import attached, draw
from assay.runner.results import failed
from assay.runner.task import Task, tried
from assay.states import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from assay.collect.prediction_pass import Collected
    from assay.core.check import Budget, Check, Suite
    from assay.core.engine import Engine
    from assay.core.expr import Expr
    from assay.core.result import Result
    from assay.runner.fold import Folded, SliceKey
    from assay.runner.judging import Judging
    from assay.runner.observe import Collecting, Observed, Wish

Member = tuple["Check", "Folded | BaseException"]

_WORTH = 1.1
"""A round that would add less than a tenth is not worth the look."""


def why_all(group: Sequence[Check], every: Iterable[Check]) -> str:
    """Why the checks of one set of observations need all rows; "" where they can be drawn for.

    Args:
        group: checks on these observations, those that take them as their reference included.
        every: all checks of the suite.
    """
    mine = {check.id for check in group}
    families: dict[str, set[str]] = defaultdict(set)
    for check in every:
        families[check.family].add(check.id)
    for check in group:
        if check.metric.compares:
            return f"{check.id} compares predictions on two tables"
        wanted = check.metric.collection()
        if isinstance(wanted, Scores) and wanted.rival is not None:
            return f"{check.id} compares the answers of two models"
    judged = [check for check in group if check.criterion is not None]
    if not judged:
        return "no check of it states a requirement"
    for check in judged:
        if check.claim == "batch" or check.metric.interval == "census":
            return f"{check.id} is a statement about these very rows"
        if not families[check.family] <= mine:
            return f"{check.id} is judged together with checks of something else"
    return ""


def why_all_answers(
    suite: Suite, model: str, data: str, group: Sequence[Check], every: Sequence[Check]
) -> str | None:
    """Why a language model is asked all samples; "" where nobody asked for less, None where it is
    asked in rounds.

    Args:
        group: checks on its answers to these samples.
    """
    spec = suite.subjects.get(model)
    stored = isinstance(spec, LanguageModelSpec) and spec.answers is not None
    if suite.gate.inconclusive != "draw_more" or stored:
        return ""
    for check in every:
        wanted = check.metric.collection()
        if isinstance(wanted, Scores) and wanted.rival == model and check.spec.data == data:
            return f"{check.id} compares the answers of two models"
    return why_all(group, every) or None


class InRounds(Protocol):
    """Observations in a random order, as many as are asked for.

    Attributes:
        rows: that could be asked about; ``planned`` are those that a plan of fixed size would use.
        begun: rows that an earlier, interrupted pass already holds, in the same order.
    """

    @property
    def rows(self) -> int: ...
    @property
    def planned(self) -> int: ...
    @property
    def begun(self) -> int: ...

    def upto(self, n: int) -> SoFar:
        """The first ``n`` of the order."""
        ...

    def finish(self) -> None:
        """No more are needed."""
        ...


class SoFar(Protocol):
    """What was collected so far: ``rows`` of it."""

    @property
    def rows(self) -> int: ...


def drawn(results: Iterable[Result]) -> list[Drawn]:
    """What was drawn in a run, by the observations: as far as the last of their checks went."""
    most: dict[str, Drawn] = {}
    for result in results:
        if result.drawn is not None:
            name = f"{result.on}@{result.data}"
            if name not in most or most[name].rows < result.drawn.rows:
                most[name] = msgspec.structs.replace(result.drawn, observations=name)
    return list(most.values())


@dataclass
class Rounds:
    """The rounds over one set of observations.

    Attributes:
        group: checks on them that are to be judged, in the order of the suite.
        attach: makes the engine know what was collected, and gives the checks as tasks on it; with
            failures by id of the checks that are none.
        judge: results of one family at a look, in its order.
        data, target: the table that the rows are of, and its target column, which those that are
            left out lack; None where none are.
        repeats: answers to each sample, of a language model; None for other models.
        clock: seconds; the budget of time is measured with it.
        results: by check id, once :meth:`run` is through.
    """

    engine: Engine
    drawing: InRounds
    group: Sequence[Check]
    attach: Callable[[Any, Sequence[Check]], tuple[list[Task], dict[str, BaseException]]]
    judge: Callable[[Sequence[Member], Look], list[Result]]
    data: str
    target: str | None
    seed: int
    now: float
    budget: Budget | None = None
    repeats: int | None = None
    clock: Callable[[], float] = time.monotonic
    results: dict[str, Result] = field(default_factory=dict)

    def run(self) -> Drawn:
        """Draw until every verdict is decided, or all is drawn that may be.

        Raises:
            AssayError: the model failed, or observations cannot be written.
        """
        most = min(self.drawing.rows, (self.budget and self.budget.rows) or self.drawing.rows)
        plan = planned(most)
        slices = _Slices(self.engine, self.data, self.target)
        # A look that was interrupted is not taken again at fewer rows than there are by now.
        first = next((i for i, n in enumerate(plan) if n >= self.drawing.begun), len(plan) - 1)
        began, looks = self.clock(), list(plan[: first + 1])
        waiting = list(self.group)
        while True:
            collected = self.drawing.upto(looks[-1])
            following = self._following(plan, looks, self.clock() - began)
            look = Look(tuple(looks), of=most, last=following is None)
            drawn = self._drawn(collected.rows, len(looks))
            waiting = self._judged(look, waiting, collected, slices, drawn)
            if not waiting or following is None:
                self.drawing.finish()
                return drawn
            looks.append(following)

    def _drawn(self, rows: int, rounds: int) -> Drawn:
        of = self.drawing.planned
        if self.repeats is None:
            return Drawn(rows=rows, of=of, rounds=rounds)
        saved = (of - rows) * self.repeats
        return Drawn(rows=rows, of=of, rounds=rounds, counted="samples", calls_saved=saved)

    def _following(self, plan: Sequence[int], looks: Sequence[int], spent: float) -> int | None:
        """Rows at the next look: as planned, or as many as there is time for; None for no look.

        How many there is time for follows from the time that rows took, not from what was seen.
        """
        later = [rows for rows in plan if rows > looks[-1]]
        if not later:
            return None
        seconds = self.budget.seconds if self.budget else None
        if seconds is None or spent <= 0:
            return later[0]
        room = int(looks[-1] * seconds / spent)
        return None if room < looks[-1] * _WORTH else min(later[0], room)

    def _judged(
        self,
        look: Look,
        waiting: Sequence[Check],
        collected: SoFar,
        slices: _Slices,
        drawn: Drawn,
    ) -> list[Check]:
        """Judge those that wait; those that go on waiting."""
        tasks, failures = self.attach(collected, waiting)
        scans = Scans(self.engine, tasks, seed=self.seed, now=self.now)
        scans.folded.update(failures)
        for table in scans.tables:
            scans.scan(table)
        scans.settle()
        families: dict[str, list[Check]] = defaultdict(list)
        for check in waiting:
            families[check.family].append(check)
        settled: set[str] = set()
        for members in families.values():
            found = [(check, scans.folded[check.id]) for check in members]
            for (check, folded), result in zip(found, self.judge(found, look), strict=True):
                if look.last or _decided(folded, result, slices):
                    self.results[check.id] = _told(result, drawn, look)
                    settled.add(check.id)
        left = [check for check in waiting if check.id not in settled]
        if all(check.criterion is None for check in left):  # these only report
            for check in left:
                folded = scans.folded[check.id]
                self.results[check.id] = _told(self.judge([(check, folded)], look)[0], drawn, look)
            return []
        return left


@dataclass
class _Slices:
    """The slices that all rows have, which are known without asking the model."""

    engine: Engine
    data: str
    target: str | None
    _known: dict[str, list[SliceKey]] = field(default_factory=dict)

    def of(self, check: Check) -> list[SliceKey]:
        """Slices of the check that are large enough to be judged."""
        if check.id not in self._known:
            spec = check.spec
            there = None if self.target is None else _present(self.target)
            where = both(Sql(spec.where) if spec.where else None, there)
            counts = {
                slicing: Count(where=where, by=tuple(map(Column, slicing)))
                for slicing in spec.by or ((),)
            }
            states = self.engine.fold(self.data, list(counts.values()))
            self._known[check.id] = [
                slice_key(slicing, key)
                for slicing, count in counts.items()
                for key, size in states[count].items()
                if not slicing or size.n >= spec.min_slice
            ]
        return self._known[check.id]


def _present(target: str) -> Expr:
    return call("not_null", Column(target))


def _decided(folded: Folded | BaseException, result: Result, slices: _Slices) -> bool:
    """Whether more rows could not change the verdict, but for an error as rare as is stated.

    One slice that misses decides. A pass needs every slice that there will be, and no value in
    them that cannot be measured yet.
    """
    if isinstance(folded, NotApplicable):
        return True
    if isinstance(folded, BaseException) or result.verdict not in ("pass", "fail"):
        return False
    if result.verdict == "fail":
        return True
    there = {tuple(part.key.items()) for part in folded.slices if part.fold is not None}
    wanted = slices.of(folded.task.check)
    lacking = [set(u.key.items()) for u in result.unmeasured]
    return all(key in there and not any(set(key) <= gap for gap in lacking) for key in wanted)


def _told(result: Result, drawn: Drawn, look: Look) -> Result:
    """The result with the number of rows at which it ended."""
    said = result.reason
    if result.verdict in ("pass", "fail"):
        said += f" Decided after {drawn.rows:,} of {drawn.of:,} {drawn.counted}"
        said += f": {drawn.saved * 100:.0f} % saved." if drawn.rows < drawn.of else "."
    elif result.verdict == "inconclusive" and drawn.rows < drawn.of:
        said += f" The budget ended after {drawn.rows:,} of {drawn.of:,} {drawn.counted}."
    return msgspec.structs.replace(result, reason=said, drawn=drawn)


def results_of(checks: Sequence[Check], begun: Callable[[], Rounds]) -> dict[str, Result]:
    """Results by check id once the rounds are through; where they fail, that is each verdict.

    Raises:
        StorageError: observations cannot be written.
    """

    def through() -> dict[str, Result]:
        rounds = begun()
        rounds.run()
        return rounds.results

    found = tried(through)
    if isinstance(found, BaseException):
        return {check.id: failed(check, found) for check in checks}
    return found


@dataclass(frozen=True)
class Draw:
    """Observations that are collected in rounds, and the checks that are judged on them.

    Attributes:
        checks: still to be judged; all of a family are among them.
        observed: where the observations are noted for others (comparisons, evidence).
    """

    wish: Wish
    checks: Sequence[Check]
    collecting: Collecting
    observed: dict[str, Observed]

    def results(self, judging: Judging, now: float) -> dict[str, Result]:
        """Results by check id, once all are decided or the budget has ended.

        Raises:
            StorageError: observations cannot be written.
        """
        by = self.collecting
        return results_of(
            self.checks,
            lambda: Rounds(
                engine=by.engine, drawing=draw(self.wish, by), group=self.checks,
                attach=self._attach, judge=judging.family, data=self.wish.data,
                target=by.spec(self.wish).target, seed=by.suite.seed, now=now,
                budget=by.suite.gate.budget,
            ),
        )  # fmt: skip

    def _attach(
        self, collected: Collected, checks: Sequence[Check]
    ) -> tuple[list[Task], dict[str, BaseException]]:
        seen = attached(self.collecting.engine, self.wish, collected)
        self.observed[seen.table] = seen
        tasks = [Task(check, seen.table, seen.schema) for check in checks]
        return admit(tasks, self.collecting.opened, self.collecting.engine)
