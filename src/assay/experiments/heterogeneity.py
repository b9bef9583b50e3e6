"""Whether an effect differs between slices of the units, and in which of them there is one.

Slices are columns of the assignments, known before the experiment (country, device, segment): what
the arm itself can change (having bought, say) is no slice, for it sorts units by their outcome.
Each column is one question (Cochran's Q), all columns together are corrected by Holm; so are the
slices of one column. Who looks at every slice without that will find one that moved.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from assay.core.errors import SuiteError, did_you_mean
from assay.experiments.collecting import collect
from assay.inference.heterogeneity import Heterogeneity, heterogeneity, part_effects
from assay.inference.multiplicity import benjamini_hochberg, holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.spec import ExperimentSpec, MetricSpec
    from assay.inference.interval import Interval

SLICED = ("proportion", "mean", "revenue")
"""Kinds of metrics whose slices are known by counts, means and variances alone."""

LEAST = 10
"""Units of each arm below which a slice is left out, and said to be."""


class ArmSlice(NamedTuple):
    """Units of one arm in one slice: how many, their mean, and its sample variance (n - 1)."""

    n: int
    mean: float
    variance: float


class SliceEffect(NamedTuple):
    """The effect in one slice.

    Attributes:
        interval: all slices of the column hold together.
        moved: whether there is an effect in this slice (Holm over the column's slices).
        listed: likewise by Benjamini & Hochberg: of those listed, 1 - level are false on average.
        from_rest: its effect less that of the other slices together.
        differs: whether that is shown not to be 0 (Holm). One slice far from the others makes each
            of them differ from their mean, too: the greatest ``from_rest`` is where to look.
    """

    slice: str
    control: ArmSlice
    arm: ArmSlice
    value: float
    interval: Interval
    p_value: float
    moved: bool
    listed: bool
    from_rest: float
    differs: bool


class SlicedEffect(NamedTuple):
    """An effect over the slices of one column.

    Attributes:
        p_value: of effects this different were they the same, corrected for all columns asked.
        left_out: slices with too few units in an arm, or in which nothing varies.
    """

    column: str
    test: Heterogeneity
    p_value: float
    slices: tuple[SliceEffect, ...]
    left_out: tuple[str, ...]


def sliced_effects(
    columns: Mapping[str, Mapping[str, tuple[ArmSlice, ArmSlice]]], level: float = 0.95
) -> tuple[SlicedEffect, ...]:
    """Effects over the slices of several columns.

    Args:
        columns: by column, then by slice: the control's units and the arm's.

    Raises:
        ValueError: a column has fewer than two slices that can be compared.
    """
    found = [_column(name, slices, level) for name, slices in columns.items()]
    adjusted = holm([column.test.p_value for column in found])
    return tuple(
        column._replace(p_value=p) for column, p in zip(found, adjusted, strict=True)
    )  # fmt: skip


def _column(
    name: str, slices: Mapping[str, tuple[ArmSlice, ArmSlice]], level: float
) -> SlicedEffect:
    kept = {
        label: pair
        for label, pair in slices.items()
        if min(arm.n for arm in pair) >= LEAST and sum(arm.variance for arm in pair) > 0
    }
    if len(kept) < 2:
        raise ValueError(
            f"the column {name!r} has {len(kept)} slices of at least {LEAST} units in each arm: "
            "two are needed"
        )
    values, variances, dfs = [], [], []
    for control, arm in kept.values():
        parts = [(side.variance / side.n, side.n - 1) for side in (control, arm)]
        variance = math.fsum(v for v, _ in parts)
        values.append(arm.mean - control.mean)
        variances.append(variance)
        dfs.append(variance**2 / math.fsum(v**2 / df for v, df in parts))
    effects = part_effects(values, variances, level, df=dfs)
    test = heterogeneity(values, variances, level, df=dfs)
    own = holm([e.p_value for e in effects])
    listed = benjamini_hochberg([e.p_value for e in effects])
    rest = holm([e.from_rest_p for e in effects])
    alpha = 1 - level
    made = tuple(
        SliceEffect(
            label, *pair, e.value, e.interval, e.p_value,
            moved=own[i] <= alpha, listed=listed[i] <= alpha, from_rest=e.from_rest,
            differs=rest[i] <= alpha,
        )
        for i, ((label, pair), e) in enumerate(zip(kept.items(), effects, strict=True))
    )  # fmt: skip
    left = tuple(label for label in slices if label not in kept)
    return SlicedEffect(name, test, test.p_value, made, left)


def slice_experiment(
    spec: ExperimentSpec,
    engine: WorkingEngine,
    *,
    metric: str,
    by: Sequence[str],
    arm: str | None = None,
    level: float = 0.95,
) -> tuple[SlicedEffect, ...]:
    """Effects of an arm on a metric over slices, from the experiment's tables in one pass.

    Args:
        metric: name of a proportion, mean or revenue; winsorised as in the analysis.
        by: columns of the assignments.
        arm: the arm; the only treatment where not given.

    Raises:
        SuiteError: no such metric or arm, or it is of another kind; or no column is named.
        AssayError: the tables cannot be read, or have no such column.
        ValueError: a column has fewer than two slices that can be compared.
    """
    of = sliced_metric(spec, metric)
    if not by:
        raise SuiteError("By what? Name a column of the assignments to slice by.")
    name = arm or (spec.treatments[0] if len(spec.treatments) == 1 else "")
    if name not in spec.treatments:
        raise SuiteError(
            f"The experiment has no treatment arm {name!r}.{did_you_mean(name, spec.treatments)}",
            hint=f"Name one of {', '.join(spec.treatments)}.",
        )
    asked = {f"{metric}.{i}": column for i, column in enumerate(by)}
    copies = tuple(
        replace(of, name=copy, role="primary", margin=None, covariate=None, strata=(column,))
        for copy, column in asked.items()
    )  # fmt: skip
    cells = collect(replace(spec, metrics=copies), engine).moments
    columns: dict[str, dict[str, tuple[ArmSlice, ArmSlice]]] = {}
    for copy, column in asked.items():
        sides = []
        for side in (spec.control, name):
            states = cells[copy].get(side, {})
            sides.append(
                {
                    "/".join(key): ArmSlice(s.n, s.mean_x, s.m2_x / max(s.n - 1, 1))
                    for key, s in states.items()
                }
            )
        none = ArmSlice(0, 0.0, 0.0)
        labels = sorted({*sides[0], *sides[1]})
        columns[column] = {x: (sides[0].get(x, none), sides[1].get(x, none)) for x in labels}
    return sliced_effects(columns, level)


def sliced_metric(spec: ExperimentSpec, name: str) -> MetricSpec:
    """The metric of that name, of a kind that has a figure for each unit.

    Raises:
        SuiteError: there is none, or it is of another kind.
    """
    found = next((m for m in spec.metrics if m.name == name), None)
    names = [m.name for m in spec.metrics]
    if found is None:
        raise SuiteError(
            f"The experiment has no metric {name!r}.{did_you_mean(name, names)}",
            hint=f"It has: {', '.join(names)}.",
        )
    if found.kind not in SLICED:
        raise SuiteError(
            f"The metric {name!r} is a {found.kind}, which has no figure for each unit.",
            hint=f"This is for {', '.join(SLICED)}.",
        )
    return found
