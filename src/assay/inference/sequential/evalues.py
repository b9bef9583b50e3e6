"""E-values: evidence that can be combined, and gathered, without a plan.

An e-value is at least 0 and has expectation at most 1 while the null holds; an e-process is one at
every look, whenever one stops. By Markov's and Ville's inequality it exceeds 1/alpha with a
probability of at most alpha. Sources: Vovk & Wang (2021), Ann Stat 49:1736; Grünwald, de Heide &
Koolen (2024), J R Stat Soc B 86:1091; Ramdas, Grünwald, Vovk & Shafer (2023), Stat Sci 38:576.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def product(e_values: ArrayLike) -> float:
    """One e-value from e-values of independent data, or of data that came one after the other.

    Raises:
        ValueError: an e-value is negative or NaN, or an infinite one meets a zero.
    """
    e = _checked(e_values)
    if np.any(e == 0):
        if np.any(np.isinf(e)):
            raise ValueError("an infinite e-value and one of 0 contradict each other")
        return 0.0
    logarithm = float(np.log(e).sum())
    return math.exp(logarithm) if logarithm < 709 else math.inf


def average(e_values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """One e-value from e-values that depend on each other in any way.

    Args:
        weights: chosen beforehand, none negative, not all 0; None weighs all alike.

    Raises:
        ValueError: an e-value is negative or NaN, or the weights are none.
    """
    e = _checked(e_values)
    w = np.ones(e.shape) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != e.shape or not np.all(np.isfinite(w) & (w >= 0)) or not w.sum() > 0:
        raise ValueError("there must be one weight for each e-value, none negative, not all 0")
    return float(e[w > 0] @ w[w > 0] / w.sum())


def running_p_values(e_process: ArrayLike) -> NDArray[np.float64]:
    """Always-valid p-values of an e-process along its last axis: 1 over the greatest so far."""
    greatest = np.maximum.accumulate(_checked(e_process), axis=-1)
    with np.errstate(divide="ignore"):
        return np.minimum(1.0, 1 / greatest)


def power_calibrator(p_value: ArrayLike, *, kappa: float = 0.5) -> NDArray[np.float64]:
    """An e-value from a p-value: ``kappa p**(kappa - 1)``; infinite at 0.

    Raises:
        ValueError: a p-value outside [0, 1], or kappa outside (0, 1).
    """
    if not 0 < kappa < 1:
        raise ValueError(f"kappa lies between 0 and 1, not {kappa}")
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = kappa * _p_values(p_value) ** (kappa - 1)
    return found


def mixture_calibrator(p_value: ArrayLike) -> NDArray[np.float64]:
    """An e-value from a p-value, the power calibrators averaged over kappa: infinite at 0.

    ``(1 - p + p ln p) / (p (ln p)²)``, 1/2 at 1. It needs no choice, and loses little to the best.

    Raises:
        ValueError: a p-value outside [0, 1].
    """
    p = _p_values(p_value)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(p)
        found = (1 - p + p * logarithm) / (p * logarithm**2)
    # near 1 both terms vanish: 1/2 + (1 - p) / 6 + ...
    return np.where(p == 0, np.inf, np.where(p > 1 - 1e-4, 0.5 + (1 - p) / 6, found))


def e_bh(e_values: Sequence[float], alpha: float) -> list[bool]:
    """Which nulls are rejected so that the false discovery rate is at most alpha, in their order.

    The e-BH procedure: the k greatest, for the greatest k whose least e-value is at least
    ``m / (alpha k)``. It holds whatever the dependence, without the logarithmic factor that
    Benjamini-Yekutieli pays: Wang & Ramdas (2022), J R Stat Soc B 84:822.

    Raises:
        ValueError: an e-value is negative or NaN, or alpha outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies between 0 and 1, not {alpha}")
    if not len(e_values):
        return []
    e = _checked(e_values)
    greatest = np.sort(e)[::-1]
    enough = np.nonzero(greatest * np.arange(1, e.size + 1) >= e.size / alpha)[0]
    if not enough.size:
        return [False] * int(e.size)
    return [bool(v) for v in e >= greatest[enough[-1]]]


def _checked(e_values: ArrayLike) -> NDArray[np.float64]:
    e = np.asarray(e_values, dtype=float)
    if not e.size or not np.all(e >= 0):
        raise ValueError("e-values must be numbers of at least 0, at least one of them")
    return e


def _p_values(p_value: ArrayLike) -> NDArray[np.float64]:
    p = np.asarray(p_value, dtype=float)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p-values lie between 0 and 1")
    return p
