"""Every operator means in PostgreSQL what it means in DuckDB."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
import tests.engines.test_expressions as reference
import tests.engines.test_logic as logic
import tests.engines.test_predicates as predicates
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from assay.core.errors import EngineError
from assay.core.expr import Column, Expr, Member, Repeated, Sql, call
from assay.engines.postgresql import patterns
from assay.states import Count, Frequencies, Sample

X, S = Column("x"), Column("s")
NAN, INF = math.nan, math.inf

# each test of the embedded engine's operators, with what it must give
FILTERS = reference.test_filters.pytestmark[0].args[1]  # type: ignore[attr-defined]
VALUES = reference.test_values.pytestmark[0].args[1]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def rows(server: Any) -> Any:
    numbered = reference.ROWS.append_column("row", pa.array(range(len(reference.ROWS))))
    return server.load(numbered, "expressions")


@pytest.mark.parametrize(("expr", "expected"), FILTERS)
def test_filters(over: Callable[[Any], Any], rows: Any, expr: Expr, expected: list[int]) -> None:
    engine = over(rows)
    names, found, total = engine.examples("t", expr, columns=["row"], limit=100)
    assert names == ["row"]
    assert [row[0] for row in found] == expected
    assert total == len(expected) == engine.fold("t", [Count(where=expr)]).popitem()[1][()].n


@pytest.mark.parametrize(("expr", "expected"), VALUES)
def test_values(over: Callable[[Any], Any], rows: Any, expr: Expr, expected: list[Any]) -> None:
    sample = Sample(of=(expr,))
    [column] = over(rows).fold("t", [sample])[sample][()].arrays()
    assert [None if math.isnan(v) else v for v in column.tolist()] == expected


@pytest.mark.parametrize("text", predicates.ALLOWED)
def test_sql_of_a_person_means_what_duckdb_means(both: Callable[[Any], Any], text: str) -> None:
    table = pa.table({"a": [0, 1, 2, -3, None], "B": [1, 1, 0, 2, 5], "c": [3, None, 2, 1, 0]})
    there, here = both(table)
    there.validate("t", [Sql(text)])
    assert there.examples("t", Sql(text))[2] == here.examples("t", Sql(text))[2]


@pytest.mark.parametrize(
    "text",
    [
        "x / y > 1", "x / 0 > 1", "1 / y < 0", "TRY_CAST(s AS INTEGER) > 5", "isinf(x)",
        "isnan(x)", "isfinite(x)", "s LIKE 'a\\%'", "s NOT LIKE '%_'", "regexp_matches(s, '^\\d')",
        "regexp_matches(s, 'A', 'i')", "regexp_full_match(s, '.')", "contains(s, 'a')",
        "ends_with(s, '0')", "regexp_replace(s, '[0-9]', '') = ''", "round(x, 1) = 2.5",
        "s::VARCHAR || 'x' = 'ax'", "y % 2 = 1", "x BETWEEN -3 AND 3", "strlen(s) > length(s)",
        "CASE WHEN y = 0 THEN 0 ELSE x / y END > 0", "json_valid(s)",
    ],
)  # fmt: skip
def test_sql_with_functions_that_differ(both: Callable[[Any], Any], text: str) -> None:
    table = pa.table(
        {
            "x": [2.5, -1.0, 0.0, NAN, INF, None],
            "y": [1, 0, 0, 3, 4, None],
            "s": ["a", "a%", "12", "naïve", "12.0", None],
        }
    )
    there, here = both(table)
    there.validate("t", [Sql(text)])
    assert there.examples("t", Sql(text))[2] == here.examples("t", Sql(text))[2]


WRONG = [
    (call("lt", S, 5), r"Cannot compare column 's' \(text\) with the number 5"),
    (call("lt", Column("d"), "soon"), 'invalid input syntax for type date: "soon"'),
    (call("lt", Column("d"), "2024-13-01"), "2024-13-01"),
    (Column("nmae"), "no column 'nmae'"),
    (call("matches", S, "("), r"not a regular expression: missing \)"),
    (call("replace", S, "a|ab", ""), "an alternative: PostgreSQL would replace other parts"),
    (call("matches", S, "(?m)^a$"), "the flag 'm', which PostgreSQL has not"),
    (call("written", S, "%U"), "cannot hold a text to %U"),
    (Sql("s > 5"), "operator does not exist: text > integer"),
    (Sql("regexp_extract(s, 'a') = 'a'"), "regexp_extract is not known"),
    (Sql("gcd(x, 2) = 1"), "gcd"),
    (call("eq", S, "a\0b"), "character 0"),
]


@pytest.mark.parametrize(("expr", "said"), WRONG, ids=[str(w[1]) for w in WRONG])
def test_what_does_not_fit_is_refused_before_the_scan(
    over: Callable[[Any], Any], rows: Any, expr: Expr, said: str
) -> None:
    with pytest.raises(EngineError, match=said):
        over(rows).validate("t", [X, expr])


def test_what_fits_is_valid(over: Callable[[Any], Any], rows: Any) -> None:
    engine = over(rows)
    engine.validate("t", [])
    engine.validate("t", [X, call("div", 1, 0), call("ln", 0), call("matches", S, "(a|aa)+$")])


def test_patterns_take_no_time(over: Callable[[Any], Any]) -> None:
    evil = Count(where=call("matches", S, "(a+)+$"))
    assert over(pa.table({"s": ["a" * 50_000 + "!"]})).fold("t", [evil])[evil][()].n == 0


TEXTS = [
    "12", " 12 ", "1e3", "1e400", "-1e400", "1e-400", "inf", "-Infinity", "nan", "1.", ".5", "+5",
    "0x1A", "1_000", "", " ", "1e", "1,5", "--1", "١", "12\n", "e5", ".", "1__0", "_1", "1._5",
    "true", "t", "yes", "y", "1", "on", "TRUE", "0", "no", "False", "tru", "2024-01-01",
    "2024/01/01", "20240101", "2024-1-1", "01/02/2024", "2024-02-30", "2024-02-29", "2023-02-29",
    "today", "infinity", "epoch", "2024-01-01 10:00:00", "2024-01-01T10:00", "Jan 1 2024",
    "2024-01", "24-01-01", "2024-01-01Z", "2024-01-01T10:00:00Z", "2024-01-01 10:00:00+02",
    "2024-01-01 10:00:00.123456789", "2024-01-01 10", "2024 01 01", "2024.01.01", "2024-13-01",
    "2024-01-01 10:00:60", "1-1-1", "2024-01-01 1:00:00", "10:00", "10:00:00", "10:00:00.5",
    "1:2:3", "10:00 PM", "25:00:00", "1000", "noon", "1 day", "1 year 2 months", "P1D", "1 mon",
    "2 hours ago", "x", "1.5 days", "null", "{}", "[1, 2", '{"a": 1}', "naïve", "a'b\"c\\d", "12.0",
    "99999999999999999999999999999", "1e27", None,
]  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    ["integer", "float", "decimal", "boolean", "date", "timestamp", "time", "interval", "string"],
)
def test_texts_read_as_they_read_in_duckdb(both: Callable[[Any], Any], kind: str) -> None:
    there, here = both(pa.table({"s": TEXTS}))
    reads = Frequencies(of=(S, call("castable", S, kind)))
    expected, found = here.fold("t", [reads])[reads][()], there.fold("t", [reads])[reads][()]
    assert found.as_dict() == expected.as_dict()


def test_texts_are_the_numbers_they_are_in_duckdb(both: Callable[[Any], Any]) -> None:
    there, here = both(pa.table({"s": TEXTS}))
    number = Frequencies(of=(S, call("number", S)))
    expected, found = here.fold("t", [number])[number][()], there.fold("t", [number])[number][()]
    assert found.as_dict() == expected.as_dict()


FORMATS = [
    "%Y-%m-%d", "%Y%m%d", "%d%m%Y", "%y-%m-%d", "%H:%M:%S", "%I:%M %p", "%H:%M:%S.%f", "%b %d %Y",
    "%B %d %Y", "%a %Y-%m-%d", "%A %Y-%m-%d", "%Y %j", "%j", "%m/%d", "%d", "%Y-%m-%d %z",
    "%Y-%m-%d%z", "%%%Y", "%Y  %m", "a.b*%Y", "%d.%m.%Y %H:%M",
]  # fmt: skip
WRITTEN = [
    "2024-1-5", "2024-01-05 ", " 2024-01-05", "24-01-05", "02024-01-05", "-2024-01-05",
    "2024-02-30", "2023-02-29", "2024-02-29", "2000-02-29", "1900-02-29", "2024-00-01",
    "2024-1-32", "0-2-29", "4-01-05", "69-1-1", "00-02-29", "72-02-29", "20240105", "2024105",
    "202415", "05012024", "5012024", "10:00:00", "1:2:3", "24:00:00", "23:60:00", "010:00:00",
    "10:00 PM", "13:00 PM", "0:30 am", "12:00 AM", "10:00  pm", "10:00:00.5", "10:00:00.1234567",
    "Jan 5 2024", "JANUARY 5 2024", "january 05 2024", "Feb 30 2024", "Sept 1 2024",
    "Fri 2024-01-05", "friday 2024-01-05", "Mon 2024-02-31", "2024 366", "2024 367", "2024 0",
    "2024 5", "2024 005", "60", "366", "02/29", "2/28", "02/30", "31", "0", "32", "1", "01",
    "2024-01-05 +02", "2024-01-05 +02:00", "2024-01-05 +0200", "2024-01-05 Z", "2024-01-05 -2",
    "2024-01-05 +02:00:30", "2024-01-05 +002", "2024-01-05+02", "%2024", "2024  1", "2024 1",
    "2024\t1", "20241", "a.b*2024", "aXb*2024", "29.02.2024 7:05", "29.02.2023 07:05", "", None,
]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_formats_are_read_as_in_duckdb(both: Callable[[Any], Any], form: str) -> None:
    there, here = both(pa.table({"s": WRITTEN}))
    written = Frequencies(of=(S, call("written", S, form)))
    expected, found = here.fold("t", [written])[written][()], there.fold("t", [written])[written]
    assert found[()].as_dict() == expected.as_dict()


def test_text_of_numbers_and_moments(both: Callable[[Any], Any]) -> None:
    doubles = [1.0, 1e5, 1e14, 1e15, 123456789012345.0, 1234567890123456.0, 1e16, 1e20, 1e-4, 1e-5,
               -0.0, INF, -INF, 1234567890123456.8, 1e300, 0.1, 1234567.5, 5e-324]  # fmt: skip
    moments = [0, 1_500_000, -1, 1_704_067_200_000_000, 253_402_300_800_000_000, None] * 3
    there, here = both(
        pa.table(
            {
                "double": pa.array(doubles),
                "real": pa.array([d if abs(d) < 1e38 else 1.0 for d in doubles], pa.float32()),
                "timestamp": pa.array(moments).cast(pa.timestamp("us")),
                "zoned": pa.array(moments).cast(pa.timestamp("us", "UTC")),
                "date": pa.array([0, 1, -719_162, 19_782, 2_932_897, None] * 3, pa.int32()).cast(
                    pa.date32()
                ),
                "flag": pa.array([True, False, None] * 6),
                "time": pa.array([0, 1, 86_399_999_999] * 6).cast(pa.time64("us")),
                "whole": pa.array([0, -1, 2**63 - 1] * 6),
            }
        )
    )
    for name in here.schema("t").names:
        if name != "time":
            assert there.examples("t", call("not", False), columns=[name], limit=20) == (
                here.examples("t", call("not", False), columns=[name], limit=20)
            )
        text = Frequencies(of=(call("text", Column(name)),))
        assert there.fold("t", [text])[text][()] == here.fold("t", [text])[text][()], name


def test_text_of_intervals_and_bytes(over: Callable[[Any], Any], engine: Any, server: Any) -> None:
    spans = ["14 months 3 days 25 hours", "-1 day 2 hours", "0 days", "-1 month", "1.5 seconds",
             "1 month -1 day", "-90 minutes"]  # fmt: skip
    there = over(server.query(" UNION ALL ".join(f"SELECT INTERVAL '{s}' AS i" for s in spans)))
    found = {row[0] for row in there.examples("t", call("not", False), limit=20)[1]}
    assert found == {
        "1 year 2 months 3 days 25:00:00", "-1 day 02:00:00", "00:00:00", "-1 month", "00:00:01.5",
        "1 month -1 day", "-01:30:00",
    }  # fmt: skip
    held = pa.table({"b": pa.array([b"a\x00\x7f\x80'\"\\ \n~", b"", None])})
    engine.attach("t", reference.Memory(held))
    there = over(held)
    counts = Frequencies(of=(Column("b"),))
    assert there.fold("t", [counts])[counts] == engine.fold("t", [counts])[counts]


@pytest.fixture
def looking_up(there: Any, server: Any) -> Any:
    held = pa.table({"k": ["a", "b", None, "c"], "n": [1.0, None, 1.0, 9.0]})
    there.attach("t", server.load(held, "looking"))
    found = pa.table({"key": ["a", None, "c"], "number": [1, 2, None]})
    there.attach("other", server.load(found, "looked_in"))
    return there


def test_look_ups(looking_up: Any) -> None:
    one = Member((Column("k"),), "other", ("key",))
    assert looking_up.examples("t", one, columns=["k"])[1] == [["a"], ["c"]]
    assert looking_up.examples("t", call("not", one), columns=["k"])[1] == [["b"]]
    assert looking_up.examples("t", call("is_null", one), columns=["k"])[1] == [[None]]
    two = Member((Column("k"), Column("n")), "other", ("key", "number"))
    assert looking_up.examples("t", two)[1] == [["a", 1.0]]
    assert looking_up.examples("t", call("not", two))[1] == [["c", 9.0]]
    assert looking_up.examples("t", call("is_null", two))[2] == 2
    aggregates = [Count(where=one), Count(where=call("not", one)), Count(by=(one,))]
    assert "".join(looking_up.explain("t", aggregates)).count("looked_in") == 1
    folded = looking_up.fold("t", aggregates)
    assert [folded[a][()].n for a in aggregates[:2]] == [2, 1]
    assert {k: s.n for k, s in folded[aggregates[2]].items()} == {
        (True,): 2, (False,): 1, (None,): 1,
    }  # fmt: skip


def test_repeated(both: Callable[[Any], Any]) -> None:
    there, here = both(
        pa.table({"k": ["a", "b", "a", None, None, "c"], "n": [1.0, 2.0, 1.0, 1.0, 1.0, NAN]})
    )
    for of in ((Column("k"),), (Column("n"),), (Column("k"), Column("n"))):
        by = Count(by=(Repeated(of),))
        assert there.fold("t", [by]) == here.fold("t", [by])


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(logic.TREES)
def test_nested_logic(over: Callable[[Any], Any], server: Any, tree: Any) -> None:
    engine = over(server.query("SELECT i/4 AS a, i/2%2 AS b, i%2 AS c FROM generate_series(0,7) i"))
    count = Count(where=tree)
    assert engine.fold("t", [count])[count][()].n == sum(logic.truth(tree, i) for i in range(8))


EDGES = [0.0, -0.0, 1.0, -1.0, 5e-324, -2.2e-308, 1e-200, 1e200, 1.7e308, -1.7e308, 9e307, 1e-10,
         709.0, 710.0, -745.0, -746.0, INF, -INF, NAN]  # fmt: skip


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div"])
def test_arithmetic_is_ieee_754(both: Callable[[Any], Any], op: Any) -> None:
    pairs = [(a, b) for a in EDGES for b in EDGES]
    there, here = both(pa.table({"x": [a for a, _ in pairs], "y": [b for _, b in pairs]}))
    sample = Sample(of=(call(op, X, Column("y")),))
    [expected] = here.fold("t", [sample])[sample][()].arrays()
    [found] = there.fold("t", [sample])[sample][()].arrays()
    assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-15, abs=0, nan_ok=True)


@pytest.mark.parametrize("op", ["abs", "ln", "exp", "sqrt", "floor"])
def test_functions_are_ieee_754(both: Callable[[Any], Any], op: Any) -> None:
    there, here = both(pa.table({"x": EDGES}))
    sample = Sample(of=(call(op, X),))
    [expected] = here.fold("t", [sample])[sample][()].arrays()
    [found] = there.fold("t", [sample])[sample][()].arrays()
    assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-15, abs=1e-320, nan_ok=True)


ATOMS = st.one_of(
    st.sampled_from(list("abAB019 _-.\n\té😀k\u212a")).map(lambda c: "\\" + c if c in ".-" else c),
    st.sampled_from(
        [".", r"\d", r"\W", r"\s", "[a-c]", "[^a-b]", "[[:alpha:]_]", r"\pL", "(?i:k)"]
    ),
)
PIECES = st.builds(
    lambda atom, times: atom + times, ATOMS, st.sampled_from(["", "*", "+", "?", "{2}", "{0,3}"])
)
TEXT = st.text("abAB019 _-.\n\té😀k\u212a", max_size=6)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    st.recursive(
        st.lists(PIECES, min_size=1, max_size=3).map("".join),
        lambda inner: st.builds(lambda a, b, t: f"(?:{a}|{b}){t}", inner, inner,
                                st.sampled_from(["", "*", "+?"])),
        max_leaves=3,
    ),
    st.lists(TEXT, min_size=1, max_size=20),
)  # fmt: skip
def test_patterns_match_what_re2_matches(
    there: Any, server: Any, engine: Any, pattern: str, texts: list[str]
) -> None:
    engine.attach("t", reference.Memory(pa.table({"s": texts})))
    quoted = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
    there.attach("t", server.query(f"SELECT unnest(ARRAY[{quoted}]::text[]) AS s"))
    matches = Frequencies(of=(S, call("matches", S, pattern)))
    assert there.fold("t", [matches])[matches] == engine.fold("t", [matches])[matches]


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    st.lists(PIECES, min_size=1, max_size=3).map("".join),
    st.lists(TEXT, min_size=1, max_size=20),
)
def test_patterns_replace_what_re2_replaces(
    there: Any, server: Any, engine: Any, pattern: str, texts: list[str]
) -> None:
    try:
        patterns.every(pattern)
    except EngineError:
        reject()
    engine.attach("t", reference.Memory(pa.table({"s": texts})))
    quoted = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
    there.attach("t", server.query(f"SELECT unnest(ARRAY[{quoted}]::text[]) AS s"))
    replaced = Frequencies(of=(S, call("replace", S, pattern, "<&>")))
    assert there.fold("t", [replaced])[replaced] == engine.fold("t", [replaced])[replaced]


@pytest.mark.parametrize(
    "pattern", ["a*", "a|ab", "(a)b", "a+?", "^a", r"\ba", "(?U)a+", "a|"], ids=repr
)
def test_patterns_that_might_replace_other_parts_are_refused(pattern: str) -> None:
    with pytest.raises(EngineError, match="PostgreSQL would replace other parts"):
        patterns.every(pattern)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"a{300}", ["a" * 300], ["a" * 299, "a" * 301]),
        (r"a{2,400}", ["aa", "a" * 400], ["a", "a" * 401]),
        (r"a{260,}", ["a" * 260, "a" * 900], ["a" * 259]),
        (r"[^\x00-\x{10FFFF}]?", [""], ["a"]),
        (r"\Qa.b\E", ["a.b"], ["axb"]),
        (r"[]a-]+", ["]a-"], ["b"]),
        (r"(?P<n>x)+|", ["", "xx"], ["y"]),
        (r"\101\x42\x{43}", ["ABC"], ["abc"]),
        (r"(?i)stra\pLe", ["STRAßE", "straſe"], ["strasse"]),
        (r"[[:^digit:]\d]+", ["a1"], [""]),
        (r"(?s).(?-s).", ["\na"], ["a\n"]),
        (r"[\D]", ["a"], ["1"]),
        (r"^*a$", ["a"], ["b"]),
        (r"a{,2}", ["a{,2}"], ["a", "aa"]),
    ],
)
def test_rarer_patterns(
    both: Callable[[Any], Any], pattern: str, yes: list[str], no: list[str]
) -> None:
    matches = Count(where=call("matches", S, pattern))
    for engine in both(pa.table({"s": yes + no})):
        found = engine.examples("t", matches.where, columns=["s"], limit=99)[1]
        assert [row[0] for row in found] == yes
