"""Sample-ratio mismatch: arms whose sizes are not what their weights promise.

Units that are lost in one arm only (a crash, a slow page, a redirect, a bot filter) make arms
differ for reasons that are not the treatment's effect, so that no winner can be named. It is the
first thing to look at (Fabijan et al. 2019, KDD 2156).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.experiments.effects import Mismatch

if TYPE_CHECKING:
    from collections.abc import Mapping

SMALL = 5.0
"""Expected units below which the chi-square distribution does not describe an arm's size."""

CONCENTRATION = 10_000.0
"""Pseudo-units of the Dirichlet mixture of a sequential test: differences of about 1 % of the
sizes are found soonest."""


def mismatch(
    observed: Mapping[str, int],
    weights: Mapping[str, float],
    *,
    limit: float = 0.001,
    sequential: bool = False,
) -> Mismatch:
    """Sizes against weights.

    Pearson's chi-square test; where an arm is expected to have fewer than 5 units, the exact
    binomial or multinomial tail is bounded by testing each arm's size exactly (Bonferroni). With
    ``sequential`` the p-value holds at every look: the Dirichlet mixture of Lindon & Malek (2022,
    NeurIPS 35:10204).

    Args:
        observed: units by arm; an arm that is not there has none.
        weights: shares by arm, summing to 1; an arm of weight 0 must have no unit.

    Raises:
        ValueError: there are no units, or the weights do not sum to 1.
    """
    if any(n < 0 for n in observed.values()):
        raise ValueError("an arm has fewer than 0 units")
    total = sum(observed.get(arm, 0) for arm in weights)
    if total < 1:
        raise ValueError("there are no units in any arm")
    if abs(math.fsum(weights.values()) - 1) > 1e-9:
        raise ValueError(f"the weights must sum to 1, not {math.fsum(weights.values())}")
    sizes = {arm: observed.get(arm, 0) for arm in weights}
    expected = {arm: total * weight for arm, weight in weights.items()}
    open_ = {arm: weight for arm, weight in weights.items() if weight > 0}
    if any(n for arm, n in sizes.items() if arm not in open_):
        p, method = 0.0, "an arm of weight 0 has units"
    elif len(open_) < 2:
        p, method = 1.0, "one arm"
    elif sequential:
        p, method = _mixture(sizes, open_), "dirichlet-mixture"
    elif min(expected[arm] for arm in open_) < SMALL:
        p, method = _exact(sizes, open_, total), "binomial"
    else:
        p, method = _pearson(sizes, expected, open_), "chi-square"
    return Mismatch(observed=sizes, expected=expected, p_value=p, method=method, limit=limit)


def _pearson(
    sizes: Mapping[str, int], expected: Mapping[str, float], open_: Mapping[str, float]
) -> float:
    from scipy.special import chdtrc

    chi = math.fsum((sizes[arm] - expected[arm]) ** 2 / expected[arm] for arm in open_)
    return float(chdtrc(len(open_) - 1, chi))


def _exact(sizes: Mapping[str, int], open_: Mapping[str, float], total: int) -> float:
    """The least of the arms' exact two-sided p-values (twice the smaller tail), times their number.

    With two arms both say the same, and it is the binomial test.
    """
    from scipy.special import bdtr, bdtrc

    found = []
    for arm, weight in open_.items():
        n = sizes[arm]
        low = float(bdtr(n, total, weight))
        high = float(bdtrc(n - 1, total, weight)) if n else 1.0
        found.append(min(1.0, 2 * min(low, high)))
    return min(1.0, min(found) * (1 if len(open_) == 2 else len(open_)))


def _mixture(sizes: Mapping[str, int], open_: Mapping[str, float]) -> float:
    """1 over the likelihood ratio of sizes with shares from a Dirichlet around the weights."""
    from scipy.special import gammaln

    total = sum(sizes.values())
    log_ratio = float(gammaln(CONCENTRATION) - gammaln(CONCENTRATION + total))
    for arm, weight in open_.items():
        prior = CONCENTRATION * weight
        log_ratio += float(gammaln(prior + sizes[arm]) - gammaln(prior))
        log_ratio -= sizes[arm] * math.log(weight)
    return min(1.0, math.exp(min(0.0, -log_ratio)))
