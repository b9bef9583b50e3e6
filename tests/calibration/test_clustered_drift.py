"""Drift between tables of clusters: equal ones raise no alarm, and unequal ones are covered.

Half of the variance is that of clusters; intervals for independent rows would raise an alarm
between most equal tables.
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.coverage import least_count
from tests.calibration.worlds.clustered_drift import ks, shares, tables, truth

from assay.inference.drift import Groups, distance, interval, sampling_error

RUNS = 30
METHODS = ["total_variation", "hellinger", "jensen_shannon", "psi", "kl", "chi_square"]


@pytest.mark.parametrize(("clusters", "spread"), [(5, 0.0), (10, 1.0), (30, 1.0), (1_000, 0.0)])
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_every_method_covers(clusters, spread, shift):
    rng = np.random.default_rng([clusters, round(spread), round(10 * shift)])
    held = dict.fromkeys([*METHODS, "ks"], 0)
    for seed in range(RUNS):
        sides, groups = tables(clusters, spread, shift, rng)
        for method in METHODS:
            # Cramér's V hangs on which part of all rows is the reference's
            true = distance(truth(shift)._replace(reference_n=sides.reference_n,
                                                  current_n=sides.current_n), method)  # fmt: skip
            found = interval(sides, method, level=0.95, seed=seed, groups=groups)
            held[method] += found.low <= true <= found.high
        error = sampling_error(sides, ks, level=0.95, seed=seed, groups=groups)
        held["ks"] += abs(ks(sides) - ks(truth(shift))) <= error
    assert min(held.values()) >= least_count(RUNS, 0.95), held


def test_intervals_for_rows_would_raise_alarms():
    rng = np.random.default_rng(1)
    alarms = 0
    for seed in range(RUNS):
        sides, _ = tables(30, 0.0, 0.0, rng)
        alarms += interval(sides, "total_variation", level=0.95, seed=seed).low > 0
    assert alarms > 0.4 * RUNS


@pytest.mark.parametrize("values", [20, 200])
def test_values_that_come_in_one_cluster_only_are_no_drift(values):
    """Each cluster has rows of one value, out of a few or of many (a customer's home town)."""
    rng = np.random.default_rng(values)
    alarms = 0
    for seed in range(RUNS):
        both = []
        for _ in range(2):
            counts = np.zeros((60, values))
            counts[np.arange(60), rng.integers(0, values, 60)] = rng.integers(5, 40, 60)
            both.append(counts)
        seen = (both[0] + both[1]).any(axis=0)
        both = [counts[:, seen] for counts in both]
        found = interval(
            shares(*both), "total_variation", level=0.95, seed=seed, groups=Groups(*both)
        )
        alarms += found.low > 0
    assert RUNS - alarms >= least_count(RUNS, 0.95)
