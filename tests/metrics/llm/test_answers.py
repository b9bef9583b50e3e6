"""Time, tokens, money and failures of answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.evidence import Chart
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.schema import (
    CACHED,
    COMPLETION_TOKENS,
    COST,
    ERROR,
    FIRST_TOKEN,
    PROMPT_TOKENS,
    SECONDS,
)
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.inference.proportions import wilson
from assay.metrics import find

RNG = np.random.default_rng(3)
N = 120
FAILED = np.arange(N) % 40 == 7
CACHED_ONES = np.arange(N) % 10 == 0
TIMES = RNG.lognormal(0, 0.5, N)
TOKENS = RNG.integers(1, 100, N)
TABLE = pa.table(
    {
        SECONDS: pa.array(TIMES, mask=FAILED),
        FIRST_TOKEN: pa.nulls(N, pa.float64()),
        CACHED: pa.array(CACHED_ONES),
        PROMPT_TOKENS: pa.array(np.full(N, 10), mask=FAILED),
        COMPLETION_TOKENS: pa.array(TOKENS, mask=FAILED),
        COST: pa.array(TOKENS * 2e-6, mask=FAILED),
        ERROR: pa.array(["HTTP 503" if f else None for f in FAILED]),
    }
)


def fold(name: str, table: pa.Table = TABLE, **parameters: Any) -> tuple[Any, Fold]:
    metric = bind(find(name), parameters)
    with DuckDBEngine() as engine:
        engine.attach("answers", Memory(table))
        schema = engine.schema("answers")
        return metric, Fold(schema, engine.fold("answers", list(metric.aggregates(schema))))


def measure(name: str, table: pa.Table = TABLE, **parameters: Any) -> Measurement:
    metric, folded = fold(name, table, **parameters)
    (found,) = metric.estimate(folded, Estimation())
    assert isinstance(found, Measurement)
    return found


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_latency_of_the_calls_that_were_made_and_answered(q: float) -> None:
    made = np.sort(TIMES[~FAILED & ~CACHED_ONES])
    found = measure("llm.latency", quantile=q)
    assert found.n == len(made)
    assert found.value == np.quantile(made, q, method="inverted_cdf")
    expected = stats.quantile_test(made, p=q).confidence_interval(0.95)
    assert found.low == expected.low
    # too few calls for an upper end of the tail
    assert found.high == (expected.high if np.isfinite(expected.high) else None)
    metric, folded = fold("llm.latency", quantile=q)
    (chart,) = metric.evidence(folded)
    assert isinstance(chart, Chart)
    assert sum(bar["answers"] for bar in chart.spec["layer"][0]["data"]["values"]) == len(made)


def test_first_token_needs_streaming() -> None:
    metric, folded = fold("llm.first_token")
    (found,) = metric.estimate(folded, Estimation())
    assert isinstance(found, Unmeasured)
    assert "stream: true" in found.reason


def test_error_rate() -> None:
    found = measure("llm.error_rate")
    failed = int(FAILED.sum())
    assert found.value == failed / N
    assert (found.low, found.high) == pytest.approx(wilson(failed, N, 0.95)[:2])


@pytest.mark.parametrize(("part", "more"), [("completion", 0), ("prompt", None), ("total", 10)])
def test_tokens(part: str, more: int | None) -> None:
    known = TOKENS[~FAILED] + more if more is not None else np.full((~FAILED).sum(), 10)
    found = measure("llm.tokens", part=part)
    assert found.value == pytest.approx(known.mean())
    if more is not None:
        low, high = stats.t.interval(0.95, len(known) - 1, known.mean(), stats.sem(known))
        assert (found.low, found.high) == pytest.approx((low, high))


def test_cost_and_no_price() -> None:
    assert measure("llm.cost").value == pytest.approx(TOKENS[~FAILED].mean() * 2e-6)
    free = TABLE.set_column(TABLE.schema.get_field_index(COST), COST, pa.nulls(N, pa.float64()))
    metric, folded = fold("llm.cost", free)
    (found,) = metric.estimate(folded, Estimation())
    assert isinstance(found, Unmeasured)
    assert "price" in found.reason
