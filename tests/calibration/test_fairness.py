"""The stated interval covers, though the greatest of noisy differences is biased upward."""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.inference.differences import Share, greatest_difference, least_ratio

RUNS = 1_200
GROUPS = [
    ((40, 400), (0.3, 0.3)),
    ((40, 400), (0.3, 0.1)),
    ((30, 30), (0.9, 0.6)),
    ((200, 100, 50), (0.3, 0.25, 0.1)),
    ((300,) * 6, (0.5,) * 6),
    ((100,) * 8, (0.5, 0.48, 0.45, 0.44, 0.43, 0.4, 0.38, 0.3)),
    ((1000, 500, 300), (0.02, 0.03, 0.05)),
]


@pytest.mark.parametrize(("sizes", "rates"), GROUPS)
def test_difference_and_ratio(sizes, rates):
    rng = np.random.default_rng(sum(sizes))
    difference, ratio = max(rates) - min(rates), min(rates) / max(rates)
    held = np.zeros(2)
    for counts in rng.binomial(sizes, rates, (RUNS, len(sizes))):
        groups = [Share(int(c), n) for c, n in zip(counts, sizes, strict=True)]
        low, high, _ = greatest_difference([groups], 0.95)
        held[0] += low <= difference <= high
        low, high, _ = least_ratio(groups, 0.95) if counts.any() else (0.0, 1.0, "")
        held[1] += low <= ratio <= high
    assert (held >= least_count(RUNS, 0.94)).all(), held / RUNS


def test_the_worse_of_two_families():
    """As for equalized odds: true and false positive rates of three groups."""
    rng = np.random.default_rng(3)
    sizes, rates = (60, 90, 200), ((0.7, 0.6, 0.65), (0.2, 0.35, 0.2))
    truth = 0.15
    held = 0
    for _ in range(RUNS):
        families = [
            [Share(int(rng.binomial(n, p)), n) for n, p in zip(sizes, family, strict=True)]
            for family in rates
        ]
        low, high, _ = greatest_difference(families, 0.95)
        held += low <= truth <= high
    assert held >= least_count(RUNS, 0.95)
