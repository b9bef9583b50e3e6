"""Sharper means from what was known of the units beforehand: CUPED and post-stratification.

Both are unbiased for the difference of means of arms that were assigned at random, whatever the
covariate or the strata, as long as the assignment cannot have changed these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.states.comoments import ComomentsState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Cells = Mapping[str, Mapping[tuple[str, ...], ComomentsState]]
    """Moments by arm and stratum; ``x`` the value of a unit, ``y`` its covariate."""


class Estimated(NamedTuple):
    """A mean of one arm.

    Attributes:
        value: the mean.
        variance: of the mean (its squared standard error).
        df: degrees of freedom of the variance.
        n: units.
    """

    value: float
    variance: float
    df: float
    n: int


class Reduced(NamedTuple):
    """Means by arm, and what was done.

    Attributes:
        arms: the means.
        coefficient: of the covariate; 0 where there is none, or it does not vary.
        share: by which the variance was reduced, over all arms together; may be slightly negative.
    """

    arms: dict[str, Estimated]
    coefficient: float
    share: float


def reduced(cells: Cells, *, covariate: bool) -> Reduced:
    """Means by arm with CUPED (Deng, Xu, Kohavi & Walker 2013, WSDM 123) and post-stratification
    (Miratrix, Sekhon & Yu 2013, J R Stat Soc B 75:369).

    The covariate's coefficient is pooled within arms and strata. Each arm's mean is the mean over
    strata, weighted by the shares of units in all arms together. A stratum with fewer than two
    units in some arm joins the others of that kind.

    Raises:
        ValueError: an arm has fewer than two units.
    """
    strata = _joined(cells)
    plain = {arm: _merged(found.values()) for arm, found in strata.items()}
    for arm, state in plain.items():
        if state.n < 2:
            raise ValueError(f"the arm {arm!r} has fewer than two units")
    every = [state for found in strata.values() for state in found.values()]
    spread = sum(state.m2_y for state in every)
    theta = sum(state.cross for state in every) / spread if covariate and spread > 0 else 0.0
    total = sum(state.n for state in every)
    centre = sum(state.n * state.mean_y for state in every) / total
    shares = {
        key: sum(found[key].n for found in strata.values() if key in found) / total
        for key in {key for found in strata.values() for key in found}
    }
    arms = {arm: _arm(found, shares, theta=theta, centre=centre) for arm, found in strata.items()}
    before = sum(state.m2_x / (state.n - 1) / state.n for state in plain.values())
    after = sum(estimated.variance for estimated in arms.values())
    return Reduced(arms, theta, 1 - after / before if before > 0 else 0.0)


def _arm(
    found: Mapping[tuple[str, ...], ComomentsState],
    shares: Mapping[tuple[str, ...], float],
    *,
    theta: float,
    centre: float,
) -> Estimated:
    """The weighted mean over strata of means that are adjusted for the covariate."""
    value = variance = 0.0
    parts = []
    for key in sorted(found):
        state, weight = found[key], shares[key]
        value += weight * (state.mean_x - theta * (state.mean_y - centre))
        m2 = state.m2_x - 2 * theta * state.cross + theta**2 * state.m2_y
        part = weight**2 * max(0.0, m2) / (state.n - 1) / state.n
        variance += part
        parts.append((part, state.n - 1))
    n = sum(state.n for state in found.values())
    # Satterthwaite's degrees of freedom for a sum of independent variances
    below = sum(part**2 / df for part, df in parts)
    return Estimated(value, variance, variance**2 / below if below > 0 else n - len(parts), n)


def _joined(cells: Cells) -> dict[str, dict[tuple[str, ...], ComomentsState]]:
    """The cells with small strata put together, so that every arm has two units in each."""
    keys = {key for found in cells.values() for key in found}
    empty = ComomentsState()
    small = {key for key in keys if any(f.get(key, empty).n < 2 for f in cells.values())}
    if small == keys or len(keys - small) == 0:
        return {arm: {(): _merged(found.values())} for arm, found in cells.items()}
    rest = {arm: _merged(f[key] for key in sorted(small) if key in f) for arm, f in cells.items()}
    if small and min(state.n for state in rest.values()) < 2:  # they join the smallest that is not
        small.add(min(keys - small, key=lambda k: (min(f[k].n for f in cells.values()), k)))
        rest = {
            arm: _merged(f[key] for key in sorted(small) if key in f) for arm, f in cells.items()
        }
    made = {}
    for arm, found in cells.items():
        made[arm] = {key: state for key, state in found.items() if key not in small}
        if small:
            made[arm][("(others)",)] = rest[arm]
    return made


def _merged(states: Iterable[ComomentsState]) -> ComomentsState:
    found = ComomentsState()
    for state in states:
        found = found.merge(state)
    return found
