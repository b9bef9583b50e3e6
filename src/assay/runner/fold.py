"""From checks on one table to folded states, sliced: one scan for all of them.

An error while folding belongs to the check that caused it: where the common scan fails, halves of
the checks are folded apart, and halves of these, so that only the culprit gets the verdict
``error``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.aggregate import Aggregate, Fold, Key
from assay.core.errors import SuiteError
from assay.core.expr import Column
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.runner.clustered_sides import clustered_sides
from assay.runner.clusters import Clustered, question_of, whole
from assay.runner.halving import in_halves
from assay.runner.leave_out import key_of
from assay.runner.needed import Ground
from assay.runner.provenance import check_seed
from assay.runner.task import CAUGHT, Task
from assay.states import Count, CountState, MomentsState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from assay.core.engine import Engine
    from assay.core.evidence import Evidence
    from assay.core.measurement import Measurement
    from assay.core.schema import Schema
    from assay.runner.clustered_sides import ClusteredSide
    from assay.runner.increment import Growing

States = dict[Aggregate[Any], dict[Key, Any]]

MOST_SLICES = 10_000
"""Slices of one slicing; a result has a measurement for each."""

SliceKey = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Slice:
    """One slice of one check: its key, its folded states, or why it is not measured.

    ``n`` are its rows, ``against`` those of the reference.
    """

    key: dict[str, str]
    fold: Fold | None
    reason: str = ""
    n: int = 0
    against: int | None = None


@dataclass
class Folded:
    """A check whose states are folded: estimates and evidence come from here, without I/O."""

    task: Task
    slices: list[Slice]
    seed: int
    now: float
    clustered: Clustered | None = None
    few: str = ""
    groups: Mapping[SliceKey, int] = field(default_factory=dict)
    _memory: dict[float, tuple[Estimate, ...]] = field(default_factory=dict)

    def estimate(self, level: float) -> tuple[Estimate, ...]:
        """Estimates of every slice at a confidence level."""
        if level not in self._memory:
            self._memory[level] = tuple(self._estimate(level))
        return self._memory[level]

    def _estimate(self, level: float) -> list[Estimate]:
        check = self.task.check
        how = Estimation(
            level=level,
            seed=check_seed(self.seed, check.id),
            census=check.claim == "batch",
            now=self.now,
        )
        found: list[Estimate] = []
        for part in self.slices:
            if part.fold is None:
                found.append(Unmeasured(reason=part.reason, key=part.key, n=part.n))
                continue
            for e in check.metric.estimate(part.fold, how):
                if not isinstance(e, Unmeasured) and how.census:
                    e = e.as_census()
                elif not isinstance(e, Unmeasured) and self.clustered is not None:
                    e = self.clustered.interval(e, part.key, how)
                if not isinstance(e, Unmeasured):
                    e = check.metric.widened(e, part.fold)
                found.append(msgspec.structs.replace(e, key={**part.key, **e.key}))
        if not found:
            found.append(Unmeasured(reason="no slice occurs"))
        return found

    def ground(self, measurement: Measurement) -> Ground:
        """What a measurement's interval rests on beside its own rows."""
        task, metric = self.task, self.task.check.metric
        part = next((p for p in self.slices if p.key.items() <= measurement.key.items()), None)
        clusters = task.clusters or task.reference_clusters
        return Ground(
            most=metric.draws(),
            against=part.against if part else None,
            clusters=clusters.name if clusters else "",
            blocks=clusters is not None and clusters.block is not None,
            groups=self.groups.get(tuple(part.key.items()), 0) if part else 0,
        )

    def remark(self, verdict: str) -> str:
        """What the reason of such a verdict must say of clusters; "" where it need not."""
        if verdict != "inconclusive":
            return ""
        return self.few if self.clustered is None else self.clustered.remark()

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """The metric's own tables and charts; of the first slices only, so that it stays small."""
        found: list[Evidence] = []
        for part in [s for s in self.slices if s.fold is not None][:4]:
            assert part.fold is not None
            label = ", ".join(f"{k}={v}" for k, v in part.key.items())
            for e in self.task.check.metric.evidence(part.fold):
                found.append(
                    msgspec.structs.replace(e, title=f"{e.title} ({label})") if label else e
                )
        return tuple(found)


class Scans:
    """The scans of a run: each table once, whatever number of checks and roles it serves.

    Args:
        growing: incremental tables, by name: of these only what is new is scanned.
    """

    def __init__(
        self,
        engine: Engine,
        tasks: Sequence[Task],
        *,
        seed: int,
        now: float,
        growing: Mapping[str, Growing] | None = None,
    ) -> None:
        self._engine = engine
        self._growing = growing or {}
        self._seed = seed
        self._now = now
        self._states: dict[str, States | BaseException] = {}
        self._waiting: list[Task] = []
        self.folded: dict[str, Folded | BaseException] = {}
        for task in tasks:
            try:
                for table, schema in task.tables:
                    task.requests(table, schema)
                self._waiting.append(task)
                if task.derived and task.check.spec.on in self._growing:
                    self._growing[task.check.spec.on].read_whole()
            except CAUGHT as error:  # the verdict of this check alone
                self.folded[task.check.id] = error

    @property
    def tables(self) -> list[str]:
        """Tables to scan."""
        return list(dict.fromkeys(table for t in self._waiting for table, _ in t.tables))

    def scan(self, table: str) -> None:
        """Fold everything that is wanted of one table."""
        try:
            self._states[table] = self._scan(self._waiting, only=[table])[table]
        except CAUGHT as error:  # the culprit is found in `settle`
            self._states[table] = error

    def rows(self) -> dict[str, int]:
        """Row counts of the tables that were counted whole."""
        return {
            table: states[Count()][()].n
            for table, states in self._states.items()
            if not isinstance(states, BaseException) and Count() in states
        }

    def settle(self) -> None:
        """Move checks whose tables are all scanned from waiting to ``folded``."""
        ready = [t for t in self._waiting if all(name in self._states for name, _ in t.tables)]
        good = {t: s for t, s in self._states.items() if not isinstance(s, BaseException)}
        again = self._again([t for t in ready if any(name not in good for name, _ in t.tables)])
        for task in ready:
            try:
                states = again.get(task.check.id, {})
                if isinstance(states, BaseException):
                    raise states
                self.folded[task.check.id] = _folded(task, good | states, self._seed, self._now)
            except CAUGHT as error:  # the verdict of this check alone
                self.folded[task.check.id] = error
        self._waiting = [task for task in self._waiting if task.check.id not in self.folded]

    def _again(self, tasks: Sequence[Task]) -> dict[str, dict[str, States] | BaseException]:
        """What checks need of tables whose common scan failed, so that only the culprits pay."""
        failed = {t for t, s in self._states.items() if isinstance(s, BaseException)}
        found = in_halves(tasks, lambda some: self._scan(some, only=failed), caught=CAUGHT)
        return {task.check.id: states for task, states in found}

    def _scan(self, tasks: Sequence[Task], *, only: Collection[str]) -> dict[str, States]:
        """States by table: each of these tables is scanned once."""
        return {
            table: self._growing[table].fold(some)
            if table in self._growing
            else self._engine.fold(table, some)
            for table, some in requests(tasks).items()
            if table in only
        }


def requests(tasks: Iterable[Task]) -> dict[str, list[Aggregate[Any]]]:
    """What is wanted of each table, equal wishes once."""
    wanted: dict[str, dict[Aggregate[Any], None]] = {}
    for task in tasks:
        for table, schema in task.tables:
            wanted.setdefault(table, {}).update(dict.fromkeys(task.requests(table, schema)))
    return {table: list(aggregates) for table, aggregates in wanted.items()}


def _folded(
    task: Task,
    states: Mapping[str, States],
    seed: int,
    now: float,
) -> Folded:
    slices: list[Slice] = []
    if task.derived:
        parts = [_slices(task, d.schema, states[d.table]) for d in task.derived]
        found = sorted((i for part in parts for i in part.items()), key=lambda item: item[0])
        return Folded(task, [_slice(task, key, *part, None) for key, part in found], seed, now)
    clustered = None
    sides = clustered_sides(task, states)
    if task.clusters is not None and not sides:
        question = question_of(task.check, task.schema, task.clusters, seed)
        by_group = states[task.table]
        clustered = Clustered(
            question, task.schema, task.clusters, question.parts(task.schema, by_group)
        )
        states = {task.table: whole(question, task.schema, by_group)}
    current = _slices(task, task.schema, states[task.table])
    if task.reference_table is None or task.reference_schema is None:
        for key, (n, own) in current.items():
            slices.append(_slice(task, key, n, own, None))
    else:
        reference = _slices(task, task.reference_schema, states[task.reference_table])
        for key, (n, own) in current.items():
            if key not in reference:
                slices.append(Slice(dict(key), None, "the reference has no such slice", n))
                continue
            groups = [
                sides[table].of(key) if table in sides else None
                for table in (task.table, task.reference_table)
            ]
            size, theirs = reference[key]
            fold = Fold(task.reference_schema, theirs, clusters=groups[1])
            made = _slice(task, key, n, own, fold, groups[0])
            slices.append(replace(made, against=size))
    few = " ".join(filter(None, (side.remark for side in sides.values())))
    least = _groups(clustered, list(sides.values()), [part.key for part in slices])
    return Folded(task, slices, seed, now, clustered, few, least)


def _groups(
    clustered: Clustered | None, sides: Sequence[ClusteredSide], keys: Iterable[dict[str, str]]
) -> dict[SliceKey, int]:
    """How many groups the rows of each slice come in, on the side that has fewest."""
    found: dict[SliceKey, int] = {}
    for key in keys:
        name = tuple(key.items())
        if clustered is not None:
            found[name] = len(clustered.parts.get(key_of(key), ()))
        elif sides:
            found[name] = min(len(side.of(name)) for side in sides)
    return found


def _slices(
    task: Task, schema: Schema, states: States
) -> dict[SliceKey, tuple[int, dict[Aggregate[Any], dict[Key, Any]]]]:
    """Size and states of each slice, under the metric's own aggregates."""
    found: dict[SliceKey, tuple[int, dict[Aggregate[Any], dict[Key, Any]]]] = {}
    own = task.own(schema)
    for slicing in task.sliced(schema):
        by = tuple(Column(name) for name in slicing)
        depth = len(by)
        sizes = {
            key: _rows(size)
            for key, size in states[task.size.within(task.where, by)].items()
            if size.n or not depth  # rows of a slice exist, but the check's filter leaves none
        }
        if len(sizes) > MOST_SLICES:
            raise SuiteError(
                f"`by: {' and '.join(slicing)}` makes {len(sizes):,} slices, more than the "
                f"{MOST_SLICES:,} that a check takes.",
                hint="Slice by columns with fewer values.",
            )
        mine: dict[Key, dict[Aggregate[Any], dict[Key, Any]]] = {
            key: {aggregate: {} for aggregate in own} for key in sizes
        }
        for aggregate in own:
            for key, state in states[aggregate.within(task.where, by)].items():
                if key[:depth] in mine:
                    mine[key[:depth]][aggregate][key[depth:]] = state
        for key, n in sizes.items():
            found[slice_key(slicing, key)] = (n, mine[key])
    return dict(sorted(found.items())) if task.check.spec.by else found


def slice_key(slicing: tuple[str, ...], key: Key) -> SliceKey:
    """The key of a slice, from its columns and the values in them."""
    return tuple((name, _text(v)) for name, v in zip(slicing, key, strict=True))


def _rows(size: CountState | MomentsState) -> int:
    return size.n if isinstance(size, CountState) else round(size.mean * size.n)


def _text(value: object) -> str:
    return "null" if value is None else str(value)


def _slice(
    task: Task,
    key: SliceKey,
    n: int,
    own: Mapping[Aggregate[Any], Mapping[Key, Any]],
    reference: Fold | None,
    clusters: Sequence[Fold] | None = None,
) -> Slice:
    smallest = task.check.spec.min_slice
    if key and n < smallest:
        reason = f"only {n:,} row{'s' * (n != 1)}; slices under {smallest} are not judged"
        return Slice(dict(key), None, reason, n)
    return Slice(dict(key), Fold(task.schema, own, reference=reference, clusters=clusters), n=n)
