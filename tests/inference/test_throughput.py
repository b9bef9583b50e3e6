"""Answers in a second: where a load is steady, and what follows for the interval."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.inference.throughput import steady, throughput


def test_waves_of_equal_calls_give_the_exact_rate() -> None:
    """Four callers, calls of exactly half a second: eight answers in a second."""
    sent = np.repeat(np.arange(25) * 0.5, 4)
    begin, end = steady(sent, sent + 0.5, 4)
    assert (begin, end) == (0.5, 12.0)
    value, interval = throughput(sent + 0.5, begin, end, 0.95)
    assert value == pytest.approx(8.0)
    assert interval.low <= 8 <= interval.high


def test_the_interval_is_that_of_twenty_spans() -> None:
    at = np.sort(np.random.default_rng(2).uniform(0, 40, 400))
    value, interval = throughput(at, 0.0, 40.0, 0.95)
    counts = np.histogram(at, bins=20, range=(0, 40))[0] / 2
    low, high = stats.t.interval(0.95, 19, counts.mean(), stats.sem(counts))
    assert value == pytest.approx(400 / 40)
    assert (interval.low, interval.high) == pytest.approx((low, high))
    doubled, _ = throughput(at, 0.0, 40.0, 0.95, weights=np.full(400, 2.0))
    assert doubled == pytest.approx(20.0)


def test_too_little_is_no_throughput() -> None:
    at = np.arange(39.0) + 0.5
    with pytest.raises(ValueError, match="fewer than 40"):
        throughput(at, 0.0, 40.0, 0.95)
    with pytest.raises(ValueError, match="fewer than 40"):
        throughput(np.empty(0), 0.0, 0.0, 0.95)
    assert steady(np.zeros(4), np.ones(4), 4) == (0.0, 0.0)
    assert steady(np.empty(0), np.empty(0), 1) == (0.0, 0.0)
    begin, end = steady(np.zeros(6), np.ones(6), 4)
    assert begin == end
