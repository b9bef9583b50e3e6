"""How few hits a simulation may have before they speak against the stated coverage."""

from __future__ import annotations

from scipy import stats


def least_count(runs: int, coverage: float) -> int:
    """Fewer hits than this have a probability under 1e-4 if each run hits with ``coverage``."""
    return int(stats.binom.ppf(1e-4, runs, coverage))
