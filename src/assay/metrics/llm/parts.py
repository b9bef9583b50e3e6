"""Shares of what was tried on a part of a language model that came out as it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.expr import Column, call
from assay.core.metric import Metric
from assay.core.schema import FAULT
from assay.inference.proportions import proportion
from assay.states import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

FAULTY = call("not_null", Column(FAULT))
_ALL = Count()
_SOUND = Count(where=call("is_null", Column(FAULT)))


class SoundShare(Metric):
    """Base of the checks of a part: the share of what was tried in which nothing is wrong."""

    def aggregates(self, schema: Schema) -> Sequence[Aggregate[Any]]:
        return _SOUND, _ALL

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return (proportion(fold[_SOUND].n, fold[_ALL].n, how, empty="nothing was tried"),)

    def failing(self, schema: Schema) -> Expr:
        return FAULTY
