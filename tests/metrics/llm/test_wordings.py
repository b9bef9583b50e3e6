"""Variants against their originals: drops, flips and spreads, whatever became of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.errors import SuiteError
from assay.core.evidence import Table
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.schema import CLUSTER, SCORE
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.inference.proportions import wilson
from assay.metrics import find

Rows = list[tuple[str, str, float | None]]
# of five samples: two lose by typos, one wins, two stay; capitals change nothing
BEFORE = {"a": 1.0, "b": 1.0, "c": 0.0, "d": 1.0, "e": 0.0}
TYPOS = {"a": 0.0, "b": 0.0, "c": 1.0, "d": 1.0, "e": 0.0}


def rows(**variants: Mapping[str, float | None]) -> Rows:
    found: Rows = [(unit, "original", score) for unit, score in BEFORE.items()]
    return found + [(u, name, s) for name, scores in variants.items() for u, s in scores.items()]


def folded(name: str, given: Rows, clusters: Any = None, **parameters: Any) -> tuple[Any, Fold]:
    metric = bind(find(name), {"scorer": "includes", **parameters})
    columns = {
        "original": pa.array([r[0] for r in given], pa.string()),
        "variant": pa.array([r[1] for r in given], pa.string()),
        SCORE: pa.array([r[2] for r in given], pa.float64()),
    }
    if clusters is not None:
        columns[CLUSTER] = pa.array([clusters[r[0]] for r in given])
    with DuckDBEngine() as engine:
        engine.attach("scores", Memory(pa.table(columns)))
        schema = engine.schema("scores")
        return metric, Fold(schema, engine.fold("scores", list(metric.aggregates(schema))))


def estimates(name: str, given: Rows, *, census: bool = False, **more: Any) -> dict[str, Any]:
    metric, fold = folded(name, given, **more)
    found = metric.estimate(fold, Estimation(level=0.95, census=census))
    return {
        e.key.get("variant", ""): e if isinstance(e, Unmeasured) else metric.widened(e, fold)
        for e in found
    }


def test_the_drop_of_each_variant() -> None:
    found = estimates("llm.sensitivity", rows(typos=TYPOS, case=BEFORE))
    assert set(found) == {"typos", "case"}
    assert found["typos"].value == pytest.approx(0.6 - 0.4)
    assert (found["typos"].n, found["typos"].method) == (5, "paired-jackknife")
    assert found["case"].value == 0
    assert found["case"].low < 0 < found["case"].high


def test_the_interval_is_that_of_the_pairs_with_four_unpaired_units_more() -> None:
    rng = np.random.default_rng(1)
    before = (rng.random(80) < 0.7).astype(float)
    after = np.where(rng.random(80) < 0.2, 0.0, before)
    given = [(f"q{i:02}", "original", s) for i, s in enumerate(before)]
    given += [(f"q{i:02}", "typos", s) for i, s in enumerate(after)]
    found = estimates("llm.sensitivity", given)["typos"]
    variance = (before - after).var(ddof=1) / 80
    variance += 4 / 80 * (before.var(ddof=1) + after.var(ddof=1)) / 80
    half = 1.9904502102  # Student's t with 79 degrees of freedom, 0.975
    assert found.high == pytest.approx(found.value + half * variance**0.5, rel=1e-6)


def test_copies_are_averaged_first() -> None:
    found = estimates("llm.sensitivity", [*rows(typos=TYPOS), *rows(typos=BEFORE)[5:]])
    assert found["typos"].value == pytest.approx(0.1)
    assert found["typos"].n == 5


def test_of_scores_that_are_better_when_small_more_is_worse() -> None:
    found = estimates("llm.sensitivity", rows(typos=TYPOS), scorer="empty")["typos"]
    assert found.value == pytest.approx(-0.2)


def test_clusters_count_as_one() -> None:
    many: Rows = []
    for i in range(40):
        many += [(f"q{i}", "original", 1.0), (f"q{i}", "typos", float(i % 4 > 1))]
    alone = estimates("llm.sensitivity", many)["typos"]
    clusters = {f"q{i}": f"c{i % 4}" for i in range(40)}
    together = estimates("llm.sensitivity", many, clusters=clusters)["typos"]
    assert alone.value == together.value == 0.5
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_one_cluster_says_nothing_of_others() -> None:
    found = estimates("llm.sensitivity", rows(typos=TYPOS), clusters=dict.fromkeys(BEFORE, "x"))
    assert (found["typos"].low, found["typos"].high) == (-1, 1)
    flips = estimates("llm.flip_rate", rows(typos=TYPOS), clusters=dict.fromkeys(BEFORE, "x"))
    assert (flips[""].low, flips[""].high) == (0, 1)


def test_flips_count_both_ways_and_in_any_variant() -> None:
    found = estimates("llm.flip_rate", rows(typos=TYPOS, case=BEFORE))[""]
    assert found.value == pytest.approx(0.6)
    assert (found.low, found.high) == pytest.approx(wilson(3, 5, 0.95)[:2])
    graded = rows(typos={**BEFORE, "a": 0.7})
    assert estimates("llm.flip_rate", graded, scorer="token_f1")[""].value == 0
    assert estimates("llm.flip_rate", graded, scorer="token_f1", change=0.3)[""].value == 0.2


def test_the_spread_is_between_the_best_and_the_worst_wording() -> None:
    better = {**BEFORE, "c": 1.0, "e": 1.0}
    found = estimates("llm.wording_spread", rows(typos=TYPOS, case=better))[""]
    assert found.value == pytest.approx(1.0 - 0.4)
    assert found.low >= 0
    assert found.method == "paired-spread"
    same = estimates("llm.wording_spread", rows(typos=BEFORE))[""]
    assert (same.value, same.low) == (0, 0)


def test_answers_that_did_not_come_widen_and_are_no_drop() -> None:
    lost: dict[str, float | None] = {**TYPOS, "a": None}
    for name, least, most in (
        ("llm.sensitivity", -1.0, 1.0), ("llm.flip_rate", 0.0, 1.0),
        ("llm.wording_spread", 0.0, 1.0),
    ):  # fmt: skip
        key = "typos" if name == "llm.sensitivity" else ""
        known = {u: s for u, s in lost.items() if s is not None}
        some: Rows = [(u, "original", BEFORE[u]) for u in known]
        some += [(u, "typos", s) for u, s in known.items()]
        without = estimates(name, some)[key]
        found = estimates(name, rows(typos=lost))[key]
        assert found.value == without.value
        assert found.n == 4
        assert found.method.endswith("+worst-case")
        assert least <= found.low <= without.low
        assert without.high <= found.high <= most
        exact = estimates(name, rows(typos=lost), census=True)[key]
        assert exact.low < exact.value or exact.high > exact.value


def test_wordings_that_are_not_known_may_close_the_spread() -> None:
    """Six of ten samples are right as they are alone; the other four may be in typos alone."""
    given: Rows = []
    for i in range(10):
        lost = i >= 6
        given += [(f"q{i}", "original", None if lost else 1.0), (f"q{i}", "typos", 0.0)]
    found = estimates("llm.wording_spread", given, census=True)[""]
    assert (found.value, found.n) == (1.0, 6)
    assert (found.low, found.high) == pytest.approx((0.2, 1.0))


def test_a_flip_that_is_known_stays_one_where_another_answer_is_lost() -> None:
    found = estimates("llm.flip_rate", rows(typos=TYPOS, case=dict.fromkeys(BEFORE)))[""]
    assert found.n == 3


@pytest.mark.parametrize("name", ["llm.sensitivity", "llm.flip_rate", "llm.wording_spread"])
def test_nothing_to_compare_is_said(name: str) -> None:
    (none,) = estimates(name, rows()).values()
    assert isinstance(none, Unmeasured)
    assert "variants: [...]" in none.reason
    (alone,) = estimates(name, [(u, "typos", s) for u, s in TYPOS.items()]).values()
    assert isinstance(alone, Unmeasured)
    assert not alone.fault
    (lost,) = estimates(name, rows(typos=dict.fromkeys(BEFORE))).values()
    assert isinstance(lost, Unmeasured)
    assert lost.fault


def test_the_table_beside_it_shows_both_directions() -> None:
    metric, fold = folded("llm.sensitivity", rows(typos=TYPOS))
    (table,) = metric.evidence(fold)
    assert isinstance(table, Table)
    assert table.rows == [["original", 5, 0.6, None, None], ["typos", 5, 0.4, 2, 1]]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"scorer": "includez"}, "Did you mean 'includes'"),
        ({"scorer": "length"}, "neither more nor less is better"),
        ({"scorer": "includes", "settings": {"word": 1}}, "is not a parameter"),
        ({"scorer": "matches"}, "needs the parameter 'pattern'"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        bind(find("llm.sensitivity"), parameters)


def test_scores_are_shared_with_the_scorer_s_own_check() -> None:
    own = bind(find("llm.includes"), {"words": False}).collection()
    varied = bind(find("llm.sensitivity"), {"scorer": "includes", "settings": {"words": False}})
    assert varied.collection() == own
    assert isinstance(estimates("llm.sensitivity", rows(typos=TYPOS))["typos"], Measurement)
