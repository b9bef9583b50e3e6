"""Intervals for a correlation coefficient."""

from __future__ import annotations

import math

from assay.inference.interval import Interval, z_value


def fisher(r: float, n: int, level: float) -> Interval:
    """Pearson's r on Fisher's z scale (Fisher 1921, Metron 1:3): variance 1 / (n - 3)."""
    return _on_z_scale(r, n, 1.0, level, "fisher-z")


def bonett_wright(rho: float, n: int, level: float) -> Interval:
    """Spearman's rho on the z scale, variance (1 + rho² / 2) / (n - 3).

    Bonett & Wright (2000), Psychometrika 65:23.
    """
    return _on_z_scale(rho, n, 1 + rho * rho / 2, level, "bonett-wright")


def _on_z_scale(r: float, n: int, factor: float, level: float, method: str) -> Interval:
    if n < 4:
        return Interval(-1.0, 1.0, method)
    if abs(r) >= 1:
        return Interval(r, r, method)
    half = z_value(level) * math.sqrt(factor / (n - 3))
    centre = math.atanh(r)
    return Interval(math.tanh(centre - half), math.tanh(centre + half), method)
