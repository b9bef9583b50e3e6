"""Agreement against chance as all raters together make it: Krippendorff's alpha, Fleiss' kappa."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.inference.agreement.coefficient import Agreement
from assay.inference.agreement.distance import Distances, Scale, distances
from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from assay.inference.agreement.ratings import Ratings


def krippendorff(ratings: Ratings, scale: Scale) -> Agreement:
    """Krippendorff's alpha for any number of raters, with ratings missing.

    Krippendorff (1970, Educational and Psychological Measurement 30:61; 2019, Content Analysis, 4th
    ed., chapter 12): ``1 - observed / expected`` disagreement, where the expected one pairs all
    ratings without replacement.

    Raises:
        Undefined: all ratings are the same, or negative on a ratio scale.
    """
    return _against_chance(ratings, distances(ratings, scale), without_replacement=True)


def fleiss(ratings: Ratings) -> Agreement:
    """Fleiss' kappa for categories (1971, Psychological Bulletin 76:378).

    Raters need not be the same for all items. With two of them it is Scott's pi (1955, Public
    Opinion Quarterly 19:321). The variance is that over items (as Gwet 2008, British Journal of
    Mathematical and Statistical Psychology 61:29), not Fleiss' own, which holds where there is no
    agreement beyond chance.

    Raises:
        Undefined: items have different numbers of ratings (alpha takes those), or all ratings are
            the same.
    """
    if ratings.sizes.min() != ratings.sizes.max() or ratings.single:
        least = 1 if ratings.single else int(ratings.sizes.min())
        raise Undefined(
            "Fleiss' kappa needs as many ratings of every item: here between "
            f"{least} and {int(ratings.sizes.max())}; Krippendorff's alpha takes them as they are"
        )
    return _against_chance(ratings, distances(ratings, "nominal"), without_replacement=False)


def _against_chance(r: Ratings, d: Distances, *, without_replacement: bool) -> Agreement:
    """The coefficient, and the influence of each item on it: how far it moves with its weight."""
    n = len(r.value)
    observed, chance = float(d.within.sum()) / n, float(d.against.mean())
    if chance <= 0:
        raise Undefined("all ratings are the same: agreement beyond chance is not defined")
    expected = chance * n / (n - 1) if without_replacement else chance
    of_observed = (d.within - observed * r.sizes + d.moved_within) / n
    of_chance = 2 * (r.added(d.against) - chance * r.sizes) / n + d.moved_against / n**2
    influence = (observed / chance * of_chance - of_observed) / expected
    items = len(r.sizes)
    variance = float(influence @ influence) * items / max(items - 1, 1)
    return Agreement(1 - observed / expected, variance, items, _spread(r, d, chance))


def _spread(r: Ratings, d: Distances, chance: float) -> float:
    """Mean square over squared mean of an item's mean difference, its ratings given by chance.

    Of two pairs of its ratings some are the same, some share a rating, and some are apart.
    """
    m = float(r.sizes.mean())
    pairs = m * (m - 1) / 2
    shared = float(np.square(d.against).mean())
    square = d.square + 2 * (m - 2) * shared + (m - 2) * (m - 3) / 2 * chance**2
    return max(square / pairs / chance**2, 1.0)
