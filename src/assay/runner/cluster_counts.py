"""How many clusters the rows of a table come in, counted before they are folded by groups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.core.collection import Predictions, Rows
from assay.core.errors import AssayError
from assay.core.expr import Column
from assay.core.schema import CLUSTER
from assay.runner.clusters import ALONE, Clusters
from assay.states import Count, Distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay.core.aggregate import Aggregate, Key
    from assay.runner.fold import Task

    States = dict[Aggregate[Any], dict[Key, Any]]


def with_clusters(
    tasks: Sequence[Task],
    fold: Callable[[str, list[Aggregate[Any]]], States],
    named: Callable[[str], str | None],
) -> tuple[list[Task], dict[str, BaseException]]:
    """The tasks, those whose intervals clusters change with the clusters of their table.

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
    for task in tasks:
        try:
            spec = task.check.spec
            name = named(spec.data or spec.on) if _concerned(task) else None
            if name is not None:
                observed = task.schema.find(CLUSTER) is not None
                key = (task.table, CLUSTER if observed else name)
                if key not in known:
                    known[key] = _counted(fold, *key, name)
                if known[key].rows:
                    task = replace(task, clusters=known[key])
            found.append(task)
        except AssayError as error:  # the verdict of this check alone
            failures[task.check.id] = error
    return found, failures


def not_counted(task: Task, named: Callable[[str], str | None]) -> Task:
    """The task as it will be folded where clusters are many: for a plan that reads no row.

    Raises:
        SubjectError: the table has no such column.
    """
    name = named(task.check.spec.on) if _concerned(task) else None
    return task if name is None else replace(task, clusters=Clusters(name, name, ALONE + 1, 1))


def counts_of(column: str) -> tuple[Count, Distinct]:
    """What is folded to count clusters."""
    return Count(), Distinct(of=(Column(column),))


def _concerned(task: Task) -> bool:
    """Whether the check speaks of more than these rows, with an interval that clusters change."""
    check = task.check
    rows = isinstance(check.metric.collection(), Rows | Predictions)
    return rows and check.claim == "process" and check.metric.interval != "census"


def _counted(
    fold: Callable[[str, list[Aggregate[Any]]], States], table: str, column: str, name: str
) -> Clusters:
    rows, different = counts_of(column)
    states = fold(table, [rows, different])
    n, found = states[rows][()].n, states[different][()]
    return Clusters(column, name, found.distinct + (n > found.n), n, n - found.n)
