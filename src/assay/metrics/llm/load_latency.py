"""How long answers take under load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.quantiles import between_values, sample_quantile
from assay.metrics.llm.latency import Quantile
from assay.metrics.llm.under_load import (
    NO_CALLS,
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
    "llm.load_latency",
    unit="s",
    higher_is_better=False,
    formula="smallest time that at least a share `quantile` of the answered calls took at most",
    interval="order-statistics",
    reference="Conover 1999, Practical Nonparametric Statistics, 3.2; Schroeder et al. 2006, Open "
    "Versus Closed: A Cautionary Tale, NSDI",
    example={"concurrency": [4]},
)
class LoadLatency(UnderLoad):
    """Time of an answer, or of its first piece, at a quantile of the calls under each load.

    Under a `rate`, time counts from when a call was meant to be sent, so that the wait behind a
    slow call is part of it. With `concurrency`, callers wait for their answers before they ask
    again: a server that stalls is then asked less, and the tail looks better than users find it.
    The interval takes the calls as independent.
    """

    concurrency: Levels = ()
    rate: Rates = ()
    requests: Requests = 200
    seconds: Seconds = None
    quantile: Quantile = 0.95
    of: Annotated[
        Literal["answer", "first_token"], Meta(description="Up to which piece of the answer.")
    ] = "answer"

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = tuple(self._one(one, how) for one in self.under(fold))
        return found or (Unmeasured(reason=NO_CALLS),)

    def _one(self, one: Under, how: Estimation) -> Estimate:
        if one.failed == one.calls:
            return Unmeasured(reason="no call was answered", key=one.key, fault=True)
        times = one.seconds if self.of == "answer" else one.first_token
        times = np.sort(times[np.isfinite(times)])
        if len(times) == 0:
            reason = "no answer came piece by piece: write `stream: true` with the model"
            return Unmeasured(reason=reason, key=one.key)
        value, n = sample_quantile(times, self.quantile), len(times)
        if how.census:
            return census(value, n=n, unit=self.unit, key=one.key)
        interval = between_values(times, self.quantile, how.level, least=0.0)
        return measured(value, interval, n=n, how=how, unit=self.unit, key=one.key)
