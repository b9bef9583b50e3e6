"""Values that a metric would take into memory one by one: counted before they are."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from assay.core.expr import Column
from assay.runner.derive import NotApplicable
from assay.runner.fold import CAUGHT
from assay.states import Distinct

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from assay.core.engine import Engine
    from assay.core.expr import Expr
    from assay.runner.fold import Task

Limits = dict[Distinct, tuple[tuple["Expr", ...], int]]
"""What is counted, with the metric's own part of it, and the most that it can take."""


def too_many(
    engine: Engine, tasks: Sequence[Task], *, growing: Container[str]
) -> dict[str, BaseException]:
    """Why checks cannot be measured, by their ids: too many values, or an error while counting.

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
        counts: Mapping[Distinct, int] | None
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
    return {
        Distinct(of=(*map(Column, slicing), *of), where=task.where): (of, most)
        for of, most in task.check.metric.levels(task.schema).items()
        for slicing in task.slicings
    }


def _counted(engine: Engine, table: str, wanted: Sequence[Distinct]) -> dict[Distinct, int]:
    folded = engine.fold(table, list(dict.fromkeys(wanted)))
    return {d: folded[d][()].distinct for d in wanted}


def _hold(task: Task, limits: Limits, counts: Mapping[Distinct, int]) -> None:
    for distinct, (of, most) in limits.items():
        if counts[distinct] > most:
            names = " and ".join(repr(e.name) for e in of if isinstance(e, Column))
            sliced = " over all slices" if len(distinct.of) > len(of) else ""
            verb = "take" if len(of) > 1 else "takes"
            raise NotApplicable(
                f"{names} {verb} {counts[distinct]:,} different values{sliced}, more than the "
                f"{most:,} that {task.check.metric.name} takes"
            )
