"""How often calls fail under load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.proportions import proportion
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


@metric(
    "llm.load_errors",
    unit="share",
    higher_is_better=False,
    formula="calls without an answer / calls",
    interval="wilson",
    reference="Wilson 1927, JASA 22:209",
    example={"concurrency": [4]},
)
class LoadErrors(UnderLoad):
    """Share of calls that fail under each load: refused as too many, timed out, broken off.

    No call is tried again, whatever `attempts` says.
    """

    concurrency: Levels = ()
    rate: Rates = ()
    requests: Requests = 200
    seconds: Seconds = None

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = [proportion(u.failed, u.calls, how, key=u.key) for u in self.under(fold)]
        return tuple(found) or (Unmeasured(reason=NO_CALLS),)
