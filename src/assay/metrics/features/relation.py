"""How strongly one feature tells the target, by the kinds of both: the ground of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from assay.core.expr import Column, call
from assay.core.measurement import Estimate, Unmeasured
from assay.inference.interval import Interval, census, measured
from assay.metrics.data.association import Association
from assay.metrics.data.pairs import (
    CATEGORIES,
    MOST_PAIRS,
    NUMBERS,
    contingency,
    frequencies,
    in_categories,
)
from assay.metrics.data.parameters import describe, not_null
from assay.states import Frequencies, Quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimation
    from assay.core.schema import Schema
    from assay.inference.quantile_area import QuantileArea
    from assay.states import FrequenciesState

Task = Literal["classification", "regression"]
FEWEST = 10
"""Rows that a class needs where there are more than two, to be held against the rest."""
_MOST_LABELS = 100


class Relation(msgspec.Struct, frozen=True):
    """One feature and the target.

    Attributes:
        feature: the column. target: the other.
        classes: the target's values are classes.
        missing: it is the absence of the feature's value that tells; of classes only.
    """

    feature: str
    target: str
    classes: bool
    missing: bool = False

    @property
    def key(self) -> dict[str, str]:
        """What the measurement speaks of."""
        return {"feature": self.feature, **({"part": "missing"} if self.missing else {})}

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.feature} (missing)" if self.missing else self.feature

    def measure(self, schema: Schema) -> Literal["rank-biserial", "cramers_v", "association"]:
        """Which of the strengths fits both columns."""
        if self.missing:
            return "cramers_v"
        if not self.classes:
            return "association"
        return "cramers_v" if in_categories(schema, self.feature) else "rank-biserial"

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        """Combinations of values that are taken into memory, and how many may be."""
        match self.measure(schema):
            case "rank-biserial":
                return {(Column(self.target),): _MOST_LABELS}
            case "cramers_v" if self.missing:
                return {}
            case "cramers_v":
                return {(Column(self.feature), Column(self.target)): MOST_PAIRS}
            case "association":
                return self._association().levels(schema)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        """What it folds."""
        match self.measure(schema):
            case "rank-biserial":
                return (self._quantiles(),)
            case "cramers_v":
                return (self._pairs(),)
            case "association":
                return self._association().aggregates(schema)

    def estimate(self, fold: Fold, how: Estimation) -> Estimate:
        """Its strength, from 0 to 1, under :attr:`key`."""
        match self.measure(fold.schema):
            case "rank-biserial":
                found = self._ranks(fold, how)
            case "cramers_v":
                found = self._cramers_v(fold, how)
            case "association":
                (found,) = self._association().estimate(fold, how)
        return msgspec.structs.replace(found, key=self.key)

    def _association(self) -> Association:
        return Association(column=self.feature, with_column=self.target)

    def _pairs(self) -> Frequencies:
        if not self.missing:
            return frequencies(self.feature, self.target)
        absent = call("is_null", Column(self.feature))
        return Frequencies(of=(absent, Column(self.target)), where=not_null((self.target,)))

    def _quantiles(self) -> Quantiles:
        from assay.inference.quantile_grid import GRID

        return Quantiles(
            of=Column(self.feature),
            probabilities=GRID,
            by=(Column(self.target),),
            where=not_null((self.target,)),
        )

    def _cramers_v(self, fold: Fold, how: Estimation) -> Estimate:
        from assay.inference.association import cramers_v

        state: FrequenciesState = fold[self._pairs()]
        if not state.counts:
            return Unmeasured(reason="there is no row with both values")
        table = contingency(state)
        for name, margin in ((self.name, table.rows), (self.target, table.columns)):
            if len(margin) == 1:
                return Unmeasured(reason=f"all values of {name!r} are the same", n=state.n)
        found = cramers_v(table)
        if how.census:
            return census(found.value, n=state.n)
        return measured(found.value, found.interval(how.level), n=state.n, how=how)

    def _ranks(self, fold: Fold, how: Estimation) -> Estimate:
        from assay.inference.quantile_area import areas

        states = [state for state in fold.groups(self._quantiles()).values() if state.n]
        n = sum(state.n for state in states)
        if n == 0:
            return Unmeasured(reason="there is no row with both values")
        if len(states) == 1:
            return Unmeasured(reason=f"all values of {self.target!r} are the same", n=n)
        found = areas(states)
        judged = found if len(found) == 2 else [a for a in found if a.n >= FEWEST]
        if not judged:
            reason = f"no class of {self.target!r} has {FEWEST} rows with a value"
            return Unmeasured(reason=reason, n=n)
        value = max(a.strength for a in judged)
        if how.census:
            return census(value, n=n)
        return measured(value, _greatest(judged, how.level), n=n, how=how)


def _greatest(judged: list[QuantileArea], level: float) -> Interval:
    """Interval of the greatest strength: each holds at once (Bonferroni); of two classes, one."""
    several = len(judged) if len(judged) > 2 else 1
    intervals = [a.interval(1 - (1 - level) / several) for a in judged]
    method = "delong-logit" if any(i.method == "delong-logit" for i in intervals) else "newcombe"
    return Interval(max(i.low for i in intervals), max(i.high for i in intervals), method)


def relations(
    schema: Schema,
    target: str,
    columns: tuple[str, ...] | None,
    ignore: tuple[str, ...],
    task: Task | None,
) -> list[Relation]:
    """All features and the target; for classes, what is missing of each, too."""
    info = schema.find(target)
    classes = task == "classification" or (
        task is None and info is not None and info.kind in CATEGORIES
    )
    names = columns if columns is not None else usable(schema, (target, *ignore))
    found = [Relation(name, target, classes) for name in names]
    if classes:
        found += [Relation(name, target, True, missing=True) for name in names]
    return found


def usable(schema: Schema, without: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of categories or numbers, but for some."""
    return tuple(
        c.name for c in schema.columns if c.kind in CATEGORIES | NUMBERS and c.name not in without
    )


def not_a_target(schema: Schema, target: str, task: Task | None) -> str | None:
    """Why a column is no target, or None."""
    info = schema.find(target)
    if info is None:
        return f"there is no column {target!r}"
    if info.kind in CATEGORIES:
        if task == "regression":
            return f"column {target!r} holds {describe(info)}, not numbers"
        return None
    if info.kind not in NUMBERS or (task == "classification" and info.kind != "integer"):
        return f"column {target!r} holds {describe(info)}, no target"
    return None
