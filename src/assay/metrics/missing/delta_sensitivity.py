"""What a mean would be if missing values were unlike those that are there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Chart, Table, Text
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured, number_text
from assay.core.metric import Metric, metric
from assay.core.schema import NUMERIC
from assay.inference.interval import census, measured
from assay.metrics.missing.parameters import ColumnName
from assay.states import Count, Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.missing.delta import Observed

_DELTAS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


@metric(
    "missing.delta_sensitivity",
    formula="mean + share missing * delta * sd, mean and sd of the values that are there",
    interval="delta-adjusted-t",
    reference="Little 1993, JASA 88:125; van Buuren 2018, Flexible Imputation, section 3.8",
    example={"column": "income", "delta": -0.5, "bound": 25000.0},
)
class DeltaSensitivity(Metric):
    """The mean of all rows if the missing values lie ``delta`` standard deviations from the rest.

    Values that lack because of what they are (MNAR) leave no trace in the data. So suppose how
    unlike the others they are, and hold the mean to its criterion all the same: a requirement that
    stands at the worst ``delta`` you can believe does not depend on what is missing. With ``delta``
    0 it is the mean of the values that are there. For outcomes (booleans, or nothing but 0 and 1)
    it is a share, and that of the missing ones is cut at 0 and 1.

    ``bound`` is the mean that matters: the evidence then says at which delta the mean would get
    there, its tipping point. Infinite values are left out of the moments and count as missing.
    """

    column: ColumnName
    delta: Annotated[
        float, Meta(description="How far off the missing values are, in standard deviations.")
    ]
    bound: Annotated[
        float | None, Meta(description="Mean whose tipping point the evidence shows.")
    ] = None

    def __post_init__(self) -> None:
        for name, value in (("delta", self.delta), ("bound", self.bound)):
            if value is not None and not math.isfinite(value):
                raise ValueError(f"`{name}` must be a finite number, not {value}")

    def applicable(self, schema: Schema) -> str | None:
        info = schema.find(self.column)
        if info is None:
            return f"there is no column {self.column!r}"
        if info.kind not in NUMERIC and info.kind != "boolean":
            return f"column {self.column!r} holds {info.kind} ({info.native}), not numbers"
        return None

    def _moments(self) -> Moments:
        return Moments(of=Column(self.column), order=4)

    def _others(self) -> Count:
        """Values other than 0 and 1: where there are none, values are outcomes."""
        value = call("number", Column(self.column))
        other = call("and", call("ne", value, 0.0), call("ne", value, 1.0))
        return Count(where=call("and", call("finite", Column(self.column)), other))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return Count(), self._moments(), self._others()

    def _observed(self, fold: Fold) -> Observed | str:
        from assay.inference.missing.delta import Observed

        rows, there = fold[Count()].n, fold[self._moments()]
        if not rows:
            return "there are no rows"
        if not there.n:
            return f"column {self.column!r} has no value"
        outcomes = not fold[self._others()].n
        return Observed(
            rows, rows - there.n, there.mean, there.m2, there.m3 or 0.0, there.m4 or 0.0,
            (0.0, 1.0) if outcomes else (-math.inf, math.inf),
        )  # fmt: skip

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = self._observed(fold)
        if isinstance(found, str):
            return (Unmeasured(reason=found, n=fold[Count()].n),)
        value = found.adjusted(self.delta)
        if how.census:
            return (census(value, n=found.rows),)
        interval = found.interval(self.delta, how.level)
        return (measured(value, interval, n=found.rows, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = self._observed(fold)
        if isinstance(found, str):
            return ()
        points = sorted({*_DELTAS, self.delta})
        table = Table(
            title=f"Mean of {self.column} if missing values are unlike the rest",
            columns=["delta", "mean of the missing", "mean of all"],
            rows=[
                [d, _short(found.guessed(d)), _short(found.adjusted(d))]
                for d in points
            ],
        )  # fmt: skip
        text = f"{found.missing:,} of {found.rows:,} rows lack {self.column}."
        if self.bound is not None:
            text += f" {_tipping(found, self.bound)}"
        shown: tuple[Evidence, ...] = (Text(title="Tipping point", text=text), table)
        return (*shown, self._chart(found, points)) if found.missing and found.m2 > 0 else shown

    def _chart(self, found: Observed, points: list[float]) -> Chart:
        """The mean by delta, with its 95 % interval."""
        values = []
        for delta in points:
            low, high, _ = found.interval(delta, 0.95)
            if math.isfinite(low) and math.isfinite(high):
                mean = _short(found.adjusted(delta))
                values.append(
                    {"delta": delta, "mean": mean, "low": _short(low), "high": _short(high)}
                )
        scale = {"zero": False}
        x = {"field": "delta", "type": "quantitative", "title": "delta (standard deviations)"}
        y = {"type": "quantitative", "title": f"mean of {self.column}", "scale": scale}
        layer: list[dict[str, object]] = [
            {
                "mark": {"type": "area", "opacity": 0.25},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line"}, "encoding": {"x": x, "y": {**y, "field": "mean"}}},
        ]
        drawn: dict[str, object] = {"data": {"values": values}, "layer": layer}
        layers = [drawn]
        if self.bound is not None:
            layers.append(
                {
                    "data": {"values": [{"bound": self.bound}]},
                    "mark": {"type": "rule", "strokeDash": [4, 3]},
                    "encoding": {"y": {**y, "field": "bound"}},
                }
            )
        return Chart(
            title="Sensitivity to what is missing",
            alt=f"Mean of {self.column} against delta: {number_text(found.adjusted(points[0]))} at "
            f"{points[0]:g}, {number_text(found.adjusted(points[-1]))} at {points[-1]:g}.",
            spec={"width": 420, "height": 240, "layer": layers},
        )


def _short(value: float) -> float:
    """Six significant digits."""
    return float(f"{value:.6g}")


def _tipping(found: Observed, bound: float) -> str:
    """At which delta the mean is the bound, in words."""
    delta = found.tipping(bound)
    if delta is None:
        return f"No delta takes the mean to {number_text(bound)}."
    return (
        f"The mean is {number_text(bound)} where missing values lie {abs(delta):.3g} standard "
        f"deviations {'above' if delta > 0 else 'below'} the others."
    )
