"""Average precision (the area under the precision-recall curve in steps) and its interval."""

from __future__ import annotations

import numpy as np

from assay.inference.interval import Interval, logit_interval
from assay.inference.proportions import wilson
from assay.inference.ranks import Ranked, Ranking

SMALL = 20
"""Positives below which Boyd's variance is a floor."""


def average_precision(ranking: Ranking) -> Ranked:
    """Mean over the positives of the precision at their score; at least one must occur.

    With ``P = TP / (TP + FP)`` at each threshold, the value is ``sum p P / m``. One more positive
    with score s adds its own precision and lifts P at every threshold at or below s by
    ``FP / (TP + FP)^2``; one more negative lowers it by ``TP / (TP + FP)^2``: the influences
    follow by cumulative sums (the infinitesimal jackknife; Efron 1982, section 6).
    """
    m = ranking.n_positive
    p = ranking.positives
    tp = ranking.above(p).astype(np.float64)
    fp = ranking.above(ranking.negatives).astype(np.float64)
    called = tp + fp
    precision = tp / called
    value = float(p @ precision) / m
    lift = (p * fp / called**2).cumsum()
    drag = (p * tp / called**2).cumsum()
    return Ranked(value, (precision - value + lift) / m, -drag / m)


def average_precision_interval(ranked: Ranked, ranking: Ranking, level: float) -> Interval:
    """Interval on the logit scale, as Boyd, Eng & Page (2013, ECML PKDD) recommend.

    The variance is that of the influences. With fewer than twenty positives, where it is too
    small, at least Boyd's ``AP (1 - AP) / m`` (which is too large with many). For a value of 1 it
    is Wilson's interval for ``m`` of ``m`` positives.
    """
    value, m, variance = ranked.value, ranking.n_positive, ranked.variance(ranking)
    if not 0 < value < 1:
        return Interval(*wilson(m if value >= 1 else 0, m, level)[:2], "wilson")
    if m < SMALL or variance <= 0:
        floor = value * (1 - value) / m
        return logit_interval(value, max(variance, floor), level, method="boyd-logit")
    return logit_interval(value, variance, level, method="logit")
