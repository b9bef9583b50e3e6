"""Values and rows that a metric would take into memory one by one: counted before they are."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from assay.core.expr import Column
from assay.runner.derive import NotApplicable
from assay.runner.task import CAUGHT
from assay.states import Count, Distinct

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from assay.core.engine import Engine
    from assay.core.expr import Expr
    from assay.runner.task import Task

Limits = dict[Distinct | Count, tuple[tuple["Expr", ...], int]]
"""What is counted, with the metric's own part of it, and the most that it can take."""


def too_many(
    engine: Engine, tasks: Sequence[Task], *, growing: Container[str]
) -> dict[str, BaseException]:
    """Why checks cannot be measured, by their ids: too much for memory, or an error while counting.

    One scan for each table with such metrics. Tables that grow by files are not read whole for it.
    """
    failures: dict[str, BaseException] = {}
    wanted: dict[str, list[tuple[Task, Limits]]] = defaultdict(list)
    for task in tasks:
        try:
            limits = limits_of(task)
        except CAUGHT as error:  # the verdict of this check alone
            failures[task.check.id] = error
            continue
        if limits and task.table not in growing:
            wanted[task.table].append((task, limits))
    for table, several in wanted.items():
        counts: Mapping[Distinct | Count, int] | None
        try:
            counts = _counted(engine, table, [d for _, limits in several for d in limits])
        except CAUGHT:  # the culprit is found below
            counts = None
        for task, limits in several:
            try:
                known = counts if counts is not None else _counted(engine, table, list(limits))
                _hold(task, limits, known)
            except CAUGHT as error:  # the verdict of this check alone
                failures[task.check.id] = error
    return failures


def limits_of(task: Task) -> Limits:
    """What is counted before a check is measured."""
    metric = task.check.metric
    limits: Limits = {
        Distinct(of=(*map(Column, slicing), *of), where=task.where): (of, most)
        for of, most in metric.levels(task.schema).items()
        for slicing in task.slicings
    }
    rows = metric.most_rows(task.schema)
    return limits if rows is None else {Count(where=task.where): ((), rows), **limits}


def _counted(
    engine: Engine, table: str, wanted: Sequence[Distinct | Count]
) -> dict[Distinct | Count, int]:
    folded = engine.fold(table, list(dict.fromkeys(wanted)))
    states = {a: folded[a][()] for a in wanted}
    return {a: s.n if isinstance(a, Count) else s.distinct for a, s in states.items()}


def _hold(task: Task, limits: Limits, counts: Mapping[Distinct | Count, int]) -> None:
    name = task.check.metric.name
    for counted, (of, most) in limits.items():
        if counts[counted] <= most:
            continue
        if isinstance(counted, Count):
            raise NotApplicable(
                f"{counts[counted]:,} rows are more than the {most:,} of these columns that {name} "
                "takes into memory: name fewer columns, or filter the rows with `where`"
            )
        names = " and ".join(repr(e.name) for e in of if isinstance(e, Column))
        sliced = " over all slices" if len(counted.of) > len(of) else ""
        verb = "take" if len(of) > 1 else "takes"
        raise NotApplicable(
            f"{names} {verb} {counts[counted]:,} different values{sliced}, more than the "
            f"{most:,} that {name} takes"
        )
