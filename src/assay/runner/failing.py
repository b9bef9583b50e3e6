"""Which rows speak against the subject, among those that a check looks at."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from assay.core.expr import Call, Column, Repeated, both, call

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.runner.task import Task


def failing_rows(task: Task) -> Expr | None:
    """Filter for the rows that fail the check; None where its metric does not speak of rows.

    What repeats, repeats among the rows that the check looks at, and within their slice.
    """
    failing = task.check.metric.failing(task.schema)
    if failing is None:
        return None
    several = dict.fromkeys(_among(failing, task.where, slicing) for slicing in task.slicings)
    return both(task.where, reduce(lambda a, b: call("or", a, b), several))


def _among(failing: Expr, where: Expr | None, slicing: tuple[str, ...]) -> Expr:
    if isinstance(failing, Repeated):
        of = (*(Column(name) for name in slicing), *failing.of)
        # A key that is null repeats nothing, so rows that the check leaves out do not count.
        return Repeated(of if where is None else tuple(call("case", where, e, None) for e in of))
    if isinstance(failing, Call):
        return Call(failing.op, tuple(_among(e, where, slicing) for e in failing.args))
    return failing
