"""How many answers, or tokens, a server gives in a second under load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.throughput import throughput
from assay.metrics.llm.under_load import (
    NO_CALLS,
    TOO_FEW,
    Levels,
    Rates,
    Requests,
    Seconds,
    UnderLoad,
)

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.metrics.llm.under_load import Under


@metric(
    "llm.load_throughput",
    unit="/s",
    higher_is_better=True,
    formula="answers (or tokens of answers) that ended while the load was steady / its seconds",
    interval="batch-means",
    reference="Law 2015, Simulation Modeling and Analysis, 9.5.3",
    example={"concurrency": [4]},
)
class LoadThroughput(UnderLoad):
    """Answers, or tokens of answers, in a second, under each load.

    Counted from when the first calls have ended until the last one was sent: before and after, the
    load is not the one that is meant. Calls that fail are none.
    """

    concurrency: Levels = ()
    rate: Rates = ()
    requests: Requests = 200
    seconds: Seconds = None
    of: Annotated[
        Literal["answers", "tokens"], Meta(description="What is counted.")
    ] = "answers"  # fmt: skip

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = tuple(self._one(one, how) for one in self.under(fold))
        return found or (Unmeasured(reason=NO_CALLS),)

    def _one(self, one: Under, how: Estimation) -> Estimate:
        if one.failed == one.calls:
            return Unmeasured(reason="no call was answered", key=one.key, fault=True)
        weights = one.tokens if self.of == "tokens" else None
        if weights is not None and not np.isfinite(weights).all():
            reason = "the server does not say how many tokens its answers have"
            return Unmeasured(reason=reason, key=one.key)
        begin, end = one.steady
        try:
            value, interval = throughput(
                one.started + one.seconds, begin, end, how.level, weights=weights
            )
        except ValueError:
            return Unmeasured(reason=TOO_FEW, key=one.key)
        n = one.calls - one.failed
        if how.census:
            return census(value, n=n, unit=self.unit, key=one.key)
        return measured(value, interval, n=n, how=how, unit=self.unit, key=one.key)
