"""Percent agreement: how often raters agree, by chance or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.inference.agreement.coefficient import Agreement
from assay.inference.agreement.distance import distances

if TYPE_CHECKING:
    from assay.inference.agreement.ratings import Ratings


def percent_agreement(ratings: Ratings) -> Agreement:
    """Share of an item's pairs of ratings that are equal, averaged over items.

    Raters who nearly always give one category agree often without looking: the other coefficients
    allow for that.
    """
    agree = 1 - distances(ratings, "nominal").within / ratings.sizes
    items = len(agree)
    return Agreement(float(agree.mean()), float(np.var(agree)) / max(items - 1, 1), items, 1.0)
