"""Whether raters agree, beyond what chance would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.evidence import Table
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.agreement.coefficient import Agreement as Coefficient
    from assay.metrics.ratings.parameters import Rated
    from assay.states import Frequencies

Method = Literal["krippendorff", "fleiss", "cohen", "percent"]
Scale = Literal["nominal", "ordinal", "interval", "ratio"]


@metric(
    "ratings.agreement",
    higher_is_better=True,
    formula="1 - observed disagreement / disagreement by chance; percent: equal pairs / pairs",
    interval="wilson-effective-n, over items",
    reference="Krippendorff 2019, Content Analysis, chapter 12; Fleiss 1971; Cohen 1960, 1968",
    example={"item": "age", "rater": "email", "rating": "race"},
)
class Agreement(Metric):
    """How far raters agree on the same items: 1 is always, 0 is as often as by chance.

    * ``krippendorff``: alpha; any number of raters, ratings may be missing, any scale.
    * ``fleiss``: kappa of categories, every item rated equally often, by anyone.
    * ``cohen``: kappa of exactly two raters; weighted by the number of steps between categories on
      an ordinal scale, by the squared difference on an interval scale.
    * ``percent``: share of equal pairs of ratings; it does not allow for chance.

    One row is one rating. Items with a single rating say nothing and are left out. The interval
    speaks of items like these, rated by these raters. It takes up to 200,000 ratings.
    """

    jackknife = False

    item: Item
    rater: Rater
    rating: Rating
    method: Annotated[Method, Meta(description="Which coefficient.")] = "krippendorff"
    scale: Annotated[
        Scale,
        Meta(description="Categories, categories in order, numbers, or numbers with a true zero."),
    ] = "nominal"

    def __post_init__(self) -> None:
        if self.method in ("fleiss", "percent") and self.scale != "nominal":
            raise ValueError(
                f"{self.method} takes categories (scale: nominal); krippendorff takes any scale"
            )
        if self.method == "cohen" and self.scale == "ratio":
            raise ValueError("cohen takes no ratio scale; krippendorff does")

    def columns(self) -> tuple[str, ...]:
        return self.item, self.rater, self.rating

    def applicable(self, schema: Schema) -> str | None:
        reason = missing(schema, self.columns())
        if reason is None and self.scale != "nominal":
            return not_numbers(schema, self.rating)
        return reason

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return most_ratings(*self.columns())

    def _ratings(self) -> Frequencies:
        return ratings_of(*self.columns())

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._ratings(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.undefined import Undefined

        state = fold[self._ratings()]
        if not state.counts:
            return (Unmeasured(reason="there are no ratings"),)
        rated = read_ratings(state, numbers=self.scale != "nominal")
        try:
            found = self._coefficient(rated)
        except Undefined as undefined:
            return (Unmeasured(reason=str(undefined), n=state.n),)
        if how.census:
            return (census(found.value, n=found.n),)
        return (measured(found.value, found.interval(how.level), n=found.n, how=how),)

    def _coefficient(self, rated: Rated) -> Coefficient:
        import numpy as np

        from assay.inference.agreement.percent import percent_agreement
        from assay.inference.agreement.pooled import fleiss, krippendorff
        from assay.inference.agreement.ratings import Ratings
        from assay.inference.undefined import Undefined

        if not np.isfinite(rated.value).all():
            raise Undefined(f"a value of {self.rating!r} is infinite")
        ratings = Ratings.of(rated.item, rated.rater, rated.value)
        match self.method:
            case "krippendorff":
                return krippendorff(ratings, self.scale)
            case "fleiss":
                return fleiss(ratings)
            case "percent":
                return percent_agreement(ratings)
            case "cohen":
                return self._cohen(rated)

    def _cohen(self, rated: Rated) -> Coefficient:
        import numpy as np

        from assay.inference.agreement.cohen import Weights, cohen
        from assay.inference.undefined import Undefined

        if len(rated.raters) != 2:
            raise Undefined(
                f"Cohen's kappa is of two raters, and there are {len(rated.raters):,}; "
                "krippendorff and fleiss take more"
            )
        values, category = np.unique(rated.value, return_inverse=True)
        k = len(values)
        if k > MOST_RATERS:
            raise Undefined(f"{k:,} different ratings are more than the {MOST_RATERS:,} it takes")
        given = np.full((int(rated.item.max()) + 1, 2), -1)
        given[rated.item, rated.rater] = category
        first, second = given[(given >= 0).all(axis=1)].T
        table = np.bincount(first * k + second, minlength=k * k).reshape(k, k)
        weights: dict[Scale, Weights] = {"ordinal": "linear", "interval": "quadratic"}
        at = values if self.scale == "interval" else None
        return cohen(table, weights.get(self.scale, "none"), at=at)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        state = fold[self._ratings()]
        if not state.counts:
            return ()
        rated = read_ratings(state, numbers=False)
        return (
            Table(
                title="Ratings",
                columns=["ratings", "items", "raters", "different ratings"],
                rows=[[state.n, int(rated.item.max()) + 1, len(rated.raters), len(rated.values)]],
            ),
        )
