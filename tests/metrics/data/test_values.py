"""Shares of good values: in_range, in_set, matches, has_type, satisfies, references."""

from __future__ import annotations

import math

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.data.measuring import CENSUS, failing, measure, not_applicable, reason

from assay.metrics.data.completeness import Completeness
from assay.metrics.data.has_type import HasType
from assay.metrics.data.in_range import InRange
from assay.metrics.data.in_set import InSet
from assay.metrics.data.matches import Matches, refusal
from assay.metrics.data.references import References
from assay.metrics.data.satisfies import Satisfies

NUMBERS = pa.table({"x": [1.0, 2.0, 3.0, None, math.nan, math.inf, -math.inf], "id": range(7)})


@pytest.mark.parametrize(
    ("bounds", "good"),
    [
        ({"lower": 1, "upper": 3}, 3),
        ({"lower": 1, "upper": 3, "lower_inclusive": False}, 2),
        ({"lower": 1, "upper": 3, "upper_inclusive": False}, 2),
        ({"lower": 2}, 3),  # with +inf, without NaN
        ({"upper": 2.5}, 3),  # with -inf
    ],
)
def test_in_range_counts_values_and_leaves_out_nulls_and_nan(bounds, good):
    metric = InRange(column="x", **bounds)
    found = measure(metric, NUMBERS, CENSUS)
    assert (found.value, found.n, found.method) == (good / 5, 5, "census")
    rows, total = failing(metric, NUMBERS)
    assert total == 5 - good
    assert not {str(row[0]) for row in rows} & {"None", "nan"}


def test_in_range_of_dates_and_timestamps():
    table = pa.table(
        {
            "t": pa.array([0, 86_400, 172_800], pa.timestamp("s")),
            "d": pa.array([0, 1, 2], pa.date32()),
            "z": pa.array([0, 86_400, 172_800], pa.timestamp("s", tz="Europe/Brussels")),
        }
    )
    for column in table.column_names:
        assert measure(InRange(column=column, lower="1970-01-02"), table).value == 2 / 3
    assert measure(InRange(column="t", upper="1970-01-01T01:00:00+01:00"), table).value == 1 / 3


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "needs `lower`, `upper` or both"),
        ({"lower": 3, "upper": 1}, "no value lies between 3 and 1"),
        ({"lower": math.nan}, "no value lies between"),
        ({"lower": "soon"}, "not an ISO 8601 date"),
        ({"lower": "2024-01-01", "upper": 3}, "both be numbers or both be dates"),
    ],
)
def test_in_range_refuses_bounds_that_make_no_range(params, message):
    with pytest.raises(ValueError, match=message):
        InRange(column="x", **params)


def test_in_range_says_why_it_does_not_apply():
    table = pa.table({"s": ["a"], "x": [1], "d": pa.array([0], pa.date32())})
    assert "holds string" in (not_applicable(InRange(column="s", lower=0), table) or "")
    assert "must be numbers" in (
        not_applicable(InRange(column="x", lower="2024-01-01"), table) or ""
    )
    assert "ISO 8601" in (not_applicable(InRange(column="d", lower=0), table) or "")
    assert not_applicable(InRange(column="lost", lower=0), table) == "there is no column 'lost'"
    assert not_applicable(InRange(column="x", lower=0), table) is None


def test_in_set():
    table = pa.table(
        {"s": ["a", "b", "B", None], "i": [1, 2, 3, None], "b": [True, False, None, True]}
    )
    assert measure(InSet(column="s", values=("a", "b")), table).value == 2 / 3
    assert measure(InSet(column="i", values=(1, 2.0)), table).value == 2 / 3
    assert measure(InSet(column="b", values=(True,)), table).value == 2 / 3
    assert failing(InSet(column="s", values=("a", "b")), table)[1] == 1
    for column, values, words in (
        ("s", (1,), "texts"),
        ("i", ("1",), "numbers"),
        ("i", (True,), "numbers"),
        ("b", (1,), "true or false"),
    ):
        assert words in (not_applicable(InSet(column=column, values=values), table) or "")
    with pytest.raises(ValueError, match="at least one"):
        InSet(column="s", values=())


def test_a_share_of_nothing_has_a_reason_and_one_row_has_a_value():
    nulls = pa.table({"x": pa.array([None, None], pa.float64())})
    assert reason(InRange(column="x", lower=0), nulls) == "there are no non-null values"
    assert reason(Completeness(column="x"), nulls.slice(0, 0)) == "there are no rows"
    assert reason(Satisfies(predicate="x > 0"), nulls.slice(0, 0)) == "there are no rows"
    one = measure(InRange(column="x", lower=0), pa.table({"x": [1.0]}))
    assert (one.value, one.n, one.high) == (1.0, 1, 1.0)
    assert one.low is not None
    assert 0 < one.low < 0.3


def test_matches_holds_for_the_whole_value():
    table = pa.table({"s": ["ab", "abc", "xab", "", None], "i": [12, 345, 6, None, 7]})
    assert measure(Matches(column="s", pattern="ab"), table).value == 1 / 4
    assert measure(Matches(column="s", pattern="a|ab"), table).value == 1 / 4
    assert measure(Matches(column="i", pattern=r"\d{2,3}"), table).value == 2 / 4
    assert failing(Matches(column="s", pattern="ab"), table)[1] == 3


def test_a_pattern_that_stalls_other_engines_takes_no_time():
    table = pa.table({"s": ["a" * 5_000 + "!"]})
    assert measure(Matches(column="s", pattern="(a+)+"), table).value == 0


GOOD = [
    r"\d+", "[[:alpha:]]+", r"\p{Lu}\pL*", "(?P<y>[0-9]{4})-[0-9]{2}", "(?i)abc", "a{0,1000}",
    "[]a]", "[^]a]", "", r"\Qa(b[\E", r"a\.b", r"[\]\[]+", "x{", "a{,3}", "(?i:a)|b",
    r"\bword\b", "^a$", "é+", "[(*+]", "(?:a|b)*?", "a+?", r"\(\?=", "[^[:space:]]",
    r"\x{10FFFF}", "[a-z&&b]",
]  # fmt: skip
BAD = [
    "a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", r"(a)\1", "(?P<n>a)(?P=n)", "(?>a)", "a++", "a*+",
    "a?+", "(?#x)a", "(?|a)", "(?(1)a)", "[a", "(a", "a)", "*a", "a|*", "(+a)", "a**",
    "a{1001}", "a{2,1001}", "\\", r"a\Z", r"\h", r"\R", r"\k<n>", "(?R)", "(?1)", "(?&n)",
]  # fmt: skip


def re2_refuses(pattern: str) -> bool:
    """Whether DuckDB's own RE2 cannot compile the pattern."""
    try:
        duckdb.execute("select regexp_full_match('a', ?)", [pattern]).fetchall()
    except duckdb.InvalidInputException:
        return True
    return False


@pytest.mark.parametrize("pattern", GOOD)
def test_patterns_of_re2_are_taken(pattern):
    assert not re2_refuses(pattern)
    assert refusal(pattern) is None


@pytest.mark.parametrize("pattern", BAD)
def test_patterns_of_other_dialects_are_refused_at_once(pattern):
    assert re2_refuses(pattern)
    with pytest.raises(ValueError, match="cannot be used: "):
        Matches(column="s", pattern=pattern)


@settings(max_examples=600, deadline=None)
@given(st.text(alphabet=r"ab1()[]{}*+?\|^$.-:,<=!PQEdp", max_size=10))
def test_no_pattern_is_refused_that_re2_would_take(pattern):
    if refusal(pattern) is not None:
        assert re2_refuses(pattern)


def test_has_type_reads_texts_and_trusts_schemas():
    table = pa.table(
        {"s": ["1", "2.5", "x", None], "i": [1, 2, 3, None], "f": [1.0, 2.0, None, 3.0],
         "d": pa.array([0, 1, None, 2], pa.date32())}
    )  # fmt: skip
    assert measure(HasType(column="s", type="integer"), table).value == 1 / 3
    assert measure(HasType(column="s", type="float"), table).value == 2 / 3
    assert measure(HasType(column="s", type="string"), table).value == 1
    assert failing(HasType(column="s", type="float"), table)[1] == 1
    for column, type_, value in (
        ("i", "integer", 1),
        ("i", "float", 1),
        ("f", "integer", 0),
        ("d", "timestamp", 1),
        ("i", "string", 0),
    ):
        found = measure(HasType(column=column, type=type_), table)
        assert (found.value, found.n) == (value, 3)
    assert failing(HasType(column="f", type="integer"), table)[1] == 3


def test_satisfies_counts_unknown_as_not_satisfied():
    table = pa.table({"a": [1, 5, None, 3], "b": [2, 4, 1, 9]})
    metric = Satisfies(predicate="a < b")
    assert measure(metric, table).value == 2 / 4
    rows, total = failing(metric, table)
    assert total == 2
    assert sorted(row[1] for row in rows) == [1, 4]
    assert measure(Satisfies(predicate="a IS NULL OR a < b"), table).value == 3 / 4
    with pytest.raises(ValueError, match="empty"):
        Satisfies(predicate="  ")


def test_references_leaves_out_nulls_here_and_survives_nulls_there():
    orders = pa.table({"city": ["A", "B", "Z", None], "zone": [1, 2, 1, 1]})
    cities = pa.table({"name": ["A", "B", None], "zone": [1, 1, 1]})
    one = References(foreign_key=("city",), to="cities", key=("name",))
    assert measure(one, orders, cities=cities).value == 2 / 3
    rows, total = failing(one, orders, cities=cities)
    assert (total, rows[0][0]) == (1, "Z")
    both = References(foreign_key=("city", "zone"), to="cities", key=("name", "zone"))
    assert measure(both, orders, cities=cities).value == 1 / 3
    assert failing(both, orders, cities=cities)[1] == 2
    with pytest.raises(ValueError, match="must pair"):
        References(foreign_key=("a", "b"), to="cities", key=("name",))
    empty = pa.table({"city": pa.array([None], pa.string())})
    assert reason(one, empty, cities=cities) == "there is no row with a full key"


def test_columns_with_odd_names_are_columns():
    for name in ('"; drop table x; --', "a b", "naïve", "select", "it's"):
        table = pa.table({name: [1.0, None]})
        assert measure(Completeness(column=name), table).value == 0.5
        assert measure(InRange(column=name, lower=0), table).value == 1
        assert measure(HasType(column=name, type="float"), table).value == 1
