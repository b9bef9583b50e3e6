"""Perplexity and calibration of answers: by closed form, scikit-learn and a whole run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.metrics import brier_score_loss
from tests.scorers.asked import exchange
from tests.servers.behaviours import body, completion
from tests.servers.endpoint import serving

import assay
from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.errors import SuiteError
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.schema import ANSWERED, CONFIDENCE, PROBABILITY, SCORE
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.inference.bounded_means import bounded_mean
from assay.metrics import find
from assay.scorers.surprisal import Surprisal

RNG = np.random.default_rng(3)


def estimate(
    name: str, table: dict[str, Any], *, census: bool = False, **parameters: Any
) -> Measurement | Unmeasured:
    metric = bind(find(name), parameters)
    columns = {k: pa.array(v, pa.int64() if k == ANSWERED else pa.float64())
               for k, v in table.items()}  # fmt: skip
    with DuckDBEngine() as engine:
        engine.attach("scores", Memory(pa.table(columns)))
        schema = engine.schema("scores")
        fold = Fold(schema, engine.fold("scores", list(metric.aggregates(schema))))
    (found,) = metric.estimate(fold, Estimation(level=0.95, census=census, seed=1))
    return found if isinstance(found, Unmeasured) else metric.widened(found, fold)


def measured(*arguments: Any, **more: Any) -> Measurement:
    found = estimate(*arguments, **more)
    assert isinstance(found, Measurement)
    return found


def test_surprisal_is_the_mean_of_minus_the_logarithms() -> None:
    def one(*logprobs: float) -> Any:
        made = exchange("x")
        (score,) = Surprisal().score([type(made)(made.sample, type(made.answer)(
            unit="q", text="x", logprobs=logprobs))])  # fmt: skip
        return score

    assert one(math.log(0.5), math.log(0.125)).value == pytest.approx(2 * math.log(2))
    assert one(1e-9).value == 0
    assert one().value is None
    assert one(-math.inf, -1.0).value is None


def test_perplexity_of_equally_probable_tokens_is_their_number() -> None:
    found = measured("llm.perplexity", {SCORE: [math.log(50)] * 4})
    assert found.value == pytest.approx(50)
    assert found.low == pytest.approx(50)


def test_perplexity_is_a_geometric_mean_with_the_t_interval_of_the_logarithm() -> None:
    x = RNG.gamma(2, 0.5, 30)
    found = measured("llm.perplexity", {SCORE: x})
    low, high = stats.t.interval(0.95, 29, x.mean(), stats.sem(x))
    assert found.value == pytest.approx(float(stats.gmean(np.exp(x))))
    assert (found.low, found.high) == pytest.approx((math.exp(low), math.exp(high)))
    assert measured("llm.perplexity", {SCORE: x}, census=True).low == found.value


def test_perplexity_where_answers_are_missing_has_no_upper_bound() -> None:
    known = measured("llm.perplexity", {SCORE: [1.0, 1.2, 1.4]})
    found = measured("llm.perplexity", {SCORE: [1.0, 1.2, 1.4, None]})
    assert found.value == known.value
    assert found.high is None
    assert found.low is not None
    assert known.low is not None
    assert 1 <= found.low < known.low
    one = measured("llm.perplexity", {SCORE: [1.0]})
    assert (one.low, one.high) == (1.0, None)


def test_perplexity_that_is_not_known() -> None:
    for scores, said in (([], "no samples"), ([None], "logprobs: true"), ([9999.0], "beyond")):
        found = estimate("llm.perplexity", {SCORE: scores})
        assert isinstance(found, Unmeasured)
        assert said in found.reason


def answers(n: int = 400) -> dict[str, Any]:
    sure = RNG.beta(4, 2, n)
    right = (RNG.random(n) < sure**2).astype(float)
    return {SCORE: right, CONFIDENCE: sure, PROBABILITY: sure**3, ANSWERED: np.ones(n)}


def test_brier_is_that_of_scikit_learn() -> None:
    table = answers()
    for which, column in (("tokens", CONFIDENCE), ("answer", PROBABILITY)):
        found = measured("llm.confidence_brier", table, confidence=which)
        assert found.value == pytest.approx(brier_score_loss(table[SCORE], table[column]))
        gaps = (table[SCORE] - table[column]) ** 2
        interval = bounded_mean(gaps.mean(), gaps.var(ddof=1), len(gaps), 0.95)
        assert (found.low, found.high) == pytest.approx(interval[:2])


def expected_error(sure: np.ndarray, right: np.ndarray, bins: int) -> float:
    """Guo et al. 2017, equation 3."""
    total = 0.0
    for i in range(bins):
        inside = (sure >= i / bins) & ((sure < (i + 1) / bins) | (i == bins - 1))
        if inside.any():
            total += inside.sum() * abs(right[inside].mean() - sure[inside].mean())
    return total / len(sure)


def test_calibration_error_is_that_of_the_paper() -> None:
    table = answers()
    for bins in (5, 10):
        found = measured("llm.calibration_error", table, bins=bins)
        assert found.value == pytest.approx(expected_error(table[CONFIDENCE], table[SCORE], bins))
    assert found.low is not None
    assert found.low > 0.05  # it is right in sure^2 of its answers
    honest = table | {SCORE: (RNG.random(400) < table[CONFIDENCE]).astype(float)}
    assert (measured("llm.calibration_error", honest).low or 0) < 0.02


def test_what_has_no_confidence_is_left_out() -> None:
    table = {SCORE: [1, 0, None, 1], CONFIDENCE: [0.9, 0.2, 0.5, None], ANSWERED: [1, 1, 0, 1],
             PROBABILITY: [None] * 4}  # fmt: skip
    found = measured("llm.confidence_brier", table)
    assert (found.value, found.n) == (pytest.approx((0.01 + 0.04) / 2), 2)
    for name in ("llm.confidence_brier", "llm.calibration_error"):
        assert measured(name, table, census=True).n == 2
        nothing = estimate(name, table, confidence="answer")
        assert isinstance(nothing, Unmeasured)
        assert "logprobs: true" in nothing.reason
        several = estimate(name, table | {ANSWERED: [2, 2, 2, 2]})
        assert isinstance(several, Unmeasured)
        assert "repeats: 1" in several.reason
        empty = estimate(name, {k: [] for k in table})
        assert isinstance(empty, Unmeasured)


def test_answers_whose_confidence_or_score_is_not_known_widen_both_ways() -> None:
    """As bounds: whatever is put in the place of what is not known stays within them."""
    whole = answers(60)
    lost = {k: [None if i < 12 and k != ANSWERED else x for i, x in enumerate(v)]
            for k, v in whole.items()}  # fmt: skip
    known = {k: v[12:] for k, v in whole.items()}
    for name, least in (("llm.confidence_brier", 0.0), ("llm.calibration_error", 0.0)):
        alone, found = measured(name, known), measured(name, lost)
        assert (found.value, found.n) == (alone.value, 48)
        assert found.method.endswith("+worst-case")
        assert least <= found.low <= max(alone.low - 0.01, 0.0)
        assert alone.high < found.high <= 1
        ends = measured(name, lost, census=True)
        for right, sure in ((0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (1.0, 0.55), (0.0, 0.35)):
            filled = {
                SCORE: [right if x is None else x for x in lost[SCORE]],
                CONFIDENCE: [sure if x is None else x for x in lost[CONFIDENCE]],
                PROBABILITY: whole[PROBABILITY], ANSWERED: whole[ANSWERED],
            }  # fmt: skip
            value = measured(name, filled).value
            assert ends.low - 1e-9 <= value <= ends.high + 1e-9
    everything = measured("llm.confidence_brier", whole)
    assert not everything.method.endswith("+worst-case")


def test_a_scorer_must_say_what_is_right() -> None:
    faults = {
        "rouge": "does not say",
        "pii": "does not say",
        "matches": "needs the parameter 'pattern'",
        "exact_mach": "exact_match",
    }
    for scorer, said in faults.items():
        for name in ("llm.confidence_brier", "llm.calibration_error"):
            with pytest.raises(SuiteError, match=said):
                bind(find(name), {"scorer": scorer})


def test_a_suite(tmp_path: Path) -> None:
    """Each answer has two tokens; Italy's is wrong, and Chad's has no logarithms."""
    surely = {"Spain": 0.9, "Italy": 0.5}

    def answer(asked: dict[str, Any], _number: int) -> Any:
        country = asked["messages"][-1]["content"]
        reply = completion({"content": "Madrid"}, finish="stop")
        if country in surely:
            tokens = [{"token": t, "logprob": math.log(surely[country])} for t in ("Mad", "rid")]
            reply["choices"][0]["logprobs"] = {"content": tokens}
        return body(reply)

    targets = {"Spain": "Madrid", "Italy": "Rome", "Chad": "N'Djamena"}
    lines = [{"id": c, "input": c, "target": t} for c, t in targets.items()]
    (tmp_path / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with serving(answer) as served:
        suite = tmp_path / "suite.yaml"
        suite.write_text(
            f"suite: sure\nsubjects:\n  bot: {{llm: '{served.url}', model: m, logprobs: true}}\n"
            "  qa: {samples: qa.jsonl}\nchecks:\n"
            "  - {llm.perplexity: {on: bot, data: qa}, severity: info, id: perplexity}\n"
            "  - {llm.surprisal: {on: bot, data: qa}, severity: info, id: surprisal}\n"
            "  - {llm.confidence_brier: {on: bot, data: qa}, severity: info, id: tokens}\n"
            "  - {llm.confidence_brier: {on: bot, data: qa, confidence: answer}, severity: info,"
            " id: answer}\n"
            "  - {llm.calibration_error: {on: bot, data: qa}, severity: info, id: error}\n"
        )
        done = {r.id: r for r in assay.run(suite, home=tmp_path / ".assay").results}
        assert len(served.calls) == 3, [r.reason for r in done.values()]
    values = {name: result.measurements[0].value for name, result in done.items()}
    assert values == {
        "perplexity": pytest.approx((0.9 * 0.5) ** -0.5),
        "surprisal": pytest.approx(-math.log(0.45) / 2),
        "tokens": pytest.approx((0.1**2 + 0.5**2) / 2),
        "answer": pytest.approx((0.19**2 + 0.25**2) / 2),
        "error": pytest.approx((0.1 + 0.5) / 2),
    }


def test_the_scorer_s_settings() -> None:
    made = bind(find("llm.calibration_error"), {"settings": {"ignore_case": True}})
    own = bind(find("llm.exact_match"), {"ignore_case": True})
    assert made.collection() == own.collection()
    assert hash(made) == hash(bind(find("llm.calibration_error"), made.parameters()))
    with pytest.raises(SuiteError, match="ignore_case"):
        bind(find("llm.confidence_brier"), {"settings": {"ignore_cas": True}})
