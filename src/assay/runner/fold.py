"""From checks on one table to folded states, sliced: one scan for all of them.

An error while folding belongs to the check that caused it: where the common scan fails, each
check is folded alone, so that only the culprit gets the verdict ``error``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.aggregate import Aggregate, Fold, Key
from assay.core.collection import Groups
from assay.core.errors import SuiteError
from assay.core.expr import Column, Expr, Sql
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.schema import ROWS
from assay.runner.clusters import Clustered, question_of, whole
from assay.runner.provenance import check_seed
from assay.states import Count, CountState, Moments, MomentsState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assay.core.check import Check
    from assay.core.engine import Engine
    from assay.core.evidence import Evidence
    from assay.core.schema import Schema
    from assay.runner.clusters import Clusters
    from assay.runner.increment import Growing

States = dict[Aggregate[Any], dict[Key, Any]]

MOST_SLICES = 10_000
"""Slices of one slicing; a result has a measurement for each."""

CAUGHT: tuple[type[BaseException], ...] = (Exception, SystemExit)
"""What costs a check its verdict and no more: a metric or model may call ``sys.exit`` too."""


@dataclass(frozen=True)
class Derived:
    """A table that was made for a check, and the slicings that it serves."""

    table: str
    schema: Schema
    slicings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Task:
    """A check on a table the engine knows, and on a reference table where it compares.

    ``derived`` are tables made for it, in place of its own: the check's filter is part of them.
    ``clusters`` are those that its rows come in, where its interval depends on them.
    """

    check: Check
    table: str
    schema: Schema
    reference_table: str | None = None
    reference_schema: Schema | None = None
    derived: tuple[Derived, ...] = ()
    clusters: Clusters | None = None

    @property
    def where(self) -> Expr | None:
        """The check's own filter, as far as the table's rows have not passed it."""
        return Sql(self.check.spec.where) if self.check.spec.where and not self.derived else None

    @property
    def slicings(self) -> tuple[tuple[str, ...], ...]:
        """Columns of each slicing; one empty slicing where the whole is measured."""
        return self.check.spec.by or ((),)

    @property
    def tables(self) -> list[tuple[str, Schema]]:
        """The table, and the reference table, with their schemas."""
        if self.derived:
            return [(d.table, d.schema) for d in self.derived]
        tables = [(self.table, self.schema)]
        if self.reference_table is not None and self.reference_schema is not None:
            tables.append((self.reference_table, self.reference_schema))
        return tables

    def own(self, schema: Schema) -> list[Aggregate[Any]]:
        """The aggregates as the metric asks for them."""
        return list(self.check.metric.aggregates(schema))

    def sliced(self, schema: Schema) -> tuple[tuple[str, ...], ...]:
        """The slicings that the table of this schema serves."""
        return next((d.slicings for d in self.derived if d.schema == schema), self.slicings)

    @property
    def size(self) -> Count | Moments:
        """What tells how many rows a slice has: of groups, the sum of their rows."""
        grouped = self.derived and isinstance(self.check.metric.collection(), Groups)
        return Moments(of=Column(ROWS)) if grouped else Count()

    def requests(self, schema: Schema) -> list[Aggregate[Any]]:
        """The aggregates to fold: filtered, for each slicing, with the size of each slice.

        Raises:
            SuiteError: no interval of the metric is known that respects clusters.
        """
        if self.clusters is not None:
            return question_of(self.check, schema, self.clusters).requests(schema)
        wanted: list[Aggregate[Any]] = []
        for slicing in self.sliced(schema):
            by = tuple(Column(name) for name in slicing)
            wanted += [a.within(self.where, by) for a in (self.size, *self.own(schema))]
        return wanted


@dataclass(frozen=True)
class Slice:
    """One slice of one check: its key, its folded states, or why it is not measured."""

    key: dict[str, str]
    fold: Fold | None
    reason: str = ""
    n: int = 0


@dataclass
class Folded:
    """A check whose states are folded: estimates and evidence come from here, without I/O."""

    task: Task
    slices: list[Slice]
    seed: int
    now: float
    clustered: Clustered | None = None
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
                found.append(msgspec.structs.replace(e, key={**part.key, **e.key}))
        if not found:
            found.append(Unmeasured(reason="no slice occurs"))
        return found

    def remark(self, verdict: str) -> str:
        """What the reason of such a verdict must say of clusters; "" where it need not."""
        if self.clustered is None or verdict != "inconclusive":
            return ""
        return self.clustered.remark()

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
                task.requests(task.schema)
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
            self._states[table] = self._scan(self._waiting, only=table)[table]
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
        still: list[Task] = []
        for task in self._waiting:
            if any(table not in self._states for table, _ in task.tables):
                still.append(task)
                continue
            try:
                states = {table: self._states[table] for table, _ in task.tables}
                good = {t: s for t, s in states.items() if not isinstance(s, BaseException)}
                if len(good) < len(states):
                    # The common scan failed: fold this check alone, so that only the culprit pays.
                    good = self._scan([task])
                self.folded[task.check.id] = _folded(task, good, self._seed, self._now)
            except CAUGHT as error:  # the verdict of this check alone
                self.folded[task.check.id] = error
        self._waiting = still

    def _scan(self, tasks: Sequence[Task], *, only: str | None = None) -> dict[str, States]:
        """States by table: each table is scanned once."""
        return {
            table: self._growing[table].fold(some)
            if table in self._growing
            else self._engine.fold(table, some)
            for table, some in requests(tasks).items()
            if only in (None, table)
        }


def requests(tasks: Iterable[Task]) -> dict[str, list[Aggregate[Any]]]:
    """What is wanted of each table, equal wishes once."""
    wanted: dict[str, dict[Aggregate[Any], None]] = {}
    for task in tasks:
        for table, schema in task.tables:
            wanted.setdefault(table, {}).update(dict.fromkeys(task.requests(schema)))
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
    if task.clusters is not None:
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
            fold = Fold(task.reference_schema, reference[key][1])
            slices.append(_slice(task, key, n, own, fold))
    return Folded(task, slices, seed, now, clustered)


SliceKey = tuple[tuple[str, str], ...]


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
) -> Slice:
    smallest = task.check.spec.min_slice
    if key and n < smallest:
        reason = f"only {n} rows; slices under {smallest} are not judged"
        return Slice(dict(key), None, reason, n)
    return Slice(dict(key), Fold(task.schema, own, reference=reference), n=n)
