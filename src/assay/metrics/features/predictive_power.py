"""What each feature tells of the target by itself, and whether one tells too much."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from assay.core.evidence import Table
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.metric import Metric, metric
from assay.metrics.data.pairs import not_related
from assay.metrics.features.relation import Relation, Task, not_a_target, relations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate
    from assay.core.schema import Schema

MOST_FEATURES = 300
_SHOWN = 30
_FORMULA = (
    "classes: |2 AUC - 1| of numbers, Cramér's V of categories and of what is missing; "
    "numeric target: |Pearson| of numbers, correlation ratio of categories"
)
_REFERENCE = "Cureton 1956, Psychometrika 21:287; DeLong 1988; Bergsma 2013; Kelley 1935"
Target = Annotated[str, Meta(description="Column that a model is to predict.")]
Features = Annotated[
    tuple[str, ...] | None,
    Meta(description="Features; all columns of categories or numbers where there are none."),
]
Ignored = Annotated[tuple[str, ...], Meta(description="Columns that are no features: identifiers.")]
Kind = Annotated[
    Task | None,
    Meta(description="Say classification where classes are whole numbers; texts are classes."),
]


class FeatureMetric(Metric):
    """Base: a target, and its features."""

    jackknife = False

    target: str
    columns: tuple[str, ...] | None  # type: ignore[assignment]  # the parameter says what it reads
    ignore: tuple[str, ...]
    task: Task | None

    def __post_init__(self) -> None:
        names = self.columns
        if names is not None and not 0 < len(set(names)) == len(names) <= MOST_FEATURES:
            raise ValueError(f"`columns` must be 1 to {MOST_FEATURES} different columns")
        if self.target in (names or ()):
            raise ValueError(f"the target {self.target!r} is listed as a feature of itself")

    def relations(self, schema: Schema) -> list[Relation]:
        """Every feature and the target."""
        return relations(schema, self.target, self.columns, self.ignore, self.task)

    def applicable(self, schema: Schema) -> str | None:
        reason = not_a_target(schema, self.target, self.task)
        if reason is None and self.columns is not None:
            reason = not_related(schema, *self.columns)
        if reason:
            return reason
        features = sum(not r.missing for r in self.relations(schema))
        if not 0 < features <= MOST_FEATURES:
            return (
                f"the table has {features:,} features, not 1 to {MOST_FEATURES}: "
                "name some as `columns`"
            )
        return None

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {of: most for r in self.relations(schema) for of, most in r.levels(schema).items()}

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        wanted = [a for r in self.relations(schema) for a in r.aggregates(schema)]
        return tuple(dict.fromkeys(wanted))

    def powers(self, fold: Fold, how: Estimation) -> list[tuple[Relation, Estimate]]:
        """The power of each feature; of what is missing where something is, and not all."""
        found = [(r, r.estimate(fold, how)) for r in self.relations(fold.schema)]
        return [(r, e) for r, e in found if not r.missing or isinstance(e, Measurement)]

    @abstractmethod
    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]: ...

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = [(r, e) for r, e in self.powers(fold, Estimation()) if isinstance(e, Measurement)]
        found.sort(key=lambda pair: (-pair[1].value, pair[0].name))
        if not found:
            return ()
        title = f"What single features tell of {self.target}, the most first"
        return (
            Table(
                title=f"{title} ({len(found):,})",
                columns=["feature", "power", "low", "high", "rows"],
                rows=[
                    [
                        r.name,
                        round(e.value, 4),
                        round(e.low or 0.0, 4),
                        round(e.high or 0.0, 4),
                        e.n,
                    ]
                    for r, e in found[:_SHOWN]
                ],
            ),
        )


@metric(
    "features.predictive_power",
    formula=_FORMULA,
    interval="delong-logit, chi-square-delta, fisher-z",
    reference=_REFERENCE,
    example={"target": "sex", "columns": ("age", "city", "income")},
)
class PredictivePower(FeatureMetric):
    """What each feature tells of the target by itself: from 0 (nothing) to 1 (all of it).

    * Of classes, a number: twice the area under the ROC curve less 1, without its sign (Gini). With
      more than two classes, the greatest of one class against the rest, of ten rows and more.
    * Of classes, a category: Cramér's V. Where values are missing, whether that tells the class is
      measured too, as ``part=missing``.
    * Of a number: Pearson's correlation without its sign, or the correlation ratio of categories.

    Cramér's V and the correlation ratio are free of the bias by which many categories seem to tell
    something in few rows. A number that tells only in the middle of its range, or two features that
    tell something only together, are not seen. Areas are known within 0.01 (quantiles, not rows).
    """

    target: Target
    columns: Features = None
    ignore: Ignored = ()
    task: Kind = None

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return tuple(e for _, e in self.powers(fold, how))


@metric(
    "features.leakage",
    higher_is_better=False,
    formula="greatest over features of: " + _FORMULA,
    interval="delong-logit, chi-square-delta, fisher-z; Bonferroni over the features",
    reference="Kaufman et al. 2012, ACM TKDD 6:15 (leakage); " + _REFERENCE,
    example={"target": "sex", "columns": ("age", "city", "income")},
)
class Leakage(FeatureMetric):
    """The greatest power of a single feature (``features.predictive_power``), and which one it is.

    One feature that tells nearly all of the target is rarely luck: it was filled in afterwards,
    derived from the target, or is a number given by outcome. So is a value that is missing just
    where the outcome is of one kind. The interval holds whichever feature is the greatest.
    """

    target: Target
    columns: Features = None
    ignore: Ignored = ()
    task: Kind = None

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        every = len(self.relations(fold.schema))
        each = msgspec.structs.replace(how, level=1 - (1 - how.level) / every)
        powers = self.powers(fold, each)
        found = [e for _, e in powers if isinstance(e, Measurement)]
        if not found:
            (reason,) = {e.reason for _, e in powers[:1] if isinstance(e, Unmeasured)}
            return (Unmeasured(reason=f"no feature can be held against the target: {reason}"),)
        first = max(found, key=lambda e: (e.value, -found.index(e)))
        if how.census:
            return (first,)
        low = max(0.0 if e.low is None else e.low for e in found)
        high = max(1.0 if e.high is None else e.high for e in found)
        greatest = msgspec.structs.replace(
            first, low=min(low, first.value), high=max(high, first.value), level=how.level
        )
        return (greatest,)
