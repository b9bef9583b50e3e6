"""Drift between tables whose rows come in clusters, or follow each other in time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.api.running import explain
from assay.core.check import CheckSpec, Suite, TableSpec
from assay.core.criterion import AtMost
from assay.core.source import Files, Memory

DAY0 = dt.date(2024, 1, 1)
METHODS = ["auto", "ks", "wasserstein", "total_variation", "hellinger", "jensen_shannon", "psi",
           "kl", "chi_square"]  # fmt: skip


def table(clusters: int = 40, size: int = 20, seed: int = 0, start: int = 0) -> pa.Table:
    """Rows of shops, one shop a day: half of the variance is the shop's."""
    rng = np.random.default_rng(seed)
    c = rng.permutation(np.repeat(np.arange(clusters), size))
    x = rng.normal(size=len(c)) + rng.normal(size=clusters)[c]
    days = [DAY0 + dt.timedelta(days=int(i) + start) for i in c]
    return pa.table(
        {
            "shop": pa.array([f"s{start + i}" for i in c]),
            "day": pa.array(days, pa.date32()),
            "at": pa.array(
                [
                    dt.datetime(d.year, d.month, d.day) + dt.timedelta(seconds=i)
                    for i, d in enumerate(days)
                ],
                pa.timestamp("us", "UTC"),
            ),
            "x": x,
            "colour": pa.array(np.array(["red", "green", "blue"])[np.digitize(x, [-1, 1])]),
            "half": pa.array(np.where(c < clusters / 2, "first", "second")),
        }
    )


def drifts(reference, current, *, cluster=("shop", "shop"), limit=0.1, where=None, by=(), **params):
    """Results by column (or method)."""
    suite = Suite(
        name="clusters",
        subjects={
            "reference": TableSpec(source=Memory(reference), cluster=cluster[0]),
            "current": TableSpec(source=Memory(current), cluster=cluster[1]),
        },
        checks=(
            CheckSpec(
                metric="drift", on="current", against="reference", params=params, where=where,
                by=by, criterion=AtMost(limit),
            ),
        ),
    )  # fmt: skip
    return assay.run(suite).results


def one(*args, **more):
    [found] = drifts(*args, **more)
    return found


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_an_interval_that_is_longer(method):
    a, b = table(seed=1), table(seed=2)
    found = one(a, b, column="x", method=method).measurements[0]
    rows = one(a, b, column="x", method=method, cluster=(None, None)).measurements[0]
    assert found.value == pytest.approx(rows.value, abs=1e-12)
    assert found.method == "wild-cluster-bootstrap"
    assert found.low <= found.value < rows.high < found.high


@pytest.mark.parametrize("column", ["x", "colour"])
def test_either_side_may_come_in_clusters(column):
    a, b = table(seed=1), table(seed=2)
    highs = [
        one(a, b, column=column, cluster=sides).measurements[0].high
        for sides in ((None, None), ("shop", None), (None, "shop"), ("shop", "shop"))
    ]
    assert highs[0] < min(highs[1:3]) < max(highs[1:3]) < highs[3]


def test_a_drift_that_is_large_is_found_and_the_clusters_are_told():
    a, b = table(clusters=150, seed=1), table(clusters=60, seed=2)
    moved = b.set_column(3, "x", pa.array(b["x"].to_numpy() + 3))
    found = one(a, moved, column="x")
    assert found.verdict == "fail"
    assert [e.text for e in found.evidence if e.title == "About these rows"] == [
        "The rows come in 60 clusters ('shop'), each drawn in turn for the interval.\n"
        "The reference's rows come in 150 clusters ('shop'), drawn in groups of whole clusters for "
        "the interval."
    ]


def test_the_columns_that_mark_clusters_are_not_compared():
    a = table()
    names = [r.id.rsplit("/", 1)[-1] for r in drifts(a, a, cluster=("shop", "day"))]
    assert names == ["at", "x", "colour", "half"]


@pytest.mark.parametrize("one_sided", ["reference", "current"])
def test_one_cluster_is_inconclusive_and_says_why(one_sided):
    few, many = table(clusters=1, size=300, seed=1), table(seed=2)
    sides = (few, many) if one_sided == "reference" else (many, few)
    for column in ("x", "colour"):
        found = one(*sides, column=column, limit=0.9)
        assert found.verdict == "inconclusive"
        assert (found.measurements[0].low, found.measurements[0].high) == (0, 1)
        whose = "The reference's rows" if one_sided == "reference" else "The rows"
        assert found.reason.endswith(
            f"{whose} are all of one cluster ('shop'), so nothing is known of how clusters differ."
        )


def test_few_clusters_are_said():
    found = one(table(clusters=4, size=300), table(seed=2), column="x", limit=0.5)
    assert found.verdict == "inconclusive"
    assert found.reason.endswith("The reference's rows come in 4 clusters ('shop'), which are few.")


def test_rows_without_a_cluster_are_one():
    a, b = table(seed=1), table(seed=2)
    some = [None if i % 10 == 0 else v for i, v in enumerate(b["shop"].to_pylist())]
    found = one(a, b.set_column(0, "shop", pa.array(some)), column="x")
    assert "80 rows without a 'shop' count as one cluster." in found.evidence[0].text
    none = one(a, b.set_column(0, "shop", pa.nulls(b.num_rows, pa.string())), column="x", limit=0.9)
    assert none.verdict == "inconclusive"
    assert "The rows are all of one cluster" in none.reason


def test_a_missing_column_and_one_without_values():
    a, b = table(seed=1), table(seed=2)
    empty = b.set_column(3, "x", pa.nulls(b.num_rows, pa.float64()))
    for method in ("ks", "wasserstein", "psi"):
        found = one(a, empty, column="x", method=method).measurements[0]
        assert found.low <= found.value
        assert found.value > 0.99


def test_slices_have_clusters_of_their_own():
    a, b = table(seed=1), table(seed=2)
    found = one(a, b, column="x", by=(("half",),), limit=0.9).measurements
    assert [m.key for m in found] == [{"half": "first"}, {"half": "second"}]
    plain = one(a, b, column="x", limit=0.9).measurements[0]
    assert all(m.high - m.value > plain.high - plain.value for m in found)
    filtered = one(a, b, column="x", where="half = 'first'", limit=0.9).measurements[0]
    assert (filtered.value, filtered.n) == (found[0].value, found[0].n)


def test_dates_are_drawn_in_blocks():
    a, b = table(clusters=365, size=4, seed=1), table(clusters=100, size=4, seed=2, start=365)
    found = one(a, b, column="x", cluster=("day", "day"))
    assert found.evidence[0].text.splitlines() == [
        "The rows come in 100 clusters ('day'), drawn in blocks of 14 days for the interval.",
        "The reference's rows come in 365 clusters ('day'), drawn in blocks of 21 days for the "
        "interval.",
        "A block holds what follows each other in time, and so resembles each other.",
    ]


@pytest.mark.parametrize("cluster", ["day", "at"])
def test_neighbours_that_resemble_each_other_make_intervals_longer(cluster):
    """Days and instants alike: a timestamp, each row with its own, is cut into blocks of days."""
    rng = np.random.default_rng(4)
    slow = np.repeat(rng.normal(size=(2, 26)), 14, axis=1)  # fortnights
    sides = []
    for side, seed in ((0, 1), (1, 2)):
        rows = table(clusters=364, size=5, seed=seed)
        days = np.array([(d - DAY0).days for d in rows["day"].to_pylist()])
        sides.append(rows.set_column(3, "x", pa.array(rows["x"].to_numpy() + 2 * slow[side][days])))
    days = one(*sides, column="x", cluster=(cluster, cluster), limit=0.9).measurements[0]
    shops = one(*sides, column="x", cluster=("shop", "shop"), limit=0.9).measurements[0]
    assert days.high - days.value > 2 * (shops.high - shops.value)


def test_a_time_column_that_runs_backwards_is_the_same():
    a, b = table(clusters=100, seed=1), table(clusters=100, seed=2)
    order = pa.array(np.argsort(-np.array(b["at"].to_numpy(), dtype="int64")))
    forth = one(a, b, column="x", cluster=("at", "at")).measurements
    assert one(a, b.take(order), column="x", cluster=("at", "at")).measurements == forth


def test_a_date_far_from_all_others_does_not_spoil_the_blocks():
    b = table(clusters=100, seed=2)
    days = b["day"].to_pylist()
    days[0] = dt.date(1, 1, 1)
    found = one(table(clusters=100, seed=1), b.set_column(1, "day", pa.array(days)), column="x",
                cluster=("day", "day"))  # fmt: skip
    assert "101 clusters ('day'), drawn in blocks of 14 days" in found.evidence[0].text


def test_few_dates_are_clusters_each():
    a, b = table(clusters=8, size=50, seed=1), table(clusters=8, size=50, seed=2)
    found = one(a, b, column="x", cluster=("day", "day"))
    assert "8 clusters ('day'), each drawn in turn" in found.evidence[0].text


def test_a_mean_leaves_out_blocks_of_dates():
    suite = Suite(
        name="mean",
        subjects={"t": TableSpec(source=Memory(table(clusters=365)), cluster="day")},
        checks=(CheckSpec(metric="mean", on="t", params={"column": "x"}, claim="process",
                          criterion=AtMost(9)),),
    )  # fmt: skip
    found = assay.run(suite).results[0]
    assert found.measurements[0].method == "cluster-jackknife"
    assert "365 clusters ('day'), left out in blocks of 21 days" in found.evidence[0].text


def test_a_plan_names_what_is_counted_first():
    suite = Suite(
        name="plan",
        subjects={
            "reference": TableSpec(source=Memory(table(seed=1)), cluster="day"),
            "current": TableSpec(source=Memory(table(seed=2)), cluster="shop"),
        },
        checks=(CheckSpec(metric="drift", on="current", against="reference",
                          params={"column": "x"}),),
    )  # fmt: skip
    plan = explain(suite)
    counted = {t.table: [s for s in t.scans if s.reason.startswith("first")] for t in plan.tables}
    assert {name: sum(s.aggregates for s in scans) for name, scans in counted.items()} == {
        "reference": 4,  # rows, dates, days, and how far they reach
        "current": 2,
    }


def test_files_that_grow(tmp_path):
    """States of groups are kept, and merged: of more days only the new ones are read."""
    for name, seed in (("reference", 1), ("current", 2)):
        folder = tmp_path / name
        folder.mkdir()
        rows = table(clusters=100, size=50, seed=seed)
        for part in range(4):
            chosen = [
                25 * part <= (d - DAY0).days < 25 * part + 25 for d in rows["day"].to_pylist()
            ]
            pq.write_table(rows.filter(pa.array(chosen)), folder / f"{part}.parquet")

    def run(incremental: bool):
        tables = {
            name: TableSpec(
                source=Files((str(tmp_path / name),), "parquet"), cluster="day",
                incremental=incremental,
            )
            for name in ("reference", "current")
        }  # fmt: skip
        checks = (
            CheckSpec(metric="drift", on="current", against="reference",
                      params={"columns": ["x", "colour"]}, criterion=AtMost(0.9)),
        )  # fmt: skip
        suite = Suite(name="growing", subjects=tables, checks=checks)
        return assay.run(suite, home=tmp_path / "history").results

    for kept, plain in zip(run(True), run(False), strict=True):
        assert (kept.measurements[0].low, kept.measurements[0].high) == pytest.approx(
            (plain.measurements[0].low, plain.measurements[0].high), abs=0.02
        )


def texts(authors: int, seed: int) -> pa.Table:
    """Twenty texts of each author, who has a word and a length of his own in all of them."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(authors):
        own, length = f"w{rng.integers(2)}", rng.integers(2, 9)
        for _ in range(20):
            rest = " ".join(rng.choice(["a", "of", "the", "in", "to"], length))
            rows.append({"author": f"a{seed}-{i}", "text": f"{own} {rest}"})
    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize("aspect", ["length", "words", "vocabulary"])
def test_texts_of_authors(aspect):
    suite = Suite(
        name="texts",
        subjects={
            "reference": TableSpec(source=Memory(texts(30, 2)), cluster="author"),
            "current": TableSpec(source=Memory(texts(30, 3)), cluster="author"),
            "rows": TableSpec(source=Memory(texts(30, 2))),
            "loose": TableSpec(source=Memory(texts(30, 3))),
        },
        checks=tuple(
            CheckSpec(
                metric="drift.text", on=on, against=against,
                params={"column": "text", "aspect": aspect}, criterion=AtMost(0.1),
            )
            for on, against in (("current", "reference"), ("loose", "rows"))
        ),
    )  # fmt: skip
    authors, rows = (result.measurements[0] for result in assay.run(suite).results)
    assert authors.value == pytest.approx(rows.value, abs=1e-9)
    assert authors.method == "wild-cluster-bootstrap"
    assert authors.low == 0 < rows.low  # authors differ, and of 600 texts each looks like drift
    assert authors.high > rows.high
