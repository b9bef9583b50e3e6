"""Checks made of scorers: means with honest intervals, whatever became of the calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay import scorers
from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.collection import Scores
from assay.core.errors import SuiteError
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.schema import ANSWERED, SCORE
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.inference.proportions import wilson
from assay.metrics import find, load_all

Number = float | None


def estimate(
    name: str, scores: list[Number], answers: list[int] | None = None, *, census: bool = False,
    **parameters: Any,
) -> Measurement | Unmeasured:  # fmt: skip
    metric = bind(find(name), parameters)
    known = [int(s is not None) for s in scores] if answers is None else answers
    table = pa.table({SCORE: pa.array(scores, pa.float64()), ANSWERED: pa.array(known, pa.int64())})
    with DuckDBEngine() as engine:
        engine.attach("scores", Memory(table))
        schema = engine.schema("scores")
        states = engine.fold("scores", list(metric.aggregates(schema)))
    fold = Fold(schema, states)
    (found,) = metric.estimate(fold, Estimation(level=0.95, census=census))
    return found if isinstance(found, Unmeasured) else metric.widened(found, fold)


def measured(*arguments: Any, **more: Any) -> Measurement:
    found = estimate(*arguments, **more)
    assert isinstance(found, Measurement)
    return found


def test_every_scorer_is_a_check() -> None:
    checks = load_all()
    for name, cls in scorers.load_all().items():
        metric = checks[f"llm.{name}"]
        assert metric.__doc__ == cls.__doc__
        assert bind(metric, metric.example).collection() == Scores(
            name, tuple(sorted(cls(**cls.example).parameters().items()))
        )


def test_yes_or_no_answers_have_wilson_s_interval() -> None:
    found = measured("llm.exact_match", [1.0] * 7 + [0.0] * 3)
    assert found.value == pytest.approx(0.7)
    assert (found.low, found.high) == pytest.approx(wilson(7, 10, 0.95)[:2])
    assert (found.method, found.n) == ("wilson", 10)


def test_repeats_are_one_sample_each() -> None:
    found = measured("llm.exact_match", [1.0, 0.5, 0.0, 1.0], [2, 2, 2, 2])
    assert found.value == pytest.approx(0.625)
    assert found.method == "wilson-effective"
    assert found.n == 4


def test_equal_scores_do_not_promise_certainty() -> None:
    found = measured("llm.token_f1", [1.0] * 5)
    assert found.high == 1
    assert found.low is not None
    assert found.low < 0.6


def test_unanswered_samples_are_no_failures_and_widen_the_interval() -> None:
    without = measured("llm.exact_match", [1.0] * 90 + [0.0] * 10)
    found = measured("llm.exact_match", [1.0] * 90 + [0.0] * 10 + [None] * 10)
    assert found.value == without.value == 0.9
    assert found.n == 100
    assert found.low == pytest.approx(wilson(90, 110, 0.95).low, abs=0.01)
    assert found.high == pytest.approx(wilson(100, 110, 0.95).high, abs=0.01)
    assert found.method == "wilson+worst-case"


def test_a_census_of_unanswered_samples_still_has_a_width() -> None:
    assert measured("llm.exact_match", [1.0, 0.0], census=True).method == "census"
    found = measured("llm.exact_match", [1.0, 0.0, None, None], census=True)
    assert found.method == "census+worst-case"
    assert (found.low, found.value, found.high) == (0.25, 0.5, 0.75)


def test_no_bound_above_where_scores_have_none() -> None:
    found = measured("llm.length", [3.0, 5.0, None])
    assert found.high is None
    assert found.low is not None
    assert found.low >= 0


def test_nothing_to_score() -> None:
    found = estimate("llm.exact_match", [])
    assert isinstance(found, Unmeasured)
    assert not found.fault
    found = estimate("llm.exact_match", [None, None])
    assert isinstance(found, Unmeasured)
    assert found.fault


def test_pass_at_k_and_pass_all() -> None:
    # of 4 answers: 2 right, 4 right, 0 right
    scores, answers = [0.5, 1.0, 0.0], [4, 4, 4]
    assert measured("llm.includes", scores, answers, pass_at=2).value == pytest.approx(
        np.mean([1 - 1 / 6, 1, 0])
    )
    assert measured("llm.includes", scores, answers, pass_all=2).value == pytest.approx(
        np.mean([1 / 6, 1, 0])
    )


def test_samples_with_fewer_answers_than_k_are_unknown() -> None:
    found = measured("llm.includes", [1.0, 0.0, 1.0], [3, 3, 1], pass_at=2)
    assert found.n == 2
    assert found.method.endswith("+worst-case")
    none = estimate("llm.includes", [1.0], [1], pass_at=2)
    assert isinstance(none, Unmeasured)
    assert "repeats: 2" in none.reason


def test_scores_are_shared_whatever_k_is() -> None:
    cls = find("llm.includes")
    assert bind(cls, {"pass_at": 2}).collection() == bind(cls, {}).collection()
    assert bind(cls, {"words": False}).collection() != bind(cls, {}).collection()


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("llm.includes", {"pass_at": 2, "pass_all": 2}, "not both"),
        ("llm.includes", {"pass_at": 0}, "pass_at"),
        ("llm.token_f1", {"pass_at": 2}, "is not a parameter"),
        ("llm.matches", {"pattern": "("}, "not one of RE2"),
        ("llm.includez", {}, "Did you mean 'llm.includes'"),
    ],
)
def test_bad_parameters(name: str, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        bind(find(name), parameters)
