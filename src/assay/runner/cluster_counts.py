"""How many clusters the rows of a table come in, counted before they are folded by groups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.core.collection import Component, Generations, Predictions, Rows, Scores
from assay.core.errors import AssayError
from assay.core.expr import Column
from assay.core.schema import CLUSTER, TEMPORAL, UNIT
from assay.runner import time_blocks
from assay.runner.clusters import ALONE, Clusters
from assay.states import Count, Distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assay.core.aggregate import Aggregate, Key
    from assay.core.schema import Schema
    from assay.runner.task import Task

    States = dict[Aggregate[Any], dict[Key, Any]]

_SAMPLE = "sample"
"""What several answers to one sample come in, where samples come in no clusters of their own."""

_OF_CALLS = "order-statistics"
"""The interval of answers' waiting times, which takes calls as independent and says so."""


def with_clusters(
    tasks: Sequence[Task],
    fold: Callable[[str, list[Aggregate[Any]]], States],
    named: Callable[[str], str | None],
) -> tuple[list[Task], dict[str, BaseException]]:
    """The tasks, those whose intervals clusters change with the clusters of their tables.

    How rows are grouped depends on how many clusters there are: they are counted first, in one
    scan of each such table.

    Args:
        fold: folds aggregates over a table.
        named: the column of a suite's table that marks clusters, or None.

    Returns:
        The tasks that can go on, and errors by the ids of checks.
    """
    found: list[Task] = []
    failures: dict[str, BaseException] = {}
    known: dict[tuple[str, str], Clusters] = {}

    def clusters(table: str, schema: Schema, name: str | None) -> Clusters | None:
        if name is None:
            return None
        key = table, _column(schema, name)
        if key not in known:
            known[key] = _counted(fold, table, schema, key[1], name)
        alone = name == _SAMPLE and known[key].n == known[key].rows  # asked once each
        return known[key] if known[key].rows and not alone else None

    for task in tasks:
        try:
            sides = [clusters(*side) for side in _sides(task, named)]
            found.append(_with(task, sides))
        except AssayError as error:  # the verdict of this check alone
            failures[task.check.id] = error
    return found, failures


def not_counted(task: Task, named: Callable[[str], str | None]) -> Task:
    """The task as it will be folded where clusters are many: for a plan that reads no row.

    Raises:
        SubjectError: the table has no such column.
    """
    return _with(
        task,
        [
            None
            if name is None or name == _SAMPLE
            else Clusters(name, name, ALONE + 1, 1, block=_week(schema, name))
            for _, schema, name in _sides(task, named)
        ],
    )


def counts_of(column: str, schema: Schema) -> list[Aggregate[Any]]:
    """What is folded to count clusters."""
    times = time_blocks.counted(column) if _is_time(schema, column) else ()
    return [Count(), Distinct(of=(Column(column),)), *times]


def _sides(
    task: Task, named: Callable[[str], str | None]
) -> Iterator[tuple[str, Schema, str | None]]:
    """The task's tables with the columns that mark clusters, if these change its interval.

    They do where it speaks of more than these rows, with an interval that rests on how rows vary.
    """
    check, spec = task.check, task.check.spec
    wanted = check.metric.collection()
    rows = isinstance(wanted, Rows | Predictions | Scores | Generations | Component)
    known = check.metric.own_clusters or check.metric.interval == "census"
    known |= isinstance(wanted, Generations) and check.metric.interval == _OF_CALLS
    if not rows or check.claim != "process" or known:
        return
    name = named(spec.data or spec.on)
    if name is None and isinstance(wanted, Generations):
        name = _SAMPLE
    yield task.table, task.schema, name
    if task.reference_table is not None and task.reference_schema is not None and spec.against:
        yield task.reference_table, task.reference_schema, named(spec.against)


def _column(schema: Schema, name: str) -> str:
    """The column of the observations that marks the clusters of this name."""
    if schema.find(CLUSTER) is not None:
        return CLUSTER
    return UNIT if name == _SAMPLE else name


def _with(task: Task, sides: Sequence[Clusters | None]) -> Task:
    own, reference, *_ = [*sides, None, None]
    if own is None and reference is None:
        return task
    return replace(task, clusters=own, reference_clusters=reference)


def _is_time(schema: Schema, column: str) -> bool:
    info = schema.find(column)
    return info is not None and info.kind in TEMPORAL


def _week(schema: Schema, column: str) -> float | None:
    return 7 * time_blocks.DAY if _is_time(schema, column) else None


def _counted(
    fold: Callable[[str, list[Aggregate[Any]]], States],
    table: str,
    schema: Schema,
    column: str,
    name: str,
) -> Clusters:
    wanted = counts_of(column, schema)
    states = fold(table, wanted)
    count, different, *times = (states[a][()] for a in wanted)
    n = different.distinct + (count.n > different.n)
    block = time_blocks.block_of(n, *times) if times else None
    return Clusters(column, name, n, count.n, count.n - different.n, block)
