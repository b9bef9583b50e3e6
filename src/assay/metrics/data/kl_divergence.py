"""A column held against a stated distribution."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import NUMERIC, TEMPORAL
from assay.inference.interval import census, measured
from assay.metrics.data.in_set import Values, misfit
from assay.metrics.data.parameters import ColumnName, describe, epoch_seconds, not_null
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_SHOWN = 50


class Partition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A distribution: cells, and the share of the values that each should hold.

    Attributes:
        values: one cell for each of these values.
        bins: ascending bounds of cells that hold their lower end (the last, both ends): numbers, or
            ISO 8601 dates. Either these or ``values``.
        weights: share of each cell; all shares sum to 1.
        tail_weights: shares below the first bound and above the last.
        other_weight: share of the values that are not listed.
    """

    weights: tuple[float, ...]
    values: Values | None = None
    bins: tuple[int | float | str, ...] | None = None
    tail_weights: tuple[float, float] = (0.0, 0.0)
    other_weight: float = 0.0

    def check(self) -> None:
        """Hold its parts against each other.

        Raises:
            ValueError: they make no distribution.
        """
        if (self.values is None) == (self.bins is None):
            raise ValueError("a partition has either `values` or `bins`")
        given = len(self.values) if self.values is not None else len(self.bins or ()) - 1
        if given != len(self.weights) or not given:
            of = "values" if self.values is not None else "cells between `bins`"
            raise ValueError(f"there are {max(given, 0)} {of} and {len(self.weights)} weights")
        if self.values is not None and len(set(self.values)) < given:
            raise ValueError("a value is listed twice in `values`")
        if (any(self.tail_weights) and self.bins is None) or (self.other_weight and self.bins):
            raise ValueError("`tail_weights` belong to `bins`, and `other_weight` to `values`")
        bounds = self.bounds
        if any(not a < b for a, b in pairwise(bounds)):
            raise ValueError("`bins` must ascend")
        if min(self.shares) < 0 or not abs(sum(self.shares) - 1) < 1e-6:
            raise ValueError(f"the weights must be shares that sum to 1, not {sum(self.shares):g}")

    @property
    def bounds(self) -> tuple[float, ...]:
        """The bounds of bins as numbers, dates as seconds since 1970 UTC."""
        return tuple(epoch_seconds(b) if isinstance(b, str) else float(b) for b in self.bins or ())

    @property
    def dated(self) -> bool:
        """Whether the bounds are dates."""
        return any(isinstance(b, str) for b in self.bins or ())

    @property
    def shares(self) -> tuple[float, ...]:
        """Expected share of every cell: the listed ones, then all others (or below, and above)."""
        rest = (self.other_weight,) if self.values is not None else self.tail_weights
        return (*self.weights, *rest)

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the cells."""
        if self.values is not None:
            return (*(str(value) for value in self.values), "(others)")
        bins = self.bins or ()
        inner = (f"{a} to {b}" for a, b in pairwise(bins))
        return (*inner, f"(below {bins[0]})", f"(above {bins[-1]})")


@metric(
    "kl_divergence",
    unit="nats",
    higher_is_better=False,
    formula="sum over cells of share * ln(share / weight)",
    interval="chi-square-delta",
    reference="Kullback & Leibler 1951, Ann. Math. Statistics 22:79; scipy.stats.entropy(pk, qk)",
    example={
        "column": "race",
        "partition": {"values": ("x", "y", "z"), "weights": (0.6, 0.3, 0.1)},
    },
    claim="batch",
    dimension="accuracy",
)
class KLDivergence(Metric):
    """Divergence of a column's values from a stated distribution: 0 where they have its shares.

    Values outside of all cells are an error unless the partition gives them a weight: their
    divergence is infinite. Nulls are left out. The value is that of the rows at hand: chance alone
    raises it by about (cells - 1) / (2 rows), which the interval allows for.
    """

    jackknife = False

    column: ColumnName
    partition: Annotated[
        Partition,
        Meta(
            description="Cells (`values`, or bounds as `bins`) and the `weights` they should have."
        ),
    ]

    def __post_init__(self) -> None:
        self.partition.check()

    def applicable(self, schema: Schema) -> str | None:
        if self.partition.values is not None:
            return misfit(schema, self.column, self.partition.values)
        info = schema.find(self.column)
        if info is None:
            return f"there is no column {self.column!r}"
        if info.kind not in NUMERIC | TEMPORAL:
            return f"column {self.column!r} holds {describe(info)}, which has no bins"
        if self.partition.dated != (info.kind in TEMPORAL):
            wanted = "numbers" if self.partition.dated else "dates as ISO 8601 texts"
            return f"column {self.column!r} holds {describe(info)}: the bins must be {wanted}"
        return None

    def _cells(self) -> list[Expr]:
        """True for a value in each cell, in the order of the partition's shares."""
        column = Column(self.column)
        if self.partition.values is not None:
            listed: Expr = call("in", column, *self.partition.values)
            return [*(call("in", column, v) for v in self.partition.values), call("not", listed)]
        value, bounds = call("number", column), self.partition.bounds
        cells: list[Expr] = [
            call("and", call("ge", value, a), call("lt" if b < bounds[-1] else "le", value, b))
            for a, b in pairwise(bounds)
        ]
        return [*cells, call("lt", value, bounds[0]), call("gt", value, bounds[-1])]

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        present = not_null((self.column,))
        return tuple(Count(where=call("and", present, cell)) for cell in self._cells())

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        counts = [fold[cell].n for cell in self.aggregates(fold.schema)]
        n = sum(counts)
        if n == 0:
            return (Unmeasured(reason="there are no non-null values"),)
        weights = self.partition.shares
        for name, count, weight in zip(self.partition.names, counts, weights, strict=True):
            if count and not weight:
                reason = (
                    f"the partition gives {name} no weight, but {count:,} of {n:,} values are "
                    "there: the divergence is infinite"
                )
                return (Unmeasured(reason=reason, n=n, fault=True),)
        import numpy as np

        from assay.inference.information import divergence

        value, effect = divergence(np.array(counts, dtype=float), np.array(weights))
        if how.census:
            return (census(value, n=n, unit=self.unit),)
        return (measured(value, effect.interval(how.level), n=n, how=how, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        counts = [fold[cell].n for cell in self.aggregates(fold.schema)]
        n = sum(counts)
        if n == 0:
            return ()
        cells = zip(self.partition.names, self.partition.shares, counts, strict=True)
        rows = [(name, weight, count / n) for name, weight, count in cells if weight or count]
        rows.sort(key=lambda row: -abs(row[2] - row[1]))
        more = f" ({_SHOWN} of {len(rows):,})" if len(rows) > _SHOWN else ""
        return (
            Table(
                title=f"Expected and found{more}",
                columns=[self.column, "expected", "found", "change"],
                rows=[[name, w, round(f, 6), round(f - w, 6)] for name, w, f in rows[:_SHOWN]],
            ),
        )
