"""McNemar's test: do two outcomes of the same units occur equally often?"""

from __future__ import annotations


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Two-sided exact p-value from the units on which only one outcome occurred.

    McNemar (1947, Psychometrika 12:153), with binomial probabilities. It never rejects too often,
    and with few such units far less often than it says: see :func:`mcnemar_mid_p`. 1 where there
    are none.

    Raises:
        ValueError: a count is negative.
    """
    less, total = _fewer(only_a, only_b)
    return min(1.0, 2 * _below(less, total))


def mcnemar_mid_p(only_a: int, only_b: int) -> float:
    """Two-sided mid-p value: what was observed counts half.

    Recommended by Fagerland, Lydersen & Laake (2013, BMC Medical Research Methodology 13:91), who
    found it to hold its level over a wide range although it is not exact.

    Raises:
        ValueError: a count is negative.
    """
    less, total = _fewer(only_a, only_b)
    if total == 0 or only_a == only_b:
        return 1.0
    return min(1.0, _below(less, total) + _below(less - 1, total))


def _fewer(only_a: int, only_b: int) -> tuple[int, int]:
    if only_a < 0 or only_b < 0:
        raise ValueError(f"{only_a} and {only_b} are not counts")
    return min(only_a, only_b), only_a + only_b


def _below(k: int, n: int) -> float:
    """Probability of at most ``k`` heads in ``n`` throws of a fair coin."""
    from scipy.special import bdtr

    return float(bdtr(k, n, 0.5)) if k >= 0 else 0.0
