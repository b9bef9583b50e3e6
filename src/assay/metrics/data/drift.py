"""Drift of one column against a reference table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.criterion import AtMost
from assay.core.expr import Column
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import NUMERIC, TEMPORAL
from assay.metrics.data.parameters import ColumnName, describe, is_temporal
from assay.states import Count, Frequencies, Moments, Quantiles

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Scalar
    from assay.core.schema import ColumnInfo, Schema
    from assay.metrics.data.distributions.sides import Categories, Values

Method = Literal[
    "auto", "ks", "psi", "jensen_shannon", "wasserstein", "chi_square", "total_variation",
    "hellinger", "kl",
]  # fmt: skip
_ORDERED = ("ks", "wasserstein")

LISTED = 10_000
"""Values of a text column that leave the engine, by frequency."""


_CELLS: tuple[Scalar, Scalar] = (None, "a value")


def _untyped(info: ColumnInfo) -> bool:
    """Whether a column has no type, because it has no values (an object column of pandas, say)."""
    return info.kind == "other" and info.native.strip('"').upper() in ("NULL", "VOID")


@metric(
    "drift",
    higher_is_better=False,
    formula="distance between the column's distributions here and in the reference table",
    interval="smirnov (ks), multinomial-bootstrap (all others), "
    "wild-cluster-bootstrap (rows in clusters), clopper-pearson (one value in all rows)",
    reference="Smirnov 1939; Lin 1991; Siddiqi 2006; scipy.stats.ks_2samp, scipy.spatial.distance",
    example={"column": "income"},
    claim="process",
    family="drift",
    compares=True,
    default=AtMost(0.1),
    dimension="accuracy",
)
class Drift(Metric):
    """Distance between a column's distribution and that of a reference table.

    0 means equal. Missing values are part of the distribution: a change in their share is drift.
    All methods but ``psi``, ``kl`` and ``wasserstein`` lie in [0, 1]:

    * ``auto``: ``ks`` for numbers, dates and timestamps, ``total_variation`` for texts and booleans
      (both are the greatest change in the probability of any event of a simple form, so one limit
      suits all columns).
    * ``ks``: Kolmogorov-Smirnov distance; missing values count as smaller than all others.
    * ``total_variation``: share of rows that moved from one cell to another.
    * ``jensen_shannon``: Jensen-Shannon distance, base 2.
    * ``hellinger``: Hellinger distance; like ``jensen_shannon``, it weighs rare cells more.
    * ``kl``: Kullback-Leibler divergence of this table from the reference, in nats.
    * ``psi``: population stability index; by custom below 0.1 is stable, above 0.25 a major shift.
    * ``chi_square``: Cramér's V of the chi-square test of homogeneity.
    * ``wasserstein``: area between the distribution functions in standard deviations of the
      reference, plus the change in the share of missing values.

    Texts and booleans have a cell for each value, up to the 100 most frequent of both tables
    together. The others share one, but for those that the reference lacks, where they have clearly
    more rows than chance brings. Of a side with more than 10,000 values only so many are counted
    one by one; all others share one cell, and the interval allows for what is not known. Numbers
    and times, for methods that need cells, have ``bins`` cells with equal shares of the reference.
    Their distribution functions are known at 200 quantiles a side.

    Where either table declares a ``cluster``, clusters (or blocks of time, where it is a date or a
    time) take the place of rows in the interval.
    """

    clustered = True

    column: ColumnName
    method: Annotated[Method, Meta(description="Which distance; `auto` decides by type.")] = "auto"
    bins: Annotated[
        int, Meta(ge=2, le=100, description="Cells of a numeric column, for methods with cells.")
    ] = 10

    def __post_init__(self) -> None:
        if not 2 <= self.bins <= 100:
            raise ValueError(f"bins must be from 2 to 100, not {self.bins}")

    def applicable(self, schema: Schema) -> str | None:
        info = schema.find(self.column)
        if info is None:
            return f"there is no column {self.column!r}"
        if info.kind in NUMERIC | TEMPORAL:
            return None
        if info.kind not in ("string", "boolean") and not _untyped(info):
            return f"column {self.column!r} holds {describe(info)}, which drift does not compare"
        if self.method in _ORDERED:
            return (
                f"column {self.column!r} holds {describe(info)}: "
                f"{self.method} needs values with an order; total_variation does not"
            )
        return None

    def _by_order(self, schema: Schema) -> bool:
        info = schema.find(self.column)
        return info is not None and info.kind in NUMERIC | TEMPORAL

    def _quantiles(self) -> Quantiles:
        from assay.inference.quantile_grid import GRID

        return Quantiles(of=Column(self.column), probabilities=GRID)

    def _moments(self) -> Moments:
        return Moments(of=Column(self.column))

    def _frequencies(self) -> Frequencies:
        return Frequencies(of=(Column(self.column),), most=LISTED)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        if not self._by_order(schema):
            return (self._frequencies(),)
        if self.method == "wasserstein":
            return Count(), self._quantiles(), self._moments()
        return Count(), self._quantiles()

    def _sides(self, fold: Fold) -> Values | Categories | str:
        """Both distributions, or why they cannot be compared."""
        from assay.metrics.data.distributions.groups import counts, pieces
        from assay.metrics.data.distributions.sides import categories, values

        by_order = self._by_order(fold.schema)
        times = [is_temporal(side.schema, self.column) for side in (fold, fold.reference)]
        if by_order != self._by_order(fold.reference.schema) or times[0] != times[1]:
            there = self._whether_there(fold)
            if there is not None:
                return there
            kinds = [
                info.kind if (info := side.schema.find(self.column)) else "no such column"
                for side in (fold, fold.reference)
            ]
            return f"the column is {kinds[0]} here and {kinds[1]} in the reference"
        both = fold.reference, fold
        if by_order:
            return values(
                [side[self._quantiles()] for side in both],
                [side[Count()].n for side in both],
                tuple(pieces(side.clusters, self._quantiles()) for side in both),
            )
        return categories(
            [side[self._frequencies()] for side in both],
            tuple(counts(side.clusters, self._frequencies()) for side in both),
        )

    def _whether_there(self, fold: Fold) -> Categories | None:
        """Rows with and without a value, where all of a side have none: its type says nothing."""
        from assay.metrics.data.distributions.sides import Categories

        both = fold.reference, fold
        counts = [self._missing_and_there(side) for side in both]
        if all(there for _, there in counts):
            return None
        one, two = (
            None
            if side.clusters is None
            else tuple(
                dict(zip(_CELLS, self._missing_and_there(c), strict=True)) for c in side.clusters
            )
            for side in both
        )
        return Categories(
            (sum(counts[0]), sum(counts[1])),
            {cell: (counts[0][i], counts[1][i]) for i, cell in enumerate(_CELLS)},
            groups=(one, two),
        )

    def _missing_and_there(self, side: Fold) -> tuple[int, int]:
        if self._by_order(side.schema):
            rows, there = side[Count()].n, side[self._quantiles()].n
            return rows - there, there
        state = side[self._frequencies()]
        missing = sum(n for key, n in state.counts if key[0] is None)
        return missing, state.n - missing

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.metrics.data.distributions.distance import drift
        from assay.metrics.data.distributions.sides import Values

        sides = self._sides(fold)
        if isinstance(sides, str):
            return (Unmeasured(reason=sides),)
        sd = 0.0
        if self.method == "wasserstein" and isinstance(sides, Values):
            sd = math.sqrt(fold.reference[self._moments()].variance)
        return (drift(sides, self.method, how, bins=self.bins, sd=sd),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        from assay.metrics.data.distributions.evidence import evidence

        sides = self._sides(fold)
        if isinstance(sides, str) or not all(sides.rows):
            return ()
        return evidence(self.column, sides, temporal=is_temporal(fold.schema, self.column))
