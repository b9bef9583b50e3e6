"""How likely some, or all, of several attempts succeed, from more attempts than those."""

from __future__ import annotations


def any_of(k: int, right: int, n: int) -> float:
    """Probability that at least one of ``k`` attempts is right: ``1 - C(n - c, k) / C(n, k)``.

    Unbiased, from ``n`` attempts of which ``right`` were (Chen et al. 2021, Evaluating Large
    Language Models Trained on Code, arXiv:2107.03374, eq. 1: pass@k).

    Raises:
        ValueError: there are fewer attempts than ``k``, or more were right than there are.
    """
    return 1 - _all(k, n - right, n)


def all_of(k: int, right: int, n: int) -> float:
    """Probability that all of ``k`` attempts are right: ``C(c, k) / C(n, k)``.

    Unbiased (Yao et al. 2024, tau-bench, arXiv:2406.12045: pass^k).

    Raises:
        ValueError: there are fewer attempts than ``k``, or more were right than there are.
    """
    return _all(k, right, n)


def _all(k: int, chosen: int, n: int) -> float:
    if not 1 <= k <= n or not 0 <= chosen <= n:
        raise ValueError(f"{k} of {n} attempts, {chosen} of them of a kind, cannot be")
    share = 1.0
    for i in range(k):
        share *= max(chosen - i, 0) / (n - i)
    return share
