"""Raters who rate higher or lower than the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.metrics.ratings.parameters import (
    MOST_RATERS,
    Item,
    Rater,
    Rating,
    missing,
    most_ratings,
    not_numbers,
    ratings_of,
    read_ratings,
)
from assay.states import Count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.rating.severity import Severity
    from assay.states import Frequencies


@metric(
    "ratings.rater_bias",
    formula="effect of the rater, less the mean effect of the others, in rating = item + rater",
    interval="cluster-robust-t, over items",
    reference="Scheffé 1959, The Analysis of Variance, 4.4; Liang & Zeger 1986, Biometrika 73:13",
    example={"item": "age", "rater": "race", "rating": "income"},
)
class RaterBias(Metric):
    """How much higher each rater rates than the others, on the items they share.

    One value for each rater: above 0 where they rate higher (more lenient, if high is good). It
    compares on the same items, so that a rater who was given the harder ones is not taken for
    severe. Raters who share no item with the others, directly or through raters in between, cannot
    be compared. One row is one rating; it takes up to 200,000, of up to 1,000 raters.
    """

    jackknife = False

    item: Item
    rater: Rater
    rating: Rating

    def columns(self) -> tuple[str, ...]:
        return self.item, self.rater, self.rating

    def applicable(self, schema: Schema) -> str | None:
        return missing(schema, self.columns()) or not_numbers(schema, self.rating)

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {(Column(self.rater),): MOST_RATERS, **most_ratings(*self.columns())}

    def _ratings(self) -> Frequencies:
        return ratings_of(*self.columns())

    def _infinite(self) -> Count:
        rating = Column(self.rating)
        return Count(
            where=call("and", call("not_null", rating), call("not", call("finite", rating)))
        )

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._ratings(), self._infinite()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.rating.severity import severity
        from assay.inference.undefined import Undefined

        state = fold[self._ratings()]
        if not state.counts:
            return (Unmeasured(reason="there are no ratings"),)
        if fold[self._infinite()].n:
            return (Unmeasured(reason=f"a value of {self.rating!r} is infinite", n=state.n),)
        rated = read_ratings(state, numbers=True)
        try:
            found = severity(rated.item, rated.rater, rated.value)
        except Undefined as undefined:
            return (Unmeasured(reason=str(undefined), n=state.n),)
        return tuple(_one(found, i, name, how) for i, name in enumerate(rated.raters))


def _one(found: Severity, i: int, name: str, how: Estimation) -> Estimate:
    import numpy as np

    key, n, value = {"rater": name}, int(found.items[i]), float(found.value[i])
    if np.isnan(value):
        return Unmeasured(reason="shares no item with the raters that are compared", key=key, n=n)
    if how.census:
        return census(value, n=n, key=key)
    return measured(value, found.interval(i, how.level), n=n, how=how, key=key)
