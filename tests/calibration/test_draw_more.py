"""Looking at a verdict several times: how often a wrong one is settled, and what is saved.

A true value on the bound can only be settled wrongly: in at most 5 of 100 runs, over all looks
together. Limits are those that a sound procedure passes with probability 1 - 1e-4.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.core.measurement import Estimation
from assay.inference.delong import area, area_interval
from assay.inference.means import student_t
from assay.inference.proportions import wilson
from assay.inference.ranks import rank
from assay.runner.looks import Look, planned


def levels(rows: int) -> list[float]:
    plan = planned(rows)
    return [
        Look(plan[: i + 1], rows, last=i + 1 == len(plan)).level(0.95) for i in range(len(plan))
    ]


def most(runs: int, rate: float) -> int:
    return int(stats.binom.ppf(1 - 1e-4, runs, rate))


def shares(rows: int, p: float, bound: float, runs: int, seed: int = 0):
    """Runs that settle above and below the bound, and the mean share of rows that they use."""
    plan = planned(rows)
    drawn = np.random.default_rng(seed).binomial(np.diff([0, *plan]), p, (runs, len(plan)))
    above = below = used = 0
    for successes in np.cumsum(drawn, axis=1):
        for s, n, level in zip(successes, plan, levels(rows), strict=True):
            low, high, _ = wilson(int(s), n, level)
            if low >= bound or high < bound or n == rows:
                above += low >= bound
                below += high < bound
                used += n
                break
    return above, below, used / runs / rows


@pytest.mark.parametrize(
    ("rows", "p"),
    [(150, 0.8), (300, 0.8), (1000, 0.5), (10_000, 0.9), (50_000, 0.02), (100_000, 0.7)],
)
def test_a_share_on_its_bound(rows, p):
    runs = 2000
    above, below, _ = shares(rows, p, p, runs)
    assert above + below <= most(runs, 0.05)


@pytest.mark.parametrize(("p", "margin"), [(0.9, 0.01), (0.8, 0.02), (0.97, 0.01), (0.5, 0.05)])
def test_half_is_saved_two_margins_away(p, margin):
    """The plan of fixed size has 80 % power one margin away from the bound."""
    rows = int((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) ** 2 * p * (1 - p) / margin**2)
    right, wrong, used = shares(rows, p, p - 2 * margin, 2000)
    assert used < 0.5
    assert wrong <= most(2000, 0.05)
    assert right > 1900
    right, *_ = shares(rows, p, p - margin, 2000)
    assert right > 1150  # what the looks cost where the plan was made for the case


def test_a_mean_of_skewed_values_on_its_bound():
    runs, rows = 800, 2000
    plan, at = planned(rows), levels(rows)
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(runs):
        x = rng.exponential(size=rows)
        for n, level in zip(plan, at, strict=True):
            low, high, _ = student_t(x[:n].mean(), x[:n].var(ddof=1), n, level)
            if not low <= 1 <= high:
                wrong += 1
                break
    # a t interval of a skewed mean misses more often than it says even at one look: 5.6 % here
    assert wrong <= most(runs, 0.06)


def test_an_area_on_its_bound():
    """Of few positives, with the metric's own interval (DeLong's, on the logit scale)."""
    runs, rows, apart = 500, 1000, 1.2
    plan, at = planned(rows), levels(rows)
    true = stats.norm.cdf(apart / np.sqrt(2))
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(runs):
        y = rng.random(rows) < 0.2
        score = rng.normal(size=rows) + apart * y
        for n, level in zip(plan, at, strict=True):
            ranking = rank(y[:n], score[:n])
            low, high, _ = area_interval(area(ranking), ranking, level)
            if not low <= true <= high:
                wrong += 1
                break
    assert wrong <= most(runs, 0.05)


def test_a_family_over_all_looks():
    """Ten shares on their bounds: any wrong verdict in one run of twenty at most, by Holm's steps
    over those that are left, whichever look they are left at."""
    from assay.core.check import GatePolicy
    from assay.core.criterion import AtLeast
    from assay.inference.proportions import proportion
    from assay.runner.judge import Case, judge

    runs, rows, p = 250, 1000, 0.8
    plan = planned(rows)
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(runs):
        counts = np.cumsum(rng.binomial(np.diff([0, *plan]), p, (10, len(plan))), axis=1)
        left = list(range(10))
        for k, n in enumerate(plan):
            look = Look(plan[: k + 1], rows, last=n == rows)
            cases = [
                look.at(
                    Case(
                        AtLeast(p), "",
                        lambda level, s=int(counts[i, k]), n=n: (
                            proportion(s, n, Estimation(level=level)),
                        ),
                    )
                )
                for i in left
            ]  # fmt: skip
            verdicts = [j.verdict for j in judge(cases, GatePolicy())]
            if any(v != "inconclusive" for v in verdicts):
                wrong += 1
                break
    assert wrong <= most(runs, 0.05)
