"""Gaps between groups over the same templates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.collection import Scores
from assay.core.errors import SuiteError
from assay.core.evidence import Table
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.schema import ANSWERED, CLUSTER, SCORE, UNIT
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.metrics import find

Rows = list[tuple[str, str, float | None]]
RNG = np.random.default_rng(5)


def folded(rows: Rows, clusters: list[str] | None = None, **parameters: Any) -> tuple[Any, Fold]:
    """Template, group and score of each sample."""
    metric = bind(find("llm.template_gap"), {"scorer": "refusal", **parameters})
    template, group, score = zip(*rows, strict=True)
    columns = {
        UNIT: pa.array([str(i) for i in range(len(rows))]),
        "template": pa.array(template, pa.string()),
        "group": pa.array(group, pa.string()),
        SCORE: pa.array(score, pa.float64()),
        ANSWERED: pa.array([int(s is not None) for s in score]),
    }
    if clusters is not None:
        columns[CLUSTER] = pa.array(clusters)
    with DuckDBEngine() as engine:
        engine.attach("scores", Memory(pa.table(columns)))
        schema = engine.schema("scores")
        return metric, Fold(schema, engine.fold("scores", list(metric.aggregates(schema))))


def estimated(rows: Rows, *, census: bool = False, **more: Any) -> Measurement | Unmeasured:
    metric, fold = folded(rows, **more)
    (found,) = metric.estimate(fold, Estimation(census=census))
    return found if isinstance(found, Unmeasured) else metric.widened(found, fold)


def measured(rows: Rows, **more: Any) -> Measurement:
    found = estimated(rows, **more)
    assert isinstance(found, Measurement)
    return found


def drawn(templates: int, **rates: float) -> Rows:
    """Scores of 0 or 1; templates differ in how often anybody is refused."""
    hard = RNG.random(templates)
    return [
        (f"t{t}", group, float(hard[t] < rate))
        for t in range(templates)
        for group, rate in rates.items()
    ]


def test_the_greatest_difference_of_means_over_the_same_templates() -> None:
    rows = [("a", "x", 1.0), ("a", "y", 0.0), ("a", "z", 0.0),
            ("b", "x", 1.0), ("b", "y", 1.0), ("b", "z", 0.0)]  # fmt: skip
    found = measured(rows, census=True)
    assert (found.value, found.low, found.high, found.n) == (1.0, 1.0, 1.0, 2)


def test_with_two_groups_of_a_score_without_bounds_it_is_the_paired_t_interval() -> None:
    """What templates have in common cancels: unpaired it would be ten times as wide."""
    x, d = RNG.normal(50, 20, 40), RNG.normal(3, 2, 40)
    rows = [(f"t{i}", g, float(v)) for i in range(40)
            for g, v in (("x", x[i] + d[i]), ("y", x[i]))]  # fmt: skip
    found = measured(rows, scorer="length")
    ends = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    assert found.value == pytest.approx(d.mean())
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_lengths_that_differ_by_the_same_everywhere_are_not_certain() -> None:
    found = measured([(f"t{i}", g, n) for i in range(5) for g, n in (("x", 9.0), ("y", 7.0))],
                     scorer="length")  # fmt: skip
    assert found.value == 2
    assert found.low is not None
    assert found.high is not None
    assert found.low < 2 < found.high < 9


def test_more_groups_widen_what_holds_for_all_pairs() -> None:
    rows = drawn(60, a=0.5, b=0.2)
    two = measured(rows)
    more = measured([*rows, *[(t, "c", s) for t, g, s in rows if g == "b"]])
    assert more.value == two.value
    assert two.low is not None
    assert more.low is not None
    assert 0 < more.low < two.low


def test_no_gap_is_not_certain_of_few_templates() -> None:
    found = measured([(f"t{i}", g, 0.0) for i in range(10) for g in "xyz"])
    assert found.value == found.low == 0
    assert found.high is not None
    assert 0.2 < found.high < 0.6


def test_one_template_decides_nothing() -> None:
    found = measured([("t", "x", 0.0), ("t", "y", 1.0)])
    assert (found.value, found.low, found.high) == (1, 0, 1)


def test_several_samples_of_a_group_are_averaged_within_their_template() -> None:
    rows = [("a", "x", 1.0), ("a", "x", 0.0), ("a", "y", 0.0), ("b", "x", 1.0), ("b", "y", 0.0)]
    assert measured(rows, census=True).value == 0.75


def test_templates_of_one_cluster_tell_less() -> None:
    rows = drawn(10, x=0.6, y=0.2)
    copies = [(f"{t}-{i}", g, s) for i in range(6) for t, g, s in rows]
    clusters = [t for i in range(6) for t, _, _ in rows]
    alone, together = measured(copies), measured(copies, clusters=clusters)
    assert alone.value == together.value
    assert alone.low is not None
    assert alone.high is not None
    assert together.low is not None
    assert together.high is not None
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_missing_answers_widen_the_interval_and_move_no_mean() -> None:
    rows = drawn(60, x=0.5, y=0.3)
    lost = [(t, g, None if t in ("t1", "t2") and g == "x" else s) for t, g, s in rows]
    without = [row for row in rows if row[0] not in ("t1", "t2")]
    found, known = measured(lost), measured(without)
    assert found.value == known.value
    assert found.n == known.n == 58
    assert found.method == "paired-gap+worst-case"
    assert found.low is not None
    assert known.low is not None
    assert found.low < known.low


def test_missing_answers_may_be_those_that_close_the_gap() -> None:
    """Of ten templates six refuse x alone; the other four may refuse y alone: 6 - 4 in ten."""
    rows: Rows = []
    for t in range(10):
        lost = t >= 6
        rows += [(f"t{t}", "x", None if lost else 1.0), (f"t{t}", "y", None if lost else 0.0)]
    found = measured(rows, census=True)
    assert (found.value, found.n) == (1.0, 6)
    assert (found.low, found.high) == pytest.approx((0.2, 1.0))
    more = [(t, g, None if t in ("t3", "t4", "t5") else s) for t, g, s in rows]
    assert measured(more, census=True).low == 0  # no gap is negative


@pytest.mark.parametrize(
    ("rows", "said", "fault"),
    [
        ([("a", "x", 1.0), ("b", "x", 0.0)], "one group only ('x')", False),
        (
            [("a", "x", 1.0), ("b", "y", 0.0)],
            "no template has every group: 'x' is in 1 of 2",
            False,
        ),
        ([("a", "x", 1.0), ("a", "y", None)], "has a score for every group", True),
        ([(None, "x", 1.0)], "names a template and a group", False),
    ],
)
def test_groups_that_lack_pairs(rows: Any, said: str, fault: bool) -> None:
    found = estimated(rows)
    assert isinstance(found, Unmeasured)
    assert said in found.reason
    assert found.fault is fault


def test_the_evidence_names_the_groups_and_all_pairs() -> None:
    rows = drawn(80, x=0.7, y=0.3, z=0.3)
    metric, fold = folded(rows)
    groups, pairs = metric.evidence(fold)
    assert isinstance(groups, Table)
    assert isinstance(pairs, Table)
    assert groups.rows[0][0] == "x"
    assert len(pairs.rows) == 3
    first, other, difference, low, high, _ = pairs.rows[0]
    assert (first, other) in {("x", "y"), ("x", "z")}
    assert low < difference < high
    assert pairs.rows[-1][:3] == ["y", "z", 0.0]
    (found,) = metric.estimate(fold, Estimation(level=0.95))
    assert found.value == pytest.approx(difference)
    assert found.low == pytest.approx(low)
    assert found.high < high


def test_it_is_scored_as_the_scorer_s_own_check_is() -> None:
    metric = bind(find("llm.template_gap"), {"scorer": "includes", "settings": {"words": False}})
    assert metric.collection() == bind(find("llm.includes"), {"words": False}).collection()
    assert isinstance(metric.collection(), Scores)
    assert metric.columns() == ("template", "group")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"scorer": "refusall"}, "Did you mean 'refusal'"),
        ({"scorer": "refusal", "settings": {"x": 1}}, "x is not a parameter"),
        ({"scorer": "refusal", "group": "template"}, "the same column"),
        ({}, "scorer"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        bind(find("llm.template_gap"), parameters)
