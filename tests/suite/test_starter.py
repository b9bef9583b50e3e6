"""Starter suites: bounds that leave room, texts that a suite file can hold, and how they read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from assay.core.measurement import Measurement
from assay.core.profile import Alert, ColumnProfile, Spread, TableProfile, ValueCount
from assay.suite.load import loads
from assay.suite.starter import proposals, starter
from assay.suite.starter.bounds import above, below, padded, plain, share_below, share_bound
from assay.suite.starter.held import Held, Seen, singles
from assay.suite.starter.model import ModelFacts, sensitive_columns
from assay.suite.starter.table import identifiers

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_800_000_000.0
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def _numbers(
    name: str, least: float, greatest: float, *, n: int = 100, **more: Any
) -> ColumnProfile:
    whole = isinstance(least, int)
    spread = Spread(
        n=n, mean=least, sd=1.0, least=least, q05=least, q25=least, median=least, q75=greatest,
        q95=greatest, greatest=greatest,
    )  # fmt: skip
    given: dict[str, Any] = {"distinct": 50, "rows": n, "nulls": 0} | more
    kind = "integer" if whole else "float"
    return ColumnProfile(name=name, kind=kind, native="?", spread=spread, **given)


def _texts(name: str, *values: str, n: int = 100, nulls: int = 0) -> ColumnProfile:
    top = [ValueCount(value=v, n=(n - nulls) // len(values)) for v in values]
    return ColumnProfile(
        name=name, kind="string", native="VARCHAR", rows=n, nulls=nulls, distinct=len(values),
        top=top,
    )  # fmt: skip


def _suite(*columns: ColumnProfile, rows: int = 100, **more: Any) -> str:
    profile = TableProfile(source="t.parquet", rows=rows, columns=list(columns))
    return starter(profile, name="t", table="t.parquet", file="s.yaml", now=NOW, **more)


def _checks(text: str, folder: Any) -> list[tuple[str, dict[str, Any]]]:
    (folder / "t.parquet").touch()
    suite = loads(text, file="s.yaml", folder=str(folder))
    return [(check.metric, dict(check.params)) for check in suite.checks]


@given(FINITE)
def test_rounding_leaves_room_on_its_own_side(value: float) -> None:
    assert below(value) <= value <= above(value)
    if 1e-280 < abs(value) < 1e280:
        assert abs(above(value) - value) <= 0.1 * abs(value) * (1 + 1e-9)
        assert len(f"{abs(above(value)):.15g}".replace(".", "").split("e")[0].strip("0")) <= 2


@given(FINITE, FINITE)
def test_a_range_holds_what_was_seen(a: float, b: float) -> None:
    least, greatest = sorted((a, b))
    found = padded(least, greatest)
    if found is None:
        return
    lower, upper = found
    assert lower <= least <= greatest <= upper
    assert upper - lower <= 1.5 * (greatest - least)
    assert not (least >= 0 > lower)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ((0, 3), (0, 3.3)),
        ((0.02, 1.95), (0, 2.2)),
        ((0.0, 1.0), (0, 1)),
        ((0.1, 0.93), (0.01, 1)),
        ((-43, 1301), (-200, 1500)),
        ((-8.5, -1.0), (-9.3, -0.2)),
        ((5.0, 5.0), None),
        ((-1e308, 1e308), None),
    ],
)
def test_ranges(seen: tuple[float, float], expected: tuple[float, float] | None) -> None:
    assert padded(*seen) == (pytest.approx(expected) if expected else None)


@given(st.floats(0, 1))
def test_a_share_to_require_is_no_more_than_the_share(share: float) -> None:
    bound = share_below(share)
    assert 0 <= bound <= share + 1e-12
    if 1e-12 < 1 - share <= 0.1:
        assert 1 - bound <= 2 * (1 - share) + 1e-12


@pytest.mark.parametrize("n", [50, 1_000, 100_000])
@pytest.mark.parametrize("share", [1.0, 0.999, 0.9, 0.5])
def test_a_second_sample_meets_the_share(n: int, share: float) -> None:
    """Exactly, over all first and second samples of a size: it misses once in a thousand times."""
    first = np.arange(n + 1)[:: max(1, n // 2_000)]
    weight = binom.pmf(first, n, share)
    weight /= weight.sum()
    bounds = np.array(
        [share_bound(int(k), n) if w > 1e-12 else 0 for k, w in zip(first, weight, strict=True)]
    )
    missed = binom.cdf(np.ceil(bounds * n - 1e-9) - 1, n, share)
    assert float(weight @ missed) < 1e-3


def test_it_reads_as_if_written_by_hand(tmp_path: Any) -> None:
    text = _suite(
        _numbers("age", 18, 89, n=2_000),
        _numbers("pirat", 0.0, 3.0, n=2_000),
        _texts("city", "Ghent", "Lyon", n=2_000, nulls=300),
        _texts("deny", "no", "yes", n=2_000),
        _texts("self", "no", "yes", n=2_000),
        rows=2_000,
    )
    assert max(map(len, text.splitlines())) <= 100
    assert text[text.index("checks:") :] == CHECKS
    assert len(_checks(text, tmp_path)) == 8


CHECKS = """\
checks:
  # ---- Is it the table that was agreed on? -------------------------------------------------------
  # 2,000 rows were found; about half of them would still be a delivery.
  - row_count: {on: data}
    at_least: 1000

  # The columns and types found.
  - matches_schema:
      on: data
      fields: {age: integer, pirat: float, city: string, deny: string, self: string}

  # ---- Is every value there, and each row once? --------------------------------------------------
  # No value was missing. 2,000 rows cannot vouch for more than this: write 1 where a missing
  # value would do harm.
  - completeness: {on: data, columns: [age, pirat, deny, self]}
    at_least: 0.98

  # Values were missing; this many must be there at least.
  - completeness: {on: data, column: city}
    at_least: 0.8       # missing: 15 %

  # ---- Are the values what they should be? -------------------------------------------------------
  # All the texts that were found; another one is news, or a misspelling.
  - in_set: {on: data, column: city, values: [Ghent, Lyon]}
    at_least: 0.98
  - in_set: {on: data, columns: [deny, self], values: ["no", "yes"]}
    at_least: 0.98

  # The range found and about a tenth more on each side; a few rows may lie beyond. Replace it by
  # the limits that you know.
  - in_range: {on: data, column: age, lower: 10, upper: 97}
    at_least: 0.98      # found: 18 to 89
  - in_range: {on: data, column: pirat, lower: 0, upper: 3.3}
    at_least: 0.98      # found: 0 to 3
"""

HOSTILE = st.text(min_size=1, max_size=20) | st.sampled_from(
    [
        '"; drop table', "a b", "naïve", "select", "*", "x*", "on", "<<", "- a", "? b", "a: b",
        "#c", "a #c", "{x}", "[x]", "a, b", "&a", "!tag", "|", ">", "%YAML", "@x", "`x`", "null",
        "~", "1", "1e3", "0x1F", ".inf", "true", "2024-01-01", "${HOME}", "$${HOME}", "$$${HOME}",
        "${A:-b}", "a\nb", "a\n- row_count: {on: evil}", "\t", "\\", "'", '"', "\x07", "\x85",
        "\u2028", "\u202e", "\ufeff", "x" * 300, "---", "...", "=", "assay.x", "é" * 130,
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=5, unique=True))
def test_any_name_and_value_comes_back_as_it_was(tmp_path_factory: Any, names: list[str]) -> None:
    folder = tmp_path_factory.getbasetemp()
    columns = [_texts(name, *names, n=100, nulls=i) for i, name in enumerate(names)]
    text = _suite(*columns)
    assert "\nsuite: t\n" in text
    held = [n for n in names if n.strip() and "\x00" not in n]
    found = _checks(text, folder)
    [fields] = [params["fields"] for metric, params in found if metric == "matches_schema"] or [{}]
    assert list(fields) == held
    for metric, params in found:
        if metric == "in_set":
            assert list(params["values"]) == sorted(names)
            assert {params.get("column"), *params.get("columns", ())} - {None} <= set(held)
        elif metric != "matches_schema":
            assert metric in ("row_count", "completeness")


@pytest.mark.parametrize("table", ["${HOME}/t.parquet", "a b/t.parquet", "t.parquet"])
def test_a_path_is_written_as_it_is(tmp_path: Any, table: str) -> None:
    (tmp_path / table).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / table).touch()
    profile = TableProfile(source="t", rows=5, columns=[_numbers("x", 1, 2)])
    text = starter(profile, name="t", table=table, file="s.yaml", now=NOW)
    suite = loads(text, folder=str(tmp_path), environ={"HOME": "/elsewhere"})
    assert suite.subjects["data"].source.paths == (str(tmp_path / table),)  # type: ignore[union-attr]


def test_no_rows_leave_the_columns(tmp_path: Any) -> None:
    empty = ColumnProfile(name="x", kind="float", native="DOUBLE", rows=0, nulls=0, distinct=0)
    text = _suite(empty, rows=0)
    assert _checks(text, tmp_path) == [("matches_schema", {"fields": {"x": "float"}})]
    assert "  # - row_count: {on: data}\n  #   at_least: 1\n" in text


def test_few_rows_say_nothing_of_values(tmp_path: Any) -> None:
    text = _suite(_numbers("x", 1.0, 2.0, n=19), rows=19)
    assert [metric for metric, _ in _checks(text, tmp_path)] == ["row_count", "matches_schema"]


def test_a_column_without_values_is_left_open(tmp_path: Any) -> None:
    gone = ColumnProfile(name="gone", kind="string", native="?", rows=100, nulls=100, distinct=0)
    text = _suite(_numbers("x", 1.0, 2.0), gone)
    [params] = [p for metric, p in _checks(text, tmp_path) if metric == "matches_schema"]
    assert params == {"fields": {"x": "float"}, "extra": "allow"}
    assert "or a usable name: gone." in " ".join(text.split())


def test_which_columns_identify_rows() -> None:
    alert = [Alert(kind="identifier", text="")]
    dense = _numbers("n", 0, 99, alerts=alert, distinct=100)
    wide = _numbers("population", 0, 10**9, alerts=alert, distinct=100)
    named = _numbers("customerId", 0, 10**9, alerts=alert, distinct=100)
    repeated = _numbers("id", 0, 99)
    text = ColumnProfile(
        name="remark", kind="string", native="?", rows=100, nulls=0, distinct=100, alerts=alert
    )
    profile = TableProfile(source="t", rows=100, columns=[dense, wide, named, repeated, text])
    assert identifiers(profile) == ["n", "customerId"]


@pytest.mark.parametrize(
    ("newest", "days"),
    [
        (NOW - 3_600, 2),
        (NOW - 5 * 86_400, 10),
        (NOW - 40 * 86_400, None),
        (NOW + 86_400, None),
    ],
)
def test_freshness_where_times_are_recent(tmp_path: Any, newest: float, days: int | None) -> None:
    from datetime import UTC, datetime

    end = datetime.fromtimestamp(newest, UTC).isoformat()
    spread = Spread(
        n=100, mean=end, sd=1.0, least=end, q05=end, q25=end, median=end, q75=end, q95=end,
        greatest=end,
    )  # fmt: skip
    at = ColumnProfile(
        name="at", kind="timestamp", native="?", rows=100, nulls=0, distinct=100, spread=spread
    )
    text = _suite(at)
    found = dict(_checks(text, tmp_path)).get("freshness")
    assert found == ({"column": "at", "per": "days"} if days else None)
    assert days is None or f"at_most: {days}\n" in text


def test_many_ranges_are_cut_short(tmp_path: Any) -> None:
    text = _suite(*(_numbers(f"x{i}", 0.0, math.exp(i / 10), n=100) for i in range(200)))
    assert sum(metric == "in_range" for metric, _ in _checks(text, tmp_path)) == 60
    assert "groups of columns are left out" in text


def test_what_failed_on_the_other_half_is_widened_or_left_out(tmp_path: Any) -> None:
    columns = (
        _numbers("pay", 0.0, 100.0, n=2_000),
        _numbers("wild", 0.0, 100.0, n=2_000),
        _texts("city", "Ghent", "Lyon", n=2_000, nulls=20),
        _texts("open", "a", "b", n=2_000),
    )
    plain = dict(_criteria(_suite(*columns, rows=2_000), tmp_path))
    failed = {
        ("in_range", "pay"): Seen(0.97, 1_000),
        ("in_range", "wild"): Seen(0.6, 1_000),
        ("completeness", "city"): Seen(0.951, 1_000),
        ("in_set", "open"): Seen(0.9, 1_000),
    }
    text = _suite(*columns, rows=2_000, held=Held("Each was checked on the other half.", failed))
    assert "# Each was checked on the other half." in text
    found = dict(_criteria(text, tmp_path))
    assert found.keys() == plain.keys() - {("in_range", "wild"), ("in_set", "open")}
    assert plain["in_range", "pay"] == ((0, 110), 0.98)
    assert found["in_range", "pay"] == ((0, 200), 0.9)
    assert plain["completeness", "city"][1] > found["completeness", "city"][1] == 0.9
    assert found["in_set", "city"] == plain["in_set", "city"]
    said = " ".join(text.replace("#", "").split())
    assert "pay: in_range was 0.97 there (widened)" in said
    assert "wild: in_range was 0.6 there (left out)" in said
    assert "open: in_set was 0.9 there (left out)" in said


def _criteria(text: str, folder: Any) -> Iterator[tuple[tuple[str, str], tuple[Any, float]]]:
    """Limits and bound of each check of a column."""
    (folder / "t.parquet").touch()
    for check in loads(text, file="s.yaml", folder=str(folder)).checks:
        limits = (check.params.get("lower"), check.params.get("upper"))
        names = check.params.get("columns") or [check.params.get("column")]
        for name in names:
            if name is not None:
                yield (check.metric, name), (limits, getattr(check.criterion, "bound", 1.0))


def test_each_proposal_is_checked_for_each_of_its_columns() -> None:
    alert = [Alert(kind="identifier", text="")]
    columns = [
        _numbers("id", 0, 99, alerts=alert, distinct=100),
        _texts("a", "no", "yes"),
        _texts("b", "no", "yes"),
    ]
    made = proposals(TableProfile(source="t", rows=100, columns=columns))
    found = [(metric, name) for metric, name, _ in singles(made, ["id", "a", "b"])]
    assert found == [
        ("completeness", "id"), ("completeness", "a"), ("completeness", "b"), ("uniqueness", "id"),
        ("in_set", "a"), ("in_set", "b"),
    ]  # fmt: skip
    one = next(p for m, n, p in singles(made, ["id", "a", "b"]) if (m, n) == ("in_set", "b"))
    assert one.params["column"] == "b"
    assert "columns" not in one.params


def _measured(value: float, low: float, high: float) -> tuple[Measurement, ...]:
    return (Measurement(value=value, low=low, high=high, level=0.95, method="x", n=100),)


def test_a_model_must_reach_somewhat_less_than_it_did(tmp_path: Any) -> None:
    facts = ModelFacts(
        path="m.skops", task="binary", target="deny", positive="yes",
        measured={
            "classification.roc_auc": _measured(0.9, 0.85, 0.95),
            "classification.recall": _measured(0.6, 0.5, 0.7),
            "classification.brier": _measured(0.2, 0.1, 0.3),
        },
    )  # fmt: skip
    (tmp_path / "m.skops").touch()
    text = _suite(_texts("deny", "no", "yes"), model=facts)
    suite = loads(text, folder=_with_table(tmp_path))
    bounds = {c.metric: c.criterion for c in suite.checks}
    assert bounds["classification.roc_auc"].bound == 0.75  # type: ignore[union-attr]
    assert bounds["classification.recall"].bound == 0.3  # type: ignore[union-attr]
    assert bounds["classification.brier"] is None  # guessing gives 0.25
    assert "leave room for guessing (0.25)" in text
    assert "# - fairness.demographic_parity_difference:" in text
    assert suite.subjects["model"].positive == "yes"  # type: ignore[union-attr]


def _with_table(folder: Any) -> str:
    (folder / "t.parquet").touch()
    return str(folder)


@pytest.mark.parametrize(
    ("name", "sensitive"),
    [
        ("sex", True), ("ApplicantSex", True), ("age_group", True), ("race", True),
        ("sextant", False), ("age", False), ("trace", False), ("group", False), ("deny", False),
    ],
)  # fmt: skip
def test_names_of_groups_of_people(name: str, sensitive: bool) -> None:
    profile = TableProfile(source="t", rows=100, columns=[_texts(name, "a", "b")])
    assert sensitive_columns(profile, target="deny") == ((name,) if sensitive else ())


def test_fairness_is_held_to_what_it_is_and_says_so(tmp_path: Any) -> None:
    facts = ModelFacts(
        path="m.skops", task="binary", target="deny", sensitive=("sex",),
        measured={"fairness.demographic_parity_difference": _measured(0.2, 0.15, 0.25)},
    )  # fmt: skip
    text = _suite(_texts("deny", "no", "yes"), _texts("sex", "f", "m"), model=facts)
    suite = loads(text, folder=_with_table(tmp_path))
    [check] = [c for c in suite.checks if c.metric.startswith("fairness")]
    assert list(check.params["sensitive"]) == ["sex"]
    assert check.criterion.bound == 0.35  # type: ignore[union-attr]
    assert check.severity == "warn"
    assert "need not" in text


@pytest.mark.parametrize(("value", "expected"), [(3.0, 3), (0.5, 0.5), (-2.0, -2), (1e300, 1e300)])
def test_whole_numbers_have_no_point(value: float, expected: float) -> None:
    assert repr(plain(value)) == repr(expected)
