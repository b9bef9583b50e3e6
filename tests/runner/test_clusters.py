"""Rows in clusters: what is folded, what intervals follow, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import statsmodels.api as sm
from scipy import stats

import assay
from assay.core.check import CheckSpec, ModelSpec, Suite, TableSpec
from assay.core.criterion import AtLeast, AtMost, Between
from assay.core.source import Files, Memory
from assay.engines.duckdb import DuckDBEngine

WIDE = Between(-1e9, 1e9)


def table(clusters: int = 40, size: int = 25, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    c = np.repeat(np.arange(clusters), size)
    n = len(c)
    x = rng.normal(size=n) + rng.normal(size=clusters)[c]
    order = rng.permutation(n)
    return pa.table(
        {
            "id": np.arange(n),
            "customer": pa.array([f"c{i}" for i in c[order]]),
            "x": x[order],
            "y": np.where(rng.random(n) < 1 / (1 + np.exp(-x)), "yes", "no")[order],
            "g": rng.choice(["a", "b"], n),
        }
    )


def measured(rows, *checks: CheckSpec, cluster: str | None = "customer", engine=None):
    suite = Suite(
        name="clusters",
        checks=checks,
        subjects={"t": TableSpec(source=Memory(rows), cluster=cluster)},
    )
    return assay.run(suite, engine=engine).results


def mean(**more) -> CheckSpec:
    return CheckSpec(
        metric="mean", on="t", params={"column": "x"}, claim="process", criterion=WIDE, **more
    )


def test_a_mean_has_the_sandwich_interval():
    rows = table()
    found = measured(rows, mean())[0].measurements[0]
    x, groups = rows["x"].to_numpy(), rows["customer"].to_numpy(zero_copy_only=False)
    groups = np.unique(groups, return_inverse=True)[1]
    fit = sm.OLS(x, np.ones(len(x))).fit(cov_type="cluster", cov_kwds={"groups": groups})
    half = stats.t.ppf(0.975, 39) * fit.bse[0]
    assert found.method == "cluster-jackknife"
    assert found.value == pytest.approx(x.mean())
    assert (found.low, found.high) == pytest.approx((x.mean() - half, x.mean() + half))
    alone = measured(rows, mean(), cluster=None)[0].measurements[0]
    assert found.high - found.low > 3 * (alone.high - alone.low)


def test_slices_and_filters():
    rows = table()
    by = measured(rows, mean(by=(("g",),), where="x > -1"))[0].measurements
    plain = measured(rows, mean(by=(("g",),), where="x > -1"), cluster=None)[0].measurements
    assert [(m.key, m.n) for m in by] == [(m.key, m.n) for m in plain]
    assert [m.value for m in by] == pytest.approx([m.value for m in plain])
    assert {m.method for m in by} == {"cluster-jackknife"}


def test_many_clusters_are_left_out_in_groups():
    rows = table(clusters=600, size=5)
    found = measured(rows, mean())[0]
    m = found.measurements[0]
    x = rows["x"].to_numpy()
    groups = np.unique(rows["customer"].to_numpy(zero_copy_only=False), return_inverse=True)[1]
    fit = sm.OLS(x, np.ones(len(x))).fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert (m.high - m.low) / 2 == pytest.approx(2.01 * fit.bse[0], rel=0.3)  # some 50 groups
    assert "600 clusters" in found.evidence[0].text


def test_clusters_of_one_row_are_rows():
    rows = table(clusters=80, size=1)
    robust, alone = (measured(rows, mean(), cluster=c)[0].measurements[0] for c in ("id", None))
    assert (robust.low, robust.high) == pytest.approx((alone.low, alone.high), rel=1e-3)


def test_one_cluster_is_inconclusive_and_says_why():
    rows = table(clusters=1, size=50)
    found = measured(rows, mean())[0]
    assert found.verdict == "inconclusive"
    assert (found.measurements[0].low, found.measurements[0].high) == (None, None)
    assert found.reason.endswith(
        "All rows are of one cluster ('customer'), so nothing is known of how clusters differ."
    )


def test_a_slice_of_one_cluster():
    rows = table().append_column("h", pa.array(["p"] * 50 + ["q"] * 950))
    rows = rows.set_column(
        1, "customer", pa.array(["c0"] * 50 + [f"c{i % 30}" for i in range(950)])
    )
    found = measured(rows, mean(by=(("h",),)))[0]
    assert found.verdict == "inconclusive"
    assert "All rows of h=p are of one cluster ('customer')." in found.reason
    assert [m.low is None for m in found.measurements] == [True, False]


def test_rows_without_a_cluster_are_one():
    rows = table()
    some = [None if i % 10 == 0 else v for i, v in enumerate(rows["customer"].to_pylist())]
    found = measured(rows.set_column(1, "customer", pa.array(some)), mean())[0]
    assert "100 rows without a 'customer' count as one cluster." in found.evidence[0].text
    assert found.verdict == "pass"


def test_what_no_interval_is_known_for_is_refused():
    quantile = CheckSpec(
        metric="quantile", on="t", params={"column": "x", "q": 0.5}, claim="process",
        criterion=WIDE,
    )  # fmt: skip
    found = measured(table(), quantile, mean())
    assert [r.verdict for r in found] == ["error", "pass"]
    assert "come in clusters ('customer')" in found[0].reason
    assert "`claim: batch`" in found[0].reason


def test_a_statement_about_these_rows_needs_no_clusters():
    share = CheckSpec(metric="completeness", on="t", params={"column": "x"}, criterion=AtLeast(1))
    found = measured(table(), share)[0]
    assert found.measurements[0].method == "census"
    assert found.evidence == []


def test_no_row_is_not_applicable():
    found = measured(table()[:0], mean())[0]
    assert found.verdict == "not_applicable"
    none_left = measured(table(), mean(where="x > 1e6"))[0]
    assert none_left.verdict == "not_applicable"


def test_a_cluster_column_that_is_not_there():
    found = measured(table(), mean(), cluster="custmer")[0]
    assert found.verdict == "error"
    assert "no column 'custmer', its `cluster`. Did you mean 'customer'?" in found.reason


def test_one_scan_beside_the_count():
    class Counting(DuckDBEngine):
        folds = 0

        def fold(self, *args, **more):
            Counting.folds += 1
            return super().fold(*args, **more)

    with Counting() as engine:
        std = CheckSpec(
            metric="std", on="t", params={"column": "x"}, claim="process", criterion=WIDE
        )
        measured(table(), mean(), mean(by=(("g",),), id="by"), std, engine=engine)
    assert Counting.folds == 2


def test_files_that_grow(tmp_path):
    rows = table()
    (tmp_path / "days").mkdir()
    for i in range(4):
        pq.write_table(rows[i * 250 : (i + 1) * 250], tmp_path / "days" / f"{i}.parquet")
    paths = tuple(str(p) for p in sorted((tmp_path / "days").iterdir()))
    spec = TableSpec(source=Files(paths, "parquet"), cluster="customer", incremental=True)
    suite = Suite(name="grow", checks=(mean(),), subjects={"t": spec})
    whole = measured(rows, mean())[0].measurements[0]
    for _ in range(2):  # folded, then kept
        m = assay.run(suite, home=tmp_path / "home").results[0].measurements[0]
        assert (m.value, m.low, m.high) == pytest.approx((whole.value, whole.low, whole.high))


class Scores:
    """Scores by x; the data have no other number that it may see."""

    classes_ = np.array(["no", "yes"])
    feature_names_in_ = np.array(["x"])

    def predict_proba(self, frame):
        p = 1 / (1 + np.exp(-np.asarray(frame["x"], dtype=float)))
        return np.column_stack([1 - p, p])

    def predict(self, frame):
        return self.classes_[(self.predict_proba(frame)[:, 1] > 0.5).astype(int)]


def modelled(rows, *checks, cluster="customer", model=None):
    spec = model or ModelSpec(kind="object", instance=Scores(), target="y", positive="yes")
    suite = Suite(
        name="m", checks=checks,
        subjects={"t": TableSpec(source=Memory(rows), unit="id", cluster=cluster), "m": spec},
    )  # fmt: skip
    return assay.run(suite).results


def test_a_models_shares_respect_clusters():
    rng = np.random.default_rng(3)
    rows = table(clusters=30, size=40)
    # whole customers are right or wrong together
    flip = {f"c{i}": rng.random() < 0.2 for i in range(30)}
    x = rows["x"].to_numpy()
    right = np.where(x > 0, "yes", "no")
    wrong = np.where(x > 0, "no", "yes")
    y = [
        w if flip[c] else r
        for c, r, w in zip(rows["customer"].to_pylist(), right, wrong, strict=True)
    ]
    rows = rows.set_column(3, "y", pa.array(y))
    accuracy = CheckSpec(
        metric="classification.accuracy", on="m", data="t", criterion=AtLeast(0.01)
    )
    area = CheckSpec(metric="classification.roc_auc", on="m", data="t", criterion=AtLeast(0.01))
    (share, auc), (alone, _) = (
        [r.measurements[0] for r in modelled(rows, accuracy, area, cluster=c)]
        for c in ("customer", None)
    )
    errors = np.array([flip[c] for c in sorted(flip)])
    se = math.sqrt(errors.var(ddof=1) / 30)
    assert share.method == auc.method == "cluster-jackknife"
    assert (share.high - share.low) / 2 == pytest.approx(stats.t.ppf(0.975, 29) * se, rel=0.15)
    assert share.high - share.low > 4 * (alone.high - alone.low)
    assert 0 < auc.low < auc.value < auc.high < 1


def test_each_class_and_slice_of_a_model():
    rows = table()
    per_class = CheckSpec(
        metric="classification.recall", on="m", data="t", criterion=AtLeast(0.01), by=(("g",),)
    )
    found = modelled(rows, per_class)[0]
    assert [m.key for m in found.measurements] == [{"g": "a"}, {"g": "b"}]
    assert {m.method for m in found.measurements} == {"cluster-jackknife"}


def test_a_greatest_difference_is_refused():
    fair = CheckSpec(
        metric="fairness.demographic_parity_difference", on="m", data="t",
        params={"sensitive": ["g"]}, criterion=AtMost(0.9),
    )  # fmt: skip
    found = modelled(table(), fair)[0]
    assert found.verdict == "error"
    assert "clusters" in found.reason


def test_the_cluster_is_no_feature():
    seen: list[list[str]] = []

    def answer(frame):
        seen.append(list(frame.columns))
        return ["yes" if v > 0 else "no" for v in frame["x"]]

    accuracy = CheckSpec(
        metric="classification.accuracy", on="m", data="t", criterion=AtLeast(0.01)
    )
    spec = ModelSpec(kind="object", instance=answer, target="y", positive="yes")
    modelled(table(), accuracy, model=spec)
    assert seen[0] == ["x", "g"]
