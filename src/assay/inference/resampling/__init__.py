"""The bootstrap: intervals of any statistic that can be computed from weights of the rows.

A resample is nothing but a weight for each row: how often the row was drawn. So a statistic is a
function from weights of shape (r, n) to r values, and thousands of resamples are a few matrix
operations; nothing here loops over them. What is drawn (rows or whole clusters, in all or within
strata) is a :class:`Design`; how (counts or smooth weights) is in ``draws``; what is computed is a
:class:`Statistic`; and ``intervals`` makes of it percentile, BCa and bootstrap-t intervals.

::

    rng = np.random.default_rng(7)
    roc = RocArea(positive, score)
    resampled_interval(roc, Design.of(roc.n, clusters=customer), method="bca", level=0.95, rng=rng)
"""

from assay.inference.resampling.acceleration import acceleration
from assay.inference.resampling.averages import Mean, Ratio, TrimmedMean
from assay.inference.resampling.design import Design
from assay.inference.resampling.interquartile import interquartile_mean
from assay.inference.resampling.intervals import (
    bca,
    bootstrap_t,
    percentile,
    resampled_interval,
)
from assay.inference.resampling.quantile import Quantile
from assay.inference.resampling.replicate import (
    Replicates,
    Studentised,
    resample,
    resamples_for,
    standard_error,
    studentise,
)
from assay.inference.resampling.roc import RocArea
from assay.inference.resampling.statistic import Function, Smooth, Statistic

__all__ = [
    "Design",
    "Function",
    "Mean",
    "Quantile",
    "Ratio",
    "Replicates",
    "RocArea",
    "Smooth",
    "Statistic",
    "Studentised",
    "TrimmedMean",
    "acceleration",
    "bca",
    "bootstrap_t",
    "interquartile_mean",
    "percentile",
    "resample",
    "resampled_interval",
    "resamples_for",
    "standard_error",
    "studentise",
]
