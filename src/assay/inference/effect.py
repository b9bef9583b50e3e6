"""Intervals for effect sizes: quantities that are 0 where there is nothing to see.

Their variance grows with them from what it is at 0: ``variance(θ) = null + slope * θ``. The null
part is that of chi-square, the slope comes from the delta method at the estimate. An interval holds
the θ that lie no more than a normal quantile from the estimate by their own variance, as Wilson's
(1927) does for a proportion.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from assay.inference.interval import Interval, z_value


class Effect(NamedTuple):
    """An effect size on the scale on which its sampling error is known.

    Attributes:
        least, greatest: the estimate, free of the bias that chance adds (so it may be below 0);
            two of them where that bias is not known exactly.
        null: variance where there is no effect. slope: how much it grows per unit of the effect.
        most: the greatest effect there can be.
    """

    least: float
    greatest: float
    null: float
    slope: float
    most: float = math.inf

    def interval(self, level: float) -> Interval:
        """Ends on the same scale, within ``[0, most]``."""
        z = z_value(level)
        shift = z * z * self.slope / 2
        ends = []
        for side, estimate in ((-1, self.least), (1, self.greatest)):
            variance = self.null + self.slope * estimate + (z * self.slope / 2) ** 2
            ends.append(estimate + shift + side * z * math.sqrt(max(0.0, variance)))
        low, high = (min(max(end, 0.0), self.most) for end in ends)
        return Interval(low, high, "chi-square-delta")
