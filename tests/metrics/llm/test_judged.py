"""Means of judges' grades, corrected by people's: the check's numbers against their sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import cohen_kappa_score

import assay
from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.errors import SuiteError
from assay.core.evidence import Table
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.schema import ANSWERED, REASON, SCORE
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.inference.bounded_means import bounded_mean
from assay.inference.prediction_powered import judged_mean_of
from assay.metrics import find
from assay.states import Count

RNG = np.random.default_rng(8)
HUMAN = RNG.choice([1.0, 2, 3, 4, 5], 400)
JUDGE = np.clip(HUMAN + RNG.integers(0, 3, 400) - 0.5, 1, 5)
PARAMETERS = {"judge": "j", "rubric": "x", "labels": "human"}


def folded(judge: Any, human: Any, **parameters: Any) -> tuple[Any, Fold]:
    metric = bind(find("llm.judge"), {**PARAMETERS, **parameters})
    table = pa.table({
        SCORE: pa.array(judge, pa.float64(), from_pandas=True),
        "human": pa.array(human, pa.float64(), from_pandas=True),
        ANSWERED: pa.array(np.ones(len(judge), dtype=np.int64)),
    })  # fmt: skip
    with DuckDBEngine() as engine:
        engine.attach("scores", Memory(table))
        schema = engine.schema("scores")
        states = engine.fold("scores", list(metric.aggregates(schema)))
    return metric, Fold(schema, states)


def measured(judge: Any, human: Any, **parameters: Any) -> Measurement | Unmeasured:
    metric, fold = folded(judge, human, **parameters)
    (found,) = metric.estimate(fold, Estimation(level=0.95))
    if isinstance(found, Unmeasured):
        return found
    widened = metric.widened(found, fold)
    assert isinstance(widened, Measurement)
    return widened


def known(n: int) -> np.ndarray:
    return np.where(np.arange(400) < n, HUMAN, np.nan)


def test_the_corrected_mean_is_that_of_prediction_powered_inference() -> None:
    found = measured(JUDGE, known(100))
    assert isinstance(found, Measurement)
    scaled = judged_mean_of(
        (HUMAN[:100] - 1) / 4, (JUDGE[:100] - 1) / 4, (JUDGE[100:] - 1) / 4, outcomes=True
    )
    ends = scaled.interval(0.95)
    assert found.value == pytest.approx(1 + 4 * scaled.value)
    assert (found.low, found.high) == pytest.approx((1 + 4 * ends.low, 1 + 4 * ends.high))
    assert found.method == "prediction-powered"
    assert found.n == 400
    # by hand: people's mean, moved by how far the judge's means are apart
    moved = scaled.power * (JUDGE[100:].mean() - JUDGE[:100].mean())
    assert found.value == pytest.approx(HUMAN[:100].mean() + moved)


def test_few_labels_or_a_blind_judge_leave_people_s_grades_alone() -> None:
    found = measured(JUDGE, known(12))
    assert isinstance(found, Measurement)
    people = HUMAN[:12]
    expected = bounded_mean(people.mean(), people.var(ddof=1), 12, 0.95, low=1, high=5)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.value == pytest.approx(people.mean())
    flat = measured(np.full(400, 3.0), known(100))
    assert isinstance(flat, Measurement)
    assert flat.value == pytest.approx(HUMAN[:100].mean())


def test_people_who_all_say_the_same_promise_no_certainty() -> None:
    found = measured(JUDGE, np.where(np.arange(400) < 5, 4.0, np.nan))
    assert isinstance(found, Measurement)
    assert found.value == 4
    assert found.low is not None
    assert found.low < 3


def test_answers_without_a_grade_widen_the_interval() -> None:
    whole = measured(JUDGE, known(100))
    lost = JUDGE.copy()
    lost[300:] = np.nan
    found = measured(lost, known(100))
    assert isinstance(whole, Measurement)
    assert isinstance(found, Measurement)
    assert found.method == "prediction-powered+worst-case"
    assert found.low is not None
    assert whole.low is not None
    assert found.low < whole.low - 0.3


def test_kappa_and_correlation_are_told() -> None:
    grades = np.clip(np.round(JUDGE), 1, 5)
    metric, fold = folded(grades, known(100))
    (table,) = metric.evidence(fold)
    assert isinstance(table, Table)
    told = {str(row[0]): row[1] for row in table.rows}
    expected = cohen_kappa_score(HUMAN[:100], grades[:100], weights="quadratic")
    assert str(told["kappa (weighted by squares)"]).startswith(f"{expected:.2f} [")
    r = np.corrcoef(HUMAN[:100], grades[:100])[0, 1]
    assert told["correlation"] == pytest.approx(r, abs=1e-4)
    assert told["mean of the judge over all of them"] == pytest.approx(grades.mean(), abs=1e-4)
    assert told["samples with a human grade and the judge's"] == 100


@pytest.mark.parametrize(
    ("human", "said"),
    [
        (np.full(400, np.nan), "no sample has both"),
        (np.where(np.arange(400) < 50, 6.0, np.nan), "50 labels in 'human' lie outside 1 to 5"),
    ],
)
def test_labels_that_say_nothing(human: Any, said: str) -> None:
    found = measured(JUDGE, human)
    assert isinstance(found, Unmeasured)
    assert said in found.reason


def test_one_grade_for_all_has_no_kappa() -> None:
    metric, fold = folded(np.full(400, 4.0), np.full(400, 4.0))
    (table,) = metric.evidence(fold)
    assert ["kappa", "not defined"] in table.rows


def test_without_labels_it_is_the_mean_on_the_scale() -> None:
    metric, fold = folded(JUDGE, known(100), labels=None)
    (found,) = metric.estimate(fold, Estimation(level=0.95))
    expected = bounded_mean(JUDGE.mean(), JUDGE.var(ddof=1), 400, 0.95, low=1, high=5)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert metric.evidence(fold) == ()
    assert metric.columns() == ()


def test_answers_whose_judgement_cannot_be_read_are_shown() -> None:
    metric = bind(find("llm.judge"), PARAMETERS)
    table = pa.table({
        SCORE: pa.array([5.0, 4.0, None, None]), REASON: pa.array(["", "", "no grade", None]),
        "human": pa.array([1.0, None, None, None]),
    })  # fmt: skip
    with DuckDBEngine() as engine:
        engine.attach("scores", Memory(table))
        schema = engine.schema("scores")
        where = metric.failing(schema)
        count = Count(where=where)
        shown = engine.fold("scores", [count])[count][()].n
    assert shown == 2  # the 4, and the reply that is none; not the 5, nor the lost answer


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"scale": [3, 3]}, "worst grade"),
        ({"scale": [1]}, "scale"),
        ({"scale": [1, 2, 3]}, "scale"),
        ({"rubric": ""}, "rubric"),
        ({"judge": []}, "must name a language model"),
        ({"judge": ["a", "b"], "panel": "majority"}, "three judges"),
        ({"given": ["answer"]}, "given"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        bind(find("llm.judge"), {**PARAMETERS, **parameters})


def graded_in_clusters(folder: Path, grades: list[int], clusters: int) -> Measurement:
    """A whole run: the judge gives these grades to the samples in turn."""
    module = f"graded_{folder.name}"
    (folder / f"{module}.py").write_text(
        f"import re\nGRADES = {grades}\n"
        "def answer(text): return f'#{text}#'\n"
        "def grade(prompt): return f\"GRADE: {GRADES[int(re.search('#q(.*?)#', prompt)[1])]}\"\n"
    )
    lines = [json.dumps({"id": f"{i}", "input": f"q{i}", "cluster": f"c{i % clusters}"})
             for i in range(len(grades))]  # fmt: skip
    (folder / "qa.jsonl").write_text("\n".join(lines))
    suite = folder / "suite.yaml"
    suite.write_text(
        f"suite: s\nsubjects:\n  bot: {{llm: 'python:{module}:answer'}}\n"
        f"  grader: {{llm: 'python:{module}:grade'}}\n"
        "  qa: {samples: qa.jsonl}\nchecks:\n"
        "  - llm.judge: {on: bot, data: qa, judge: grader, rubric: x}\n    at_least: 3\n"
    )
    (result,) = assay.run(suite, allow_code=True, home=folder / "home").results
    (found,) = result.measurements
    return found


def test_no_mean_of_grades_lies_off_the_scale_where_samples_come_in_clusters(
    tmp_path: Path,
) -> None:
    for name, grades in (("same", [4] * 60), ("best", [5] * 60), ("few", [5] * 57 + [1, 2, 1])):
        folder = tmp_path / name
        folder.mkdir()
        found = graded_in_clusters(folder, grades, 20)
        assert found.method == "cluster-jackknife"
        assert found.low is not None
        assert found.high is not None
        assert 1 < found.low < found.value <= found.high <= 5
        # as many yes-or-no answers as there are clusters, which is the least that they can tell
        assert found.high - found.low < 4 * 0.45
