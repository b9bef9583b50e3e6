"""Metrics of features against scikit-learn and the metrics they build on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.metrics.data.measuring import PROCESS, evidence, folded, measure, not_applicable, reason

from assay.core.measurement import Measurement, Unmeasured
from assay.metrics.data.association import Association
from assay.metrics.features.predictive_power import Leakage, PredictivePower
from assay.metrics.features.redundancy import Redundancy


def loans(rows: int = 380) -> pd.DataFrame:
    """A target, two useful features, noise, and two leaks: a number, and where one is missing."""
    rng = np.random.default_rng(5)
    late = rng.random(rows) < 0.4
    return pd.DataFrame(
        {
            "late": np.where(late, "yes", "no"),
            "income": rng.lognormal(10, 1, rows) * np.where(late, 0.6, 1),
            "job": np.where(rng.random(rows) < 0.3, np.where(late, "none", "full"), "part"),
            "shoe": rng.normal(42, 2, rows),
            "recovered": np.where(late, rng.lognormal(8, 3, rows), 0.0),
            "closed_on": pd.Series(rng.integers(1, 99, rows)).where(late),
        }
    )


def powers(metric, table) -> dict[str, Measurement | Unmeasured]:
    found = metric.estimate(folded(metric, table), PROCESS)
    return {f"{e.key['feature']} {e.key.get('part', '')}".strip(): e for e in found}


def test_power_of_each_kind_of_feature():
    table = loans()
    found = powers(PredictivePower(target="late"), table)
    late = table.late == "yes"
    for name in ("income", "shoe", "recovered"):
        gini = abs(2 * roc_auc_score(late, table[name]) - 1)
        assert found[name].value == pytest.approx(gini, abs=0.005)
    v = measure(Association(column="job", with_column="late"), table)
    assert found["job"].value == pytest.approx(v.value)
    assert found["shoe"].low == 0
    assert found["recovered"].low > 0.97
    assert found["closed_on missing"].low > 0.97
    assert found["closed_on"].reason == "all values of 'late' are the same"
    assert set(found) == {*table.columns[1:], "closed_on missing"}


def test_power_of_a_number_is_an_association():
    table = loans()
    found = powers(PredictivePower(target="income", columns=("shoe", "job")), table)
    for name in ("shoe", "job"):
        direct = measure(Association(column=name, with_column="income"), table)
        assert (found[name].value, found[name].low) == pytest.approx((direct.value, direct.low))


def test_whole_numbers_are_classes_if_one_says_so():
    table = loans().assign(late=lambda t: (t.late == "yes").astype(int))
    found = powers(PredictivePower(target="late", columns=("income",)), table)
    assert found["income"].method == "fisher-z"
    as_classes = PredictivePower(target="late", columns=("income",), task="classification")
    gini = abs(2 * roc_auc_score(table.late, table.income) - 1)
    assert powers(as_classes, table)["income"].value == pytest.approx(gini, abs=0.005)


def test_more_than_two_classes_take_the_best_against_the_rest():
    rng = np.random.default_rng(1)
    y = rng.choice(["a", "b", "c"], 450)
    table = pd.DataFrame({"y": [*y, "rare"], "x": [*(rng.normal(0, 1, 450) + (y == "b")), 99.0]})
    found = powers(PredictivePower(target="y"), table)["x"]
    best = abs(2 * roc_auc_score(table.y == "b", table.x) - 1)
    assert found.value == pytest.approx(best, abs=1e-6)  # a class with one row is left out
    few = pd.DataFrame({"y": ["a", "b", "c"] * 3, "x": np.arange(9.0)})
    assert "has 10 rows" in powers(PredictivePower(target="y"), few)["x"].reason


def test_leakage_names_the_feature():
    table = loans()
    found = measure(Leakage(target="late", columns=("income", "job", "shoe", "recovered")), table)
    assert found.key == {"feature": "recovered"}
    assert found.low > 0.95
    clean = measure(Leakage(target="late", columns=("income", "job", "shoe")), table)
    assert clean.high < 0.8
    hidden = measure(Leakage(target="late", ignore=("recovered",)), table)
    assert hidden.key == {"feature": "closed_on", "part": "missing"}
    (shown,) = evidence(Leakage(target="late"), table)
    assert {shown.rows[0][0], shown.rows[1][0]} == {"recovered", "closed_on (missing)"}


def test_leakage_of_noise_seldom_looks_like_power():
    """Of tables of pure noise, the interval of the greatest of eight features mostly holds 0."""
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(12):
        table = pd.DataFrame(rng.normal(0, 1, (150, 8)), columns=list("abcdefgh"))
        table["y"] = np.where(rng.random(150) < 0.3, "p", "n")
        held += measure(Leakage(target="y"), table).low == 0
    assert held >= 8  # at 95 % fewer have a probability under 1e-3


def test_redundancy_names_the_pair():
    table = loans().assign(shoe_us=lambda t: t.shoe * 0.7 - 20)
    found = measure(Redundancy(ignore=("late",)), table)
    assert found.key == {"feature": "shoe", "with": "shoe_us"}
    assert found.value == pytest.approx(1)
    (shown,) = evidence(Redundancy(ignore=("late",)), table)
    assert shown.rows[0][:3] == ["shoe", "shoe_us", 1.0]
    alone = Redundancy(columns=("income", "shoe"))
    direct = measure(Association(column="income", with_column="shoe"), table)
    assert measure(alone, table).value == pytest.approx(direct.value)


def test_tables_that_say_nothing():
    table = pd.DataFrame({"y": ["a", "a"], "x": [1.0, 2.0], "z": [3.0, 3.0]})
    assert "all values of 'y' are the same" in reason(Leakage(target="y"), table)
    assert "all values of 'y'" in powers(PredictivePower(target="y"), table)["x"].reason
    assert "no two features" in reason(Redundancy(columns=("x", "z")), table)
    assert "no column 'w'" in not_applicable(Leakage(target="w"), table)
    assert "not numbers" in not_applicable(Leakage(target="y", task="regression"), table)
    assert "no target" in not_applicable(Leakage(target="x", task="classification"), table)
    assert "0 features" in not_applicable(Leakage(target="y", ignore=("x", "z")), table)
    assert "1 features" in not_applicable(Redundancy(ignore=("x", "y")), table)
    with pytest.raises(ValueError, match="feature of itself"):
        Leakage(target="y", columns=("y",))
    with pytest.raises(ValueError, match="different columns"):
        PredictivePower(target="y", columns=())
    with pytest.raises(ValueError, match="2 to"):
        Redundancy(columns=("x",))
