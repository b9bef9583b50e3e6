"""Means of which some values are not known, for reasons that may have to do with the values."""

from __future__ import annotations

import math

from assay.inference.interval import Interval
from assay.inference.proportions import wilson


def worst_case(
    interval: Interval,
    answered: int,
    asked: int,
    *,
    low: float,
    high: float,
    value: float,
    level: float | None,
) -> Interval:
    """Bounds for the mean of all, from the interval for the mean of those that are known.

    Nothing is assumed of the unknown values but that they lie between ``low`` and ``high`` (Manski
    1990, American Economic Review 80:319; Horowitz & Manski 2000, JASA 95:77): the lower end takes
    them all as ``low``, the upper end as ``high``. Each end then is a product of a share and a
    distance, both of them estimated, and allows for the error of both: the squares of their own are
    added (Zou & Donner 2008, Statistics in Medicine 27:1693).

    Args:
        answered, asked: how many are known, of how many; each for itself.
        value: mean of those that are known.
        level: of the interval; None for these rows as they are, of which the share is exact.

    Raises:
        ValueError: more are known than there are, or none is.
    """
    if not 0 < answered <= asked:
        raise ValueError(f"{answered} known of {asked} is no share")
    if answered == asked:
        return interval
    share = answered / asked
    least = share if level is None else wilson(answered, asked, level).low

    def end(bound: float, limit: float) -> float:
        """The mean with ``bound`` in place of the unknown, moved out by both errors."""
        if not (math.isfinite(bound) and math.isfinite(limit)):
            return bound if not math.isfinite(bound) else limit
        error = math.hypot(share * (value - limit), (share - least) * (value - bound))
        filled = bound + share * (value - bound)
        return max(filled - error, bound) if bound < value else min(filled + error, bound)

    return Interval(
        end(low, interval.low), end(high, interval.high), f"{interval.method}+worst-case"
    )
