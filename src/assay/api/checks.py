"""Checks, models and suites, written in Python or loaded from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.check import CheckSpec, ModelSpec, Suite
from assay.core.errors import SuiteError
from assay.suite.beside import MOST_WEIGHT
from assay.suite.criteria import criterion_from

if TYPE_CHECKING:
    from assay.core.check import Severity
    from assay.core.layer import Layer
    from assay.core.metric import Claim
    from assay.core.schema import Task


def check(
    metric: str,
    *,
    on: str = "data",
    data: str | None = None,
    against: str | None = None,
    by: str | Sequence[str | Sequence[str]] = (),
    min_slice: int = 30,
    where: str | None = None,
    severity: Severity = "block",
    claim: Claim | None = None,
    family: str | None = None,
    id: str | None = None,  # noqa: A002 - the word of the suite file
    description: str = "",
    weight: float = 1.0,
    layer: Layer | None = None,
    **requirement: Any,
) -> CheckSpec:
    """A check, as in a suite file: ``check("mean", column="age", between=[30, 50])``.

    ``requirement`` holds the metric's parameters and at most one criterion: ``at_least``,
    ``at_most``, ``between``, ``equals``, ``one_of`` or ``no_worse_than``.

    Raises:
        SuiteError: a criterion is malformed, or there are several; the weight is not one.
    """
    if not 0 <= weight <= MOST_WEIGHT:
        raise SuiteError(f"weight must be from 0 to {MOST_WEIGHT}, not {weight}.")
    criterion, params = criterion_from(requirement)
    slicings = (by,) if isinstance(by, str) else tuple(by)
    return CheckSpec(
        metric=metric,
        params=params,
        on=on,
        data=data,
        against=against,
        criterion=criterion,
        by=tuple((b,) if isinstance(b, str) else tuple(b) for b in slicings),
        min_slice=min_slice,
        where=where,
        claim=claim,
        severity=severity,
        id=id,
        family=family,
        description=description,
        weight=weight,
        layer=layer,
    )


def model(
    instance: Any,
    *,
    task: Task,
    target: str,
    positive: str | int | float | bool | None = None,
    features: Sequence[str] | None = None,
    batch_size: int = 10_000,
    cost_per_row: float | None = None,
    cost_per_call: float | None = None,
) -> ModelSpec:
    """A model under test: a path to a skops or ONNX file, or an object with ``predict``.

    Costs are what one row and one call cost; a plan adds them up.

    Raises:
        SuiteError: a cost is negative.
    """
    for cost in (cost_per_row, cost_per_call):
        if cost is not None and not cost >= 0:
            raise SuiteError(f"A cost must be 0 or more, not {cost}.")
    path = str(instance) if isinstance(instance, str | Path) else None
    return ModelSpec(
        path=path,
        kind=None if path else "object",
        instance=None if path else instance,
        task=task,
        target=target,
        positive=positive,
        features=tuple(features) if features is not None else None,
        batch_size=batch_size,
        cost_per_row=cost_per_row,
        cost_per_call=cost_per_call,
    )


def load(path: str | Path, *, allow_code: bool = False) -> Suite:
    """The suite in a YAML file.

    Args:
        allow_code: import the Python files that it names under ``metrics``.

    Raises:
        SuiteError: with file, line and column of what is wrong.
    """
    from assay.suite.load import load as load_suite

    return load_suite(path, allow_code=allow_code)
