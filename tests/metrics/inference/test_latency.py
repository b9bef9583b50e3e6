"""inference.latency against SciPy's order-statistic interval and simulation."""

from __future__ import annotations

import json

import numpy as np
import pytest
import vl_convert
from scipy.stats import binom, quantile_test

from assay.core.aggregate import Fold
from assay.core.collection import Latency as Timings
from assay.core.evidence import Chart
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.schema import SECONDS, ColumnInfo, Schema
from assay.metrics.inference.latency import Latency
from assay.states import SampleState

SCHEMA = Schema((ColumnInfo(SECONDS, "float", "DOUBLE"),))


def fold(metric: Latency, seconds: np.ndarray) -> Fold:
    (aggregate,) = metric.aggregates(SCHEMA)
    return Fold(SCHEMA, {aggregate: {(): SampleState.of(seconds)}})


def measure(seconds: np.ndarray, how: Estimation | None = None, **parameters: float) -> Measurement:
    metric = Latency(**parameters)  # type: ignore[arg-type]
    (found,) = metric.estimate(fold(metric, seconds), how or Estimation())
    assert isinstance(found, Measurement)
    return found


SECONDS_SEEN = np.random.default_rng(0).lognormal(-6, 0.5, 200)


@pytest.mark.parametrize("q", [0.01, 0.5, 0.9, 0.95, 0.975])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_value_and_interval_agree_with_scipy(q: float, level: float) -> None:
    found = measure(SECONDS_SEEN, Estimation(level=level), quantile=q)
    assert found.value == np.quantile(SECONDS_SEEN, q, method="inverted_cdf")
    reference = quantile_test(SECONDS_SEEN, p=q).confidence_interval(level)
    low = 0.0 if np.isnan(reference.low) else reference.low
    high = None if np.isnan(reference.high) else reference.high
    assert (found.low, found.high) == (low, high)
    assert (found.n, found.unit, found.method) == (200, "s", "order-statistics")


def test_too_few_calls_leave_the_upper_end_open() -> None:
    """The greatest of n values bounds the q quantile with probability 1 - q**n."""
    calls = np.random.default_rng(1).exponential(size=400)
    least = next(n for n in range(1, 1000) if binom.pmf(n, n, 0.99) <= 0.025)
    assert least == 368
    assert measure(calls[: least - 1], quantile=0.99).high is None
    assert measure(calls[:least], quantile=0.99).high == calls[:least].max()


def test_the_interval_covers() -> None:
    rng = np.random.default_rng(2)
    truth = -np.log(0.1)
    hits = 0
    for _ in range(1_500):
        found = measure(rng.exponential(size=150), Estimation(level=0.9), quantile=0.9)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    assert 0.9 - 3 * np.sqrt(0.09 / 1_500) <= hits / 1_500 <= 0.96


def test_census_one_call_and_none() -> None:
    census = measure(SECONDS_SEEN, Estimation(census=True), quantile=0.95)
    assert census.low == census.high == census.value
    one = measure(np.array([0.25]))
    assert (one.value, one.low, one.high, one.n) == (0.25, 0.0, None, 1)
    metric = Latency()
    (none,) = metric.estimate(fold(metric, np.empty(0)), Estimation())
    assert isinstance(none, Unmeasured)
    assert metric.evidence(fold(metric, np.empty(0))) == ()


def test_quantiles_of_the_same_calls_are_collected_once() -> None:
    wishes = {Latency(quantile=q).collection() for q in (0.5, 0.95, 0.99)}
    assert wishes == {Timings(batch_size=1, repeats=200, warmup=10)}
    assert Latency(batch_size=32).collection() not in wishes


@pytest.mark.parametrize(
    "wrong", [{"quantile": 0}, {"quantile": 1}, {"repeats": 0}, {"batch_size": 0}, {"warmup": -1}]
)
def test_parameters_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Latency(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [SECONDS_SEEN, np.array([0.5]), np.zeros(3), np.full(9, 2.0)])
def test_the_histogram_holds_every_call_and_can_be_drawn(seconds: np.ndarray) -> None:
    metric = Latency(quantile=0.95)
    (chart,) = metric.evidence(fold(metric, seconds))
    assert isinstance(chart, Chart)
    bars = chart.spec["layer"][0]["data"]["values"]
    assert sum(bar["calls"] for bar in bars) == len(seconds)
    svg = vl_convert.vegalite_to_svg(json.loads(json.dumps(chart.spec)))
    assert svg.startswith("<svg")
    assert "ms at quantile 0.95" in chart.alt
