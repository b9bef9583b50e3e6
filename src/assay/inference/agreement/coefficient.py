"""A coefficient of agreement with its variance, and the interval that all of them share."""

from __future__ import annotations

import math
from typing import NamedTuple

from assay.inference.interval import Interval, t_value, z_value
from assay.inference.proportions import wilson

METHOD = "wilson-effective-n"


class Agreement(NamedTuple):
    """A coefficient ``1 - disagreement / disagreement by chance``.

    Attributes:
        value: the coefficient.
        variance: its variance over items, by the delta method.
        n: items it rests on.
        spread: mean square of an item's disagreement over its squared mean, for ratings given by
            chance; at least 1. It says how much one item that was rated by chance can weigh.
    """

    value: float
    variance: float
    n: int
    spread: float

    def interval(self, level: float) -> Interval:
        """A score interval.

        If a share ``p`` of the items were rated by chance and all raters agreed on the others, the
        coefficient would be ``1 - p`` and ``p / spread`` would vary like a proportion of items. So
        Wilson's interval for that proportion is taken, with the effective number of items that
        gives the variance that was found, and a t quantile. It is skewed as the coefficient is
        near 1, and it has a width where there was no disagreement at all (there every item counts
        once). Beyond what such a mixture can reach (strong disagreement), Student's t interval.
        With one item nothing is known: unbounded below.
        """
        if self.n < 2:
            return Interval(-math.inf, 1.0, METHOD)
        t = t_value(level, self.n - 1)
        share = (1 - self.value) / self.spread
        if share > 1 + 1e-9:
            half = t * math.sqrt(self.variance)
            return Interval(max(self.value - half, -1.0), min(self.value + half, 1.0), "student-t")
        share, effective = min(max(share, 0.0), 1.0), float(self.n)
        if 0 < share < 1 and self.variance > 0:
            effective = share * (1 - share) * self.spread**2 / self.variance
        effective = max(effective * (z_value(level) / t) ** 2, 1.0)
        low, high, _ = wilson(share * effective, effective, level)
        # no coefficient here lies below -1: disagreement is at most twice that by chance
        return Interval(max(1 - self.spread * high, -1.0), 1 - self.spread * low, METHOD)
