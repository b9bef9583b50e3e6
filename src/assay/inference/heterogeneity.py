"""Whether an effect differs between parts of the data (slices, markets, studies), and where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, t_value, z_value

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Heterogeneity(NamedTuple):
    """How much effects of k independent parts differ.

    Attributes:
        pooled: their mean, weighted by precision; ``interval`` holds it if they are all the same.
        q: Cochran's Q, the weighted sum of squared deviations from the pooled effect.
        df: k - 1.
        p_value: of effects this different, were they all the same.
        i_squared: share of the variation between the effects that is not chance, 0 to 1.
        between: variance of the true effects (DerSimonian & Laird), 0 or more.
    """

    pooled: float
    interval: Interval
    q: float
    df: int
    p_value: float
    i_squared: float
    between: float


class PartEffect(NamedTuple):
    """One part's effect, and how it stands among the others.

    Attributes:
        interval: holds together with those of all parts.
        p_value: of no effect in this part.
        from_rest: its effect less the pooled effect of the other parts.
        from_rest_p: of no difference from the other parts.
    """

    value: float
    interval: Interval
    p_value: float
    from_rest: float
    from_rest_p: float


def heterogeneity(
    effects: ArrayLike, variances: ArrayLike, level: float, *, df: ArrayLike | None = None
) -> Heterogeneity:
    """Test that the effects of independent parts are all the same, and how much they differ.

    Q is Cochran's (1954, Biometrics 10:101), I² Higgins & Thompson's (2002, Stat. Med. 21:1539),
    the variance DerSimonian & Laird's (1986, Controlled Clinical Trials 7:177). Where the
    variances are estimated from few units, Q is too large too often: with their degrees of freedom
    given, the p-value is that of Welch (1951, Biometrika 38:330), an F test.

    Args:
        effects, variances: shape (k,), of k >= 2 parts.
        df: degrees of freedom of the variances, shape (k,); known exactly where not given.

    Raises:
        ValueError: fewer than two parts, shapes that do not fit, a variance that is not above 0.
    """
    from scipy.special import chdtrc, fdtrc

    e, v, f = _parts(effects, variances, df)
    k, weights = len(e), 1 / v
    total = float(weights.sum())
    pooled = float(weights @ e) / total
    q = float(weights @ (e - pooled) ** 2)
    unequal = float(((1 - weights / total) ** 2 / f).sum())
    if unequal > 0:
        statistic = q / (k - 1) / (1 + 2 * (k - 2) * unequal / (k * k - 1))
        p_value = float(fdtrc(k - 1, (k * k - 1) / (3 * unequal), statistic))
    else:
        p_value = float(chdtrc(k - 1, q))
    excess = max(0.0, q - (k - 1))
    between = excess / (total - float((weights**2).sum()) / total)
    half = z_value(level) / math.sqrt(total)
    return Heterogeneity(
        pooled=pooled,
        interval=Interval(pooled - half, pooled + half, "inverse-variance"),
        q=q,
        df=k - 1,
        p_value=p_value,
        i_squared=excess / q if q > 0 else 0.0,
        between=between,
    )


def part_effects(
    effects: ArrayLike, variances: ArrayLike, level: float, *, df: ArrayLike | None = None
) -> tuple[PartEffect, ...]:
    """Each part's effect with an interval; all of them hold together with probability ``level``.

    Parts share no unit, so their intervals are independent, and each at ``level ** (1 / k)`` makes
    all hold (Šidák 1967, JASA 62:626). The p-values are not corrected: what is told from them is to
    be corrected for the k parts (Holm, or Benjamini-Hochberg for a list to look into).

    Raises:
        ValueError: as :func:`heterogeneity`.
    """
    e, v, f = _parts(effects, variances, df)
    weights = 1 / v
    each = level ** (1 / len(e))
    found = []
    for i, (value, variance, freedom) in enumerate(
        zip(e.tolist(), v.tolist(), f.tolist(), strict=True)
    ):
        known = math.isinf(freedom)
        half = (z_value(each) if known else t_value(each, freedom)) * math.sqrt(variance)
        others = np.arange(len(e)) != i
        rest = float(weights[others].sum())
        difference = value - float(weights[others] @ e[others]) / rest
        spread = variance + 1 / rest
        joint = spread**2 / float((v**2 / f)[i] + 1 / rest**2 * _share(weights[others], f[others]))
        found.append(
            PartEffect(
                value=value,
                interval=Interval(value - half, value + half, "sidak"),
                p_value=_two_sided(value / math.sqrt(variance), freedom),
                from_rest=difference,
                from_rest_p=_two_sided(difference / math.sqrt(spread), joint),
            )
        )
    return tuple(found)


def _share(weights: NDArray[np.float64], df: NDArray[np.float64]) -> float:
    """1 / degrees of freedom of a pooled variance, by Satterthwaite; at least 1e-300."""
    part = weights / weights.sum()
    return max(float((part**2 / df).sum()), 1e-300)


def _two_sided(t: float, df: float) -> float:
    from scipy.special import stdtr

    if df > 1e10:
        return math.erfc(abs(t) / math.sqrt(2))
    return float(2 * stdtr(df, -abs(t)))


def _parts(
    effects: ArrayLike, variances: ArrayLike, df: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    e, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    f = np.full(e.shape, math.inf) if df is None else np.asarray(df, dtype=np.float64)
    if e.ndim != 1 or e.shape != v.shape or e.shape != f.shape:
        raise ValueError(f"{e.shape} effects, {v.shape} variances, {f.shape} degrees of freedom")
    if len(e) < 2:
        raise ValueError("whether effects differ can be asked of two parts or more")
    if not (np.isfinite(e).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("effects must be finite, and their variances finite and above 0")
    if not (f > 0).all():
        raise ValueError("degrees of freedom must be above 0")
    return e, v, f
