"""Which scores of a metric are the better ones: that is the scorer's to say, not the metric's.

A gap between groups, or a drop with the wording, is worse the greater it is, whatever becomes of
the scores that it is made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay import scorers
from assay.core.collection import Scores

if TYPE_CHECKING:
    from assay.core.metric import Metric


def more_is_better(metric: Metric) -> bool | None:
    """Whether greater scores are better ones; None where neither is.

    Of a metric that is not made of a scorer's scores, its own direction.
    """
    wanted = metric.collection()
    if isinstance(wanted, Scores):
        return scorers.find(wanted.scorer).higher_is_better
    return metric.higher_is_better
