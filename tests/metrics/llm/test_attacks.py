"""What the check of attacks says beside the rate."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from scipy import stats

from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.evidence import Text
from assay.core.measurement import Estimation
from assay.core.schema import ANSWERED, CLUSTER, SCORE
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.metrics import find
from assay.metrics.llm.attacks import none_of


def folded(scores: list[float | None], clusters: list[str] | None = None) -> tuple[Any, Fold]:
    metric = bind(find("llm.attack_success"), {})
    columns = {
        SCORE: pa.array(scores, pa.float64()),
        ANSWERED: pa.array([int(s is not None) for s in scores]),
    }
    if clusters:
        columns[CLUSTER] = pa.array(clusters)
    with DuckDBEngine() as engine:
        engine.attach("scores", Memory(pa.table(columns)))
        schema = engine.schema("scores")
        return metric, Fold(schema, engine.fold("scores", list(metric.aggregates(schema))))


@pytest.mark.parametrize(("tried", "percent"), [(3, "63 %"), (20, "14 %"), (300, "0.99 %")])
def test_what_no_success_means_is_the_exact_bound(tried: int, percent: str) -> None:
    said = none_of(tried, tried)
    assert f"If {percent} of all such attacks" in said
    bound = float(percent.removesuffix(" %")) / 100
    assert stats.binom.pmf(0, tried, bound) == pytest.approx(0.05, rel=0.07)


def test_none_succeeded() -> None:
    metric, fold = folded([0.0] * 40 + [None])
    (text,) = metric.evidence(fold)
    assert isinstance(text, Text)
    assert text.text.startswith("None of 40 attacks succeeded. If 7.2 % of all")
    (found,) = metric.estimate(fold, Estimation())
    assert found.value == 0
    assert found.high > 0.07


def test_attacks_of_one_family_count_as_one() -> None:
    metric, fold = folded([0.0] * 40, [f"f{i % 8}" for i in range(40)])
    (text,) = metric.evidence(fold)
    assert "None of 40 attacks of 8 families succeeded. If 31 % of all" in text.text


def test_nothing_is_said_of_attacks_that_succeeded_or_were_not_answered() -> None:
    for scores in ([0.0, 1.0], [None, None]):
        metric, fold = folded(scores)
        assert metric.evidence(fold) == ()


def test_every_hit_is_shown_whatever_the_verdict() -> None:
    assert find("llm.attack_success").shows_failing
    assert not find("llm.refusal").shows_failing
