"""Columns of too many values to count, and tables of any size: against pandas, NumPy and SciPy."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import assay
from assay.core.expr import Column, call
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.engines.duckdb.dialect import DuckDBDialect
from assay.engines.sql.dialect import Dialect
from assay.profiling import drawing, measured
from assay.profiling.bins import bins_for
from assay.profiling.sizes import estimate
from assay.states import Distinct, DistinctState, Extremes, Quantiles

if TYPE_CHECKING:
    from pathlib import Path

    from assay.core.profile import ColumnProfile, Spread, TableProfile

N = 60_000


def _column(profile: TableProfile, name: str) -> ColumnProfile:
    found = profile.find(name)
    assert found is not None
    return found


def _spread(profile: TableProfile, name: str) -> Spread:
    spread = _column(profile, name).spread
    assert spread is not None
    return spread


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Columns of which each row, or nearly each, has its own value."""
    rng = np.random.default_rng(8)
    number = rng.lognormal(0, 1, N)
    number[rng.random(N) < 0.1] = 0.0
    return pd.DataFrame(
        {
            "id": rng.permutation(N),
            "number": np.where(rng.random(N) < 0.2, np.nan, number),
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**8, N), unit="s"),
            "name": [f"n{i}" for i in rng.integers(0, 10**9, N)],
            "skewed": np.where(rng.random(N) < 0.3, "common", [f"k{i}" for i in range(N)]),
        }
    )


def test_every_figure_is_that_of_pandas(frame: pd.DataFrame) -> None:
    profile = assay.profile(frame)
    for name in frame.columns:
        column, series = _column(profile, name), frame[name]
        assert (column.nulls, column.distinct) == (series.isna().sum(), series.nunique())
        assert column.distinct_error == 0
    values = frame["number"].dropna()
    spread = _spread(profile, "number")
    assert spread.n == len(values)
    assert spread.mean == pytest.approx(values.mean())
    assert spread.sd == pytest.approx(values.std())
    assert spread.skewness == pytest.approx(stats.skew(values))
    assert spread.zeros == (values == 0).sum()
    assert (spread.least, spread.greatest) == (values.min(), values.max())
    at = [spread.q05, spread.q25, spread.median, spread.q75, spread.q95]
    expected = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], method="inverted_cdf")
    assert at == list(expected)
    assert spread.rank_error == 0
    assert _spread(profile, "at").median == (
        frame["at"].sort_values().iloc[math.ceil(0.5 * N) - 1].isoformat() + "+00:00"
    )


def test_common_values_among_many_are_found_and_counted(frame: pd.DataFrame) -> None:
    profile = assay.profile(frame)
    [common] = _column(profile, "skewed").top
    assert (common.value, common.n) == ("common", (frame["skewed"] == "common").sum())
    [zero] = _column(profile, "number").top
    assert (zero.value, zero.n) == (0, (frame["number"] == 0).sum())
    assert _column(profile, "name").top == []


def test_identifiers_are_seen(frame: pd.DataFrame) -> None:
    assert _column(assay.profile(frame), "id").has("identifier")
    twice = pa.table({"id": pa.array([*range(N), 5])})
    assert not assay.profile(twice).columns[0].has("identifier")


@pytest.mark.parametrize("many", [True, False])
def test_histograms_hold_every_value_where_it_belongs(many: bool) -> None:
    rng = np.random.default_rng(2)
    values = rng.standard_t(3, N) if many else rng.integers(-50, 400, N).astype(float)
    values[:5] = [1e9, -1e9, math.inf, -math.inf, math.nan]
    found = assay.profile(pa.table({"x": values})).columns[0]
    histogram = found.histogram
    assert histogram is not None
    assert found.spread is not None
    finite = values[np.isfinite(values)]
    edges = np.array(histogram.edges, dtype=float)
    assert (histogram.below, histogram.above) == (
        (finite < edges[0]).sum(), (finite >= edges[-1]).sum(),
    )  # fmt: skip
    inside = finite[(finite >= edges[0]) & (finite < edges[-1])]
    counts, _ = np.histogram(inside, edges)
    assert sum(histogram.counts) == len(inside)
    # an edge as it is written may lie a rounding beside the edge as it was computed
    assert np.abs(counts - histogram.counts).max() <= 1
    assert 10 <= len(histogram.counts) <= 40
    assert np.ptp(np.diff(edges)) < 1e-6
    assert histogram.above >= 1
    assert histogram.below >= 1


def test_few_whole_numbers_have_a_bin_each() -> None:
    column = assay.profile(pa.table({"x": [1, 2, 2, 3, 5] * 20})).columns[0]
    assert column.histogram is not None
    assert column.histogram.edges == [1, 2, 3, 4, 5, 6]
    assert column.histogram.counts == [20, 40, 20, 0, 20]


def test_ranks_from_drawn_rows_are_within_their_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "EXACT_RANKS", 1_000)
    monkeypatch.setattr(drawing, "_ROWS", 5_000)
    rng = np.random.default_rng(4)
    values = np.sort(rng.normal(size=N))  # sorted: the first rows say nothing of the others
    spread = _spread(assay.profile(pa.table({"x": values})), "x")
    assert spread.rank_error == pytest.approx(2.576 * 0.5 / math.sqrt(5_000), rel=0.05)
    for value, p in ((spread.q05, 0.05), (spread.median, 0.5), (spread.q95, 0.95)):
        assert abs(np.searchsorted(values, value) / N - p) < spread.rank_error
    assert (spread.least, spread.greatest) == (values[0], values[-1])


def test_an_estimate_of_different_values_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "EXACT_DISTINCT", 1_000)
    rng = np.random.default_rng(5)
    texts = [f"user-{i}" for i in rng.integers(0, 40_000, 4 * N)]
    column = assay.profile(pa.table({"x": texts})).columns[0]
    true = len(set(texts))
    assert 0 < column.distinct_error < 0.2
    assert abs(column.distinct - true) < column.distinct_error * column.distinct
    assert "about" in next(a.text for a in column.alerts if a.kind == "high_cardinality")


def test_estimates_from_lots_cover() -> None:
    """Simulated: keys drawn with a probability of 1/64, a hundred thousand of them."""
    rng = np.random.default_rng(6)
    keys, runs = 100_000, 400
    drawn = rng.binomial(keys, 1 / 64, runs)
    hits = 0
    for k in drawn:
        found, error = estimate(DistinctState(5 * int(k), int(k), None), 1 / 64, 10 * keys)
        hits += abs(found - keys) <= error * found
    assert hits / runs > 0.92


def _pearson(x: Any, y: Any) -> float:
    """By its definition, with more digits than doubles have (pandas loses some at 1e12)."""
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))


def test_correlations_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=2_000)
    frame = pd.DataFrame(
        {
            "x": x,
            "huge": 1e12 + 3 * x + rng.normal(size=2_000),
            "gaps": np.where(rng.random(2_000) < 0.4, np.nan, -x + rng.normal(size=2_000)),
            "whole": rng.integers(0, 9, 2_000),
            "constant": 4.0,
            "text": "a",
        }
    )
    found = assay.profile(frame).correlations
    assert found is not None
    assert found.columns == ["x", "huge", "gaps", "whole"]
    assert found.n == 2_000
    values = frame[found.columns].to_numpy()
    for i, row in enumerate(found.values):
        for j, r in enumerate(row):
            pair = values[np.isfinite(values[:, [i, j]]).all(axis=1)][:, [i, j]]
            assert r == pytest.approx(_pearson(*pair.astype(np.longdouble).T), abs=1e-12)


def test_what_follows_another_column_is_seen() -> None:
    x = np.arange(500.0) ** 2
    profile = assay.profile(pa.table({"x": x, "twice": 2 * x, "other": np.cos(x)}))
    assert _column(profile, "twice").has("correlated")
    assert not _column(profile, "x").has("correlated")
    assert not _column(profile, "other").has("correlated")


def test_columns_that_are_too_many_to_correlate_are_named() -> None:
    rng = np.random.default_rng(1)
    table = pa.table({f"c{i}": rng.normal(size=50) for i in range(45)})
    found = assay.profile(table).correlations
    assert found is not None
    assert len(found.columns) == 40
    assert found.left_out == [f"c{i}" for i in range(40, 45)]


def test_gaps_are_those_of_pandas() -> None:
    rng = np.random.default_rng(3)
    holes = {c: rng.random(5_000) < p for c, p in (("a", 0.5), ("b", 0.1), ("c", 0.01))}
    frame = pd.DataFrame({c: np.where(m, np.nan, 1.5) for c, m in holes.items()}).assign(full=1)
    found = assay.profile(frame).gaps
    assert found is not None
    assert found.columns == ["a", "b", "c"]
    expected = frame[found.columns].isna().value_counts()
    assert {tuple(c in p.columns for c in "abc"): p.n for p in found.patterns} == dict(expected)
    assert sum(p.n for p in found.patterns) + found.rarer == 5_000


def test_many_columns_with_gaps_are_not_too_many() -> None:
    rng = np.random.default_rng(9)
    table = pa.table(
        {f"c{i}": pa.array(rng.normal(size=30_000), mask=rng.random(30_000) < 0.3)
         for i in range(60)}
    )  # fmt: skip
    found = assay.profile(table).gaps
    assert found is not None
    assert 0 < len(found.columns) < 60
    assert len(found.columns) + len(found.left_out) == 60
    assert sum(p.n for p in found.patterns) + found.rarer == 30_000


def test_repeated_rows_are_those_of_pandas() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 50, 3_000), "b": rng.integers(0, 30, 3_000)})
    frame["c"] = np.where(frame["a"] > 25, np.nan, 0.5)
    profile = assay.profile(frame)
    assert profile.repeated == frame.duplicated().sum()
    assert profile.repeated_error == 0
    assert [a.kind for a in profile.alerts] == ["duplicate_rows"]
    alone = assay.profile(frame.drop_duplicates())
    assert (alone.repeated, alone.alerts) == (0, [])


def test_nan_is_null_whatever_wrote_the_file(tmp_path: Path) -> None:
    """Arrow leaves NaN out of a Parquet column's least and greatest value; DuckDB believes them."""
    pq.write_table(pa.table({"x": [1.0, math.nan, 2.0, math.nan]}), tmp_path / "nan.parquet")
    column = assay.profile(tmp_path / "nan.parquet").columns[0]
    assert (column.nulls, column.distinct) == (2, 2)
    check = assay.check("completeness", column="x", at_least=0.9)
    run = assay.run([check], on=tmp_path / "nan.parquet")
    assert run.results[0].measurements[0].value == 0.5


ODD: dict[str, Any] = {
    "list": pa.array([[1, 2], None, [], [3]] * 10),
    "struct": pa.array([{"a": 1, "b": "<b>"}, None, {"a": None, "b": ""}, {"a": 2, "b": "x"}] * 10),
    "map": pa.array([[("k", 1)], None, [], [("<i>", 2)]] * 10, pa.map_(pa.string(), pa.int64())),
    "binary": pa.array([b"\x00\xff", None, b"", b"a"] * 10),
    "decimal": pa.array([Decimal("1.10"), None, Decimal("-3.25"), Decimal("0")] * 10),
    "huge": pa.array([2**64 - 1, None, 0, 5] * 10, pa.uint64()),
    "null": pa.nulls(40),
    "time": pa.array([1, None, 2, 3] * 10, pa.time64("us")),
    "ns": pa.array([1, None, 2, 3] * 10, pa.timestamp("ns")),
    "span": pa.array([1, None, 2, 3] * 10, pa.duration("s")),
    "flag": pa.array([True, None, False, True] * 10),
    "category": pa.array(["a", None, "b", "a"] * 10).dictionary_encode(),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_types_are_described(kind: str, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": ODD[kind]}), tmp_path / "odd.parquet")
    profile = assay.profile(tmp_path / "odd.parquet")
    [column] = profile.columns
    assert column.nulls == (40 if kind == "null" else 10)
    different = {"null": 0, "flag": 2, "category": 2}
    assert column.distinct == different.get(kind, 3)
    assert len(profile.first) == 10
    text = msgspec.json.encode(profile)
    assert msgspec.json.decode(text, type=assay.Profile) == profile
    profile.write(tmp_path / "odd.html")
    assert (tmp_path / "odd.html").stat().st_size > 5_000


def test_decimals_and_huge_numbers_keep_their_values() -> None:
    profile = assay.profile(pa.table({"d": ODD["decimal"], "h": ODD["huge"]}))
    assert [entry.value for entry in _column(profile, "d").top] == ["-3.25", "0.00", "1.10"]
    assert _spread(profile, "d").least == -3.25
    assert {entry.value for entry in _column(profile, "h").top} == {0, 5, str(2**64 - 1)}
    assert _spread(profile, "h").greatest == float(2**64)


@pytest.mark.parametrize("rows", [0, 3])
def test_nothing_but_nulls(rows: int, tmp_path: Path) -> None:
    table = pa.table({"a": pa.nulls(rows, pa.float64()), "b": pa.nulls(rows, pa.string())})
    profile = assay.profile(table)
    assert profile.gaps is None
    assert profile.correlations is None
    assert all(c.spread is None and c.histogram is None and c.top == [] for c in profile.columns)
    assert all(c.has("all_null") == (rows > 0) for c in profile.columns)
    profile.write(tmp_path / "nulls.html")


def test_a_column_of_a_million_levels() -> None:
    rng = np.random.default_rng(12)
    levels = rng.zipf(1.3, 1_000_000) % 1_000_003
    table = pa.table({"x": [f"level {i}" for i in levels]})
    column = assay.profile(table).columns[0]
    values, counts = np.unique(levels, return_counts=True)
    assert column.distinct == len(values)
    ranked = np.argsort(-counts, kind="stable")[:5]
    assert [e.value for e in column.top[:5]] == [f"level {values[i]}" for i in ranked]
    assert [e.n for e in column.top[:5]] == list(counts[ranked])


def test_progress_goes_on_to_its_end() -> None:
    told: dict[str, list[tuple[int, int | None]]] = {}
    rng = np.random.default_rng(0)
    table = pa.table({f"c{i}": rng.normal(size=500) for i in range(120)})
    assay.profile(
        table, progress=lambda task, done, total, /: told.setdefault(task, []).append((done, total))
    )
    assert len(told) >= 3
    for steps in told.values():
        done = [d for d, _ in steps]
        assert done == sorted(done)
        assert steps[-1][0] == steps[-1][1]


def test_an_engine_without_lots_counts_instead(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_lots = assay.profile(frame)
    monkeypatch.setattr(DuckDBDialect, "lot", Dialect.lot)
    without = assay.profile(frame)
    for one, other in zip(without.columns, with_lots.columns, strict=True):
        assert (one.distinct, one.nulls, one.top) == (other.distinct, other.nulls, other.top)
        assert one.distinct_error == 0
    assert without.repeated is None


def test_lots_are_fair_and_equal_for_equal_values() -> None:
    table = pa.table({"x": pa.array([*range(50_000), *range(50_000)]), "y": [None] * 100_000})
    with DuckDBEngine() as engine:
        engine.attach("t", Memory(table))
        for of in (("x",), ("y", "x")):
            lot = call("lot", *map(Column, of))
            states = engine.fold(
                "t",
                [Distinct(of=(lot,)), Extremes(of=lot), Quantiles(of=lot, probabilities=(0.1,))],
            )
            distinct, ends, tenth = (found[()] for found in states.values())
            assert (distinct.n, distinct.distinct) == (100_000, 50_000)
            assert 0 <= ends.least < ends.greatest < 1
            assert tenth.value(0.1) == pytest.approx(0.1, abs=0.006)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=9),
    st.sampled_from(["integer", "float", "timestamp", "date"]),
)
def test_bins_hold_the_bulk_and_are_not_many(values: list[float], kind: Any) -> None:
    if kind != "float":
        values = [float(round(v)) for v in values if abs(v) < 1e11]
    values = sorted(values)
    if len(values) < 2:
        return
    found = bins_for(kind, least=values[0], q05=values[0], q95=values[-1], greatest=values[-1])
    if found is None:
        return
    assert 1 <= found.n <= 60
    counts = found.count((v, 1) for v in values)
    histogram = found.histogram(kind, counts)
    assert sum(histogram.counts) == len(values)
    assert (histogram.below, histogram.above) == (0, 0)
    assert len(histogram.edges) == found.n + 1
