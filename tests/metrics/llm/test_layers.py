"""How long a text may be, and how often the same answer comes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from scipy import stats

from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.errors import SuiteError
from assay.core.measurement import Estimation, Unmeasured
from assay.core.schema import CLUSTER, ERROR, OUTPUT, SCORE, TOOL_CALLS, UNIT
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.inference.proportions import clopper_pearson, wilson
from assay.metrics import find

HOW = Estimation(level=0.95)


def folded(name: str, table: pa.Table, **parameters: Any) -> tuple[Any, Fold]:
    metric = bind(find(name), parameters)
    with DuckDBEngine() as engine:
        engine.attach("rows", Memory(table))
        schema = engine.schema("rows")
        assert metric.applicable(schema) is None
        return metric, Fold(schema, engine.fold("rows", list(metric.aggregates(schema))))


def one(name: str, table: pa.Table, how: Estimation = HOW, **parameters: Any) -> Any:
    metric, fold = folded(name, table, **parameters)
    (found,) = metric.estimate(fold, how)
    return found if isinstance(found, Unmeasured) else metric.widened(found, fold)


def grid(**right_of_forty: int) -> pa.Table:
    """Forty samples of each length (``at_1000=38``), so many of them right."""
    cells = {int(name[3:]): right for name, right in right_of_forty.items()}
    rows = [(n, float(i < right)) for n, right in cells.items() for i in range(40)]
    return pa.table({"length": [r[0] for r in rows], SCORE: [r[1] for r in rows]})


def test_the_window_ends_where_recall_first_falls_short() -> None:
    found = one("llm.context_window", grid(at_1000=40, at_2000=39, at_4000=20, at_8000=38))
    assert found.value == 2000
    assert found.n == 160
    assert found.method == "fixed-sequence"


def test_ends_are_tested_in_sequence() -> None:
    """40 of 40 is surely above 0.9 (exactly 0.912), 37 of 40 may be less, 20 surely is."""
    exact = clopper_pearson
    assert exact(40, 40, 0.95).low > 0.9 > exact(39, 40, 0.95).low
    assert exact(20, 40, 0.95).high < 0.9 < exact(37, 40, 0.95).high
    found = one("llm.context_window", grid(at_1=40, at_2=37, at_3=40, at_4=20, at_5=10))
    assert (found.low, found.value, found.high) == (1, 3, 3)
    beyond = one("llm.context_window", grid(at_1=40, at_2=20, at_3=40))
    assert (beyond.low, beyond.value, beyond.high) == (1, 1, None)  # the longest is not refuted
    none = one("llm.context_window", grid(at_1=20, at_2=20))
    assert (none.low, none.value, none.high) == (0, 0, 0)


@pytest.mark.parametrize("n", [1, 3, 5, 15, 20, 40])
def test_a_length_of_the_wanted_recall_is_seldom_refuted(n: int) -> None:
    """Over all outcomes, by their probabilities: 2.5 % at most are held to fall short."""
    rows = {
        right: one(
            "llm.context_window",
            pa.table({"length": [1] * n, SCORE: [1.0] * right + [0.0] * (n - right)}),
        )
        for right in range(n + 1)
    }
    wrong = [right for right, found in rows.items() if found.high == 0]
    assert sum(stats.binom.pmf(right, n, 0.9) for right in wrong) <= 0.025
    sure = [right for right, found in rows.items() if found.low == 1]
    assert sum(stats.binom.pmf(right, n, 0.8999) for right in sure) <= 0.025


def test_answers_that_did_not_come_leave_the_ends_open() -> None:
    table = pa.table({"length": [1] * 60, SCORE: pa.array([1.0] * 40 + [None] * 20, pa.float64())})
    found = one("llm.context_window", table)
    assert (found.low, found.value, found.high) == (0, 1, None)


def test_a_length_that_is_no_number_and_scores_that_are_no_shares() -> None:
    metric = bind(find("llm.context_window"), {})
    with DuckDBEngine() as engine:
        engine.attach("rows", Memory(pa.table({"length": ["long"], SCORE: [1.0]})))
        assert "number" in str(metric.applicable(engine.schema("rows")))
    with pytest.raises(SuiteError, match="no shares of what is right"):
        bind(find("llm.context_window"), {"scorer": "length"})


Answers = dict[str, list[str | None]]
ANSWERS: Answers = {
    "a": ["Paris", "Paris", "Paris"],
    "b": ["Rome", "rome ", "Rome"],
    "c": ["Madrid", "Seville", "Madrid"],
    "d": ["", "", ""],
}


def answers(given: Answers, calls: list[str | None] | None = None, **more: Any) -> pa.Table:
    rows = [(unit, text) for unit, texts in given.items() for text in texts]
    columns: dict[str, Any] = {
        UNIT: [r[0] for r in rows],
        OUTPUT: pa.array([r[1] for r in rows], pa.string()),
        ERROR: pa.array(["HTTP 503" if r[1] is None else None for r in rows], pa.string()),
    }
    if calls is not None:
        columns[TOOL_CALLS] = pa.array(calls, pa.string())
    return pa.table(columns | more)


def test_samples_whose_answers_are_all_the_same() -> None:
    found = one("llm.determinism", answers(ANSWERS))
    assert (found.value, found.n) == (0.5, 4)
    assert (found.low, found.high) == pytest.approx(wilson(2, 4, 0.95)[:2])
    loosely = one("llm.determinism", answers(ANSWERS), exact=False)
    assert loosely.value == 0.75


def test_tool_calls_are_part_of_an_answer() -> None:
    calls: list[str | None] = [None] * 9 + ["[1]", "[2]", "[1]"]
    assert one("llm.determinism", answers(ANSWERS, calls)).value == 0.25


def test_an_answer_that_did_not_come_may_be_another_one() -> None:
    found = one("llm.determinism", answers({**ANSWERS, "a": ["Paris", None, "Paris"]}))
    assert (found.n, found.value) == (3, pytest.approx(1 / 3))
    assert found.method == "wilson+worst-case"
    surely = one("llm.determinism", answers({**ANSWERS, "c": ["Madrid", None, "Seville"]}))
    assert surely.n == 4


def test_clusters_count_as_one() -> None:
    given: Answers = {f"q{i}": ["x", "x" if i % 4 else "y"] for i in range(40)}
    alone = one("llm.determinism", answers(given))
    clusters = {CLUSTER: [f"c{i % 4}" for i in range(40) for _ in range(2)]}
    together = one("llm.determinism", answers(given, None, **clusters))
    assert alone.value == together.value == 0.75
    assert together.method == "cluster-jackknife"
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_without_repeats_nothing_is_known() -> None:
    found = one("llm.determinism", answers({"a": ["x"], "b": ["y"]}))
    assert isinstance(found, Unmeasured)
    assert "repeats: 5" in found.reason
    lost = one("llm.determinism", answers({"a": [None, None]}))
    assert isinstance(lost, Unmeasured)
    assert lost.fault


def test_the_samples_that_differ_most_are_shown() -> None:
    metric, fold = folded("llm.determinism", answers({**ANSWERS, "e": ["1", "2", "3"]}))
    (table,) = metric.evidence(fold)
    assert table.rows == [["e", 3, 3, 1], ["b", 3, 2, 2], ["c", 3, 2, 2]]
