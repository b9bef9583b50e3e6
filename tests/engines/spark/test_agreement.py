"""Every operator gives on Spark, for every value, what it gives in the embedded engine."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import EngineError
from assay.core.expr import Call, Column, Expr, Sql, call

pytestmark = pytest.mark.needs("java")

DOUBLES = [
    0.0, -0.0, 1.0, 1.5, -2.25, 1e7, 9999999.5, 12345678.0, 123456789.125, 1e15, 9007199254740993.0,
    1e16, 1.2345e17, 1e20, 1e300, 1e-3, 9e-4, 1e-4, 1.5e-4, 9.99e-5, 1e-5, 1e-7,
    1.7976931348623157e308,
    math.inf, -math.inf, math.nan, None, 0.1, 2 / 3, 2e-3, 1234567.1234567, 100.0, 1e22, -7.0,
]  # fmt: skip
TEXTS = [
    "1", "1.", " 1 ", ".5", "1e5", "1e", "nan", "NaN", "1d", "1f", "0x10", "1_000", "--1", "1e400",
    "1e-400", "", "\t1", "true", "T", "yes", "y", "on", "off", "no", "2024-01-05", "2024-1-5",
    "2024/01/05", "2024", "2024-01", "2024-02-30", "2024-01-05 ", "2024-01-05T00:00:00",
    "2024-01-05 10:00:00", "20240105", "2024-01-05x", "12345-01-01", "24-01-05", "0024-01-05",
    "2024 01 05", "05-01-2024", "2024-01-05T10:00:00Z", "2024-01-05 10:00:00+02",
    "2024-01-05 10:00:00+02:00", "2024-01-05 10:00", "2024-01-05 10", "2024-01-05 25:00:00",
    "2024-01-05 10:00:00.123456789", "10:00:00", "2024-02-30 00:00:00", "2024-01-05 10:00:60",
    "2024-01-05  10:00:00", "12:30", "1:2:3", "23:59:59", "12", "12:30:60", "1e-20", "1,5",
    "99999999999999999999999999", "999999999999999999999999999", "1 day", "1 day 2 hours",
    "01:00:00", "P1D", "-1 month", "1 year 2 mons", "day", "1d", "1.5 days", None, "é👍", "ÀÉ",
    " \t\u00a0x\u3000 ", "\u00a0x", "a\\b", "a%b", "a_b", "a\nb", '{"a":1}', "{", "[1,2]", "1 2",
    "null", '"x"', '{"a":1,"a":2}', "01", "[1]]", "1}", "1,2", '1,"a":2', "1],[2", "-5", "5-",
    "$1", "'; DROP TABLE t; --", "${spark.master}", "a'b\"c`d", "user@x.org", "N123AB", "N1", "NA",
]  # fmt: skip
FORMS = {
    "%Y-%m-%d": ["2024-01-05", "2024-1-5", "24-01-05", "12024-01-05", "2024-02-30", " 2024-01-05",
                 "2024-01-05 ", "2024-01-05x", "-024-01-05"],
    "%d/%m/%y": ["05/01/24", "5/1/24", "5/1/2024", "05/01/4", "05/01/69", "29/02/00", "29/02/01"],
    "%H:%M:%S": ["10:20:30", "1:2:3", "24:00:00", "10:20:60", "10:20"],
    "%I:%M %p": ["10:20 AM", "10:20 pm", "13:20 PM", "0:20 AM", "12:00 am", "10:20  AM"],
    "%b %d, %Y": ["Jan 05, 2024", "jan 5, 2024", "January 5, 2024", "Foo 5, 2024", "Feb 30, 2024"],
    "%B %Y": ["January 2024", "Jan 2024", "january 2024"],
    "%a %d %b %Y": ["Fri 05 Jan 2024", "Mon 05 Jan 2024", "Xyz 05 Jan 2024"],
    "%Y-%m-%dT%H:%M:%S%z": ["2024-01-05T10:00:00+0200", "2024-01-05T10:00:00+02:00",
                            "2024-01-05T10:00:00Z", "2024-01-05T10:00:00+02"],
    "%H:%M:%S.%f": ["10:20:30.1", "10:20:30.123456", "10:20:30.1234567", "10:20:30."],
    "%j %Y": ["005 2024", "5 2024", "366 2023", "366 2024", "367 2024", "0 2024"],
    "%Y%m%d": ["20240105", "2024105", "202415"],
    "%%%Y": ["%2024", "2024"],
    "%Y  %m": ["2024 01", "2024   01", "202401"],
    "%A, %d. %B %Y": ["Friday, 5. January 2024"],
    "%d.%m.%Y %H:%M": ["05.01.2024 10:00", "05.01.2024T10:00", "31.04.2024 1:2"],
}  # fmt: skip


def agree(pair: Any, expressions: list[Expr], *, tolerance: float = 1e-15) -> None:
    """Both engines give the same values, of the same type."""
    names = [f"r{i}" for i in range(len(expressions))]
    ours, theirs = pair.values(dict(zip(names, expressions, strict=True)))
    wrong = []
    for name, expression in zip(names, expressions, strict=True):
        for row, (a, b) in enumerate(
            zip(ours[name].to_pylist(), theirs[name].to_pylist(), strict=True)
        ):
            near = (
                isinstance(a, float)
                and isinstance(b, float)
                and (math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-15) or repr(a) == repr(b))
            )
            if not near and (type(a), a) != (type(b), b):
                wrong.append((expression, row, a, b))
    assert wrong == []


def test_numbers(pair) -> None:
    x, n = Column("x"), len(DOUBLES)
    singles = pa.array([v if v is None or v != v or abs(v) < 1e7 else 1.0 for v in DOUBLES])
    pair.attach(
        pa.table(
            {
                "x": pa.array(DOUBLES, pa.float64(), from_pandas=False),
                "f": singles.cast(pa.float32()),
                "zero": pa.array([0.0] * n),
                "minus_zero": pa.array([-0.0] * n),
            }
        )
    )
    agree(
        pair,
        [
            call("text", x), call("number", Column("f")), call("finite", x), call("is_null", x),
            call("not_null", x), call("abs", x), call("ln", x), call("exp", x), call("sqrt", x),
            call("floor", x), call("div", x, Column("zero")), call("div", x, Column("minus_zero")),
            call("div", 1, x), call("add", x, 1), call("sub", x, 0.5), call("mul", x, x),
            call("least", x, 1), call("greatest", x, 1), call("eq", x, x), call("lt", x, 1),
            call("ge", x, 0.0), call("same", x, None), call("same", x, math.nan),
            call("in", x, 1, None), call("castable", x, "integer"), call("castable", x, "float"),
            call("matches", x, "[0-9.]+"), call("length", x),
            call("case", call("gt", x, 1), x, 0), call("case", call("lt", x, 1), "low", "high"),
        ],
    )  # fmt: skip


def test_texts(pair) -> None:
    s = Column("s")
    pair.attach(pa.table({"s": pa.array(TEXTS)}))
    kinds = ("integer", "float", "decimal", "boolean", "date", "timestamp", "time", "string")
    patterns = [
        "[+-]?[0-9]+", ".*", "a.b", r"[^@]+@[^@]+\.[a-z]+", "(?i)àé", r"\Qa\b",
        r"N[0-9]{1,5}[A-Z]{0,2}",
        r"[\s\S]*(?:@|\s$)[\s\S]*", r"(a|\w)*", r"\p{Lu}+", r"^$|\d+", "é👍", "[é-ÿ].", r"\$\d",
    ]  # fmt: skip
    agree(
        pair,
        [
            call("number", s), *(call("castable", s, kind) for kind in kinds),
            *(call("matches", s, pattern) for pattern in patterns),
            call("length", s), call("lower", s), call("trim", s), call("like", s, "a%b"),
            call("like", s, "a\\%b"), call("like", s, "a_b"), call("like", s, "%\\%"),
            call("like", s, "%'%"), call("replace", s, "[0-9]", "$1"), call("replace", s, "[0-9]+",
            ""),
            call("replace", s, "(?i)[a-z]+b?", "-$0-"), call("eq", s, "${spark.master}"),
            call("eq", s, "a'b\"c`d"), call("eq", s, "a\\b"), call("in", s, "1", None, "a\nb"),
            call("eq", s, "'; DROP TABLE t; --"),
        ],
    )  # fmt: skip


def test_json(pair) -> None:
    """RFC 8259 to the letter; the embedded engine also takes NaN and a comma before a bracket."""
    pair.attach(pa.table({"s": pa.array([t for t in TEXTS if t not in ("nan", "NaN")])}))
    agree(pair, [call("json", Column("s"))])


@pytest.mark.parametrize("form", FORMS)
def test_dates_as_they_are_written(pair, form: str) -> None:
    pair.attach(pa.table({"s": pa.array([*FORMS[form], None])}))
    agree(pair, [call("written", Column("s"), form)])


def test_a_directive_that_is_not_known(pair) -> None:
    pair.attach(pa.table({"s": ["x"]}))
    with pytest.raises(EngineError, match="holds %U"):
        pair.spark.validate("t", [call("written", Column("s"), "%U")])


MOMENTS = [
    dt.datetime(1500, 1, 1, 1), dt.datetime(2024, 1, 1, 0, 0, 0, 500_000),
    dt.datetime(1969, 12, 31, 23, 59, 59), None, dt.datetime(1, 1, 1), dt.datetime(2024, 1, 1),
]  # fmt: skip
OTHERS = {
    "day": pa.array([dt.date(1500, 1, 1), dt.date(1, 1, 1), dt.date(2024, 2, 29), None,
                     dt.date(9999, 12, 31), dt.date(1582, 10, 10)]),
    "moment": pa.array(MOMENTS, pa.timestamp("us")),
    "zoned": pa.array(MOMENTS, pa.timestamp("us", "UTC")),
    "milli": pa.array(MOMENTS, pa.timestamp("ms")),
    "price": pa.array([Decimal(v) if v else None for v in
                       ("1.50", "-0.01", None, "0.00", "99999999.99", "1.00")], pa.decimal128(10,
                       2)),
    "fine": pa.array([Decimal(v) if v else None for v in
                      ("0.000000000001", "1", None, "0", "12345678901234567890.5", "-1")],
                     pa.decimal128(38, 12)),
    "huge": pa.array([2**64 - 1, 0, None, 2**63, 1, 2], pa.uint64()),
    "int": pa.array([2**63 - 1, -(2**63), None, 0, 1, 2]),
    "byte": pa.array([1, 255, None, 0, 1, 2], pa.uint8()),
    "flag": pa.array([True, False, None, True, False, True]),
    "bytes": pa.array([b"", b"ab\x00\xff~'\"\\", None, b"x", b"\n", b"\x7f"]),
    "list": pa.array([[1, 2], [], None, [5], [3], [4]]),
    "words": pa.array([["a", "b c"], [], None, ["d"], ["x"], ["y"]]),
    "time": pa.array([dt.time(12, 30), dt.time(0, 0, 0, 500_000), None, dt.time(23, 59, 59,
    999_999),
                      dt.time(1, 2, 3), dt.time(0)], pa.time64("us")),
    "code": pa.array(["a", "b", None, "a", "b", "c"]).dictionary_encode(),
    "nothing": pa.nulls(6),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_columns_of_every_type(pair, name: str) -> None:
    """Kinds, texts, numbers, examples and batches."""
    pair.attach(pa.table({name: OTHERS[name]}))
    column = Column(name)
    asked: list[Expr] = [call("text", column), call("is_null", column)]
    if name not in ("bytes", "list", "words", "nothing"):
        asked.append(call("number", column))
    asked += [call("castable", column, kind) for kind in ("integer", "string", "date")]
    agree(pair, asked)
    ours, theirs = (engine.schema("t").columns[0] for engine in (pair.spark, pair.embedded))
    assert (ours.name, ours.kind) == (theirs.name, theirs.kind)
    where = call("or", call("not_null", column), call("is_null", column))
    assert pair.spark.examples("t", where) == pair.embedded.examples("t", where)
    [ours], [theirs] = (list(e.batches("t", batch_size=9)) for e in (pair.spark, pair.embedded))
    assert ours.to_pylist() == theirs.to_pylist()


def test_values_of_different_columns_compare(pair) -> None:
    pair.attach(
        pa.table({k: v for k, v in OTHERS.items() if k not in ("list", "words", "nothing")})
    )
    c = Column
    agree(
        pair,
        [
            call("eq", c("day"), "2024-02-29"), call("ge", c("moment"), "2024-01-01"),
            call("lt", c("zoned"), "2024-01-01T00:00:00"), call("eq", c("price"), "1.5"),
            call("eq", c("price"), 1.5), call("gt", c("huge"), 5), call("gt", c("day"),
            c("moment")),
            call("add", c("int"), 1), call("mul", c("int"), c("int")), call("eq", c("time"),
            "12:30:00"),
            call("eq", c("flag"), True), call("in", c("price"), "1.5", None), call("gt", c("int"),
            1.5),
            call("eq", c("code"), "a"), call("same", c("huge"), c("int")), call("not", c("flag")),
        ],
    )  # fmt: skip


def test_texts_of_common_numbers_are_the_shortest(pair) -> None:
    rng = np.random.default_rng(1)
    n = 20_000
    values = np.concatenate(
        [rng.random(n), rng.lognormal(10, 2, n), np.round(rng.lognormal(3, 2, n), 2)]
    )
    pair.attach(pa.table({"x": values}))
    ours, theirs = pair.values({"r": call("text", Column("x"))})
    assert ours["r"].to_pylist() == theirs["r"].to_pylist() == [repr(v) for v in values.tolist()]


SQL = [
    "a / b", "a / 0", "a % 3", "ln(b) > 0", "log(b)", "log10(b)", "sqrt(a)", "round(b, 1)",
    "abs(a) > 2",
    "floor(b)", "ceil(b)", "CAST(CASE WHEN b < 9 THEN b END AS INTEGER)", "CAST(d AS BIGINT)",
    "CAST(a AS DOUBLE) / 3",
    "TRY_CAST(s AS DOUBLE)", "s LIKE 'a%'", r"s LIKE 'a\%'", r"s LIKE 'a!%' ESCAPE '!'",
    "s ILIKE 'A_'",
    "regexp_matches(s, '[0-9]')", "regexp_full_match(s, '[a-z]+')", "length(s)", "upper(s)",
    "trim(s)",
    "concat(s, 'x')", "s || 'x'", "coalesce(a, 0)", "nullif(a, 1)", "greatest(a, b)", "a IN (1, 2)",
    "a BETWEEN 0 AND 5", "a IS NULL OR b > 1", "CASE WHEN a > 1 THEN 'x' ELSE 'y' END",
    "year(t)", "month(t)", "day(t)", "hour(t)", "dayofweek(t)", "extract(quarter FROM t)",
    "t > TIMESTAMP '2024-01-01'", "t::DATE >= DATE '2024-02-01'", "t + INTERVAL 1 DAY > t",
    "date_diff('day', t, t + INTERVAL 40 HOUR)", "l[1]", "l[3]", "list_contains(l, 2)", "isnan(b)",
    "isinf(b)", "isfinite(b)", "contains(s, 'b')", "starts_with(s, 'a')", "substring(s, 2, 1)",
    "left(s, 1)", "replace(s, 'a', '')", "split_part(s, 'b', 1)", "strlen(s)",
    "a IS NOT DISTINCT FROM 1",
    "instr(s, 'b')", "reverse(s)", "a::DOUBLE::BIGINT", "pow(a, 2)", "sign(b)",
]  # fmt: skip
TABLE = {
    "a": pa.array([1, 2, -7, None, 0, 40]),
    "b": pa.array([0.5, 2.5, math.nan, None, 0.0, -3.5]),
    "d": pa.array([Decimal(v) for v in ("2.50", "-2.50", "0.49", "7.00", "3.50", "1.00")]),
    "s": pa.array(["abc", "a%", "12", None, "", "aé9"]),
    "t": pa.array([dt.datetime(2024, 1, 31, 22), dt.datetime(1999, 12, 31), None,
                   dt.datetime(2024, 2, 4, 23, 59, 59, 5), dt.datetime(1970, 1, 1),
                   dt.datetime(2024, 12, 30)], pa.timestamp("us")),
    "l": pa.array([[1, 2], [], None, [2], [5, 6, 7], [1]]),
}  # fmt: skip


def test_sql_that_a_person_wrote_means_the_same(pair) -> None:
    pair.attach(pa.table(TABLE))
    ours, theirs = pair.values({text: Sql(text) for text in SQL})
    wrong = {}
    for text in SQL:
        a, b = (list(map(_plain, table[text].to_pylist())) for table in (ours, theirs))
        if a != b:
            wrong[text] = (a, b)
    assert wrong == {}


def _plain(value: Any) -> Any:
    """Numbers as doubles: an engine may widen an integer."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return repr(round(float(value), 12) + 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "a // 2", "date_diff('month', t, t)", "strftime(t, '%Y') = '2024'", "epoch(t) > 0",
        "s::TIME",
        "regexp_extract(s, 'a') = 'a'", "extract(dow FROM t)", "jaro_similarity(s, 'abc')",
        "left(s, a)",
        "log(2, a)", "s SIMILAR TO 'a'", "initcap(s)", "a << 2", "l[a]", "list_sum(l)",
    ],
)  # fmt: skip
def test_sql_of_which_the_meaning_is_not_certain_is_refused(pair, text: str) -> None:
    pair.attach(pa.table(TABLE))
    pair.embedded.validate("t", [Sql(text)])
    with pytest.raises(EngineError, match="not run on Spark"):
        pair.spark.validate("t", [Sql(text)])


@pytest.mark.parametrize(
    "text",
    ["reflect('java.lang.System', 'exit', '1')", "java_method('a', 'b')", "(SELECT 1)", "a; DROP x",
     "input_file_name()", "a AS b", "count(*)", "current_user()"],
)  # fmt: skip
def test_sql_that_is_not_a_scalar_expression_is_refused(pair, text: str) -> None:
    pair.attach(pa.table(TABLE))
    with pytest.raises(EngineError):
        pair.spark.validate("t", [Sql(text)])


def test_lots_are_spread_evenly(pair) -> None:
    pair.attach(pa.table({"i": np.arange(20_000), "n": pa.nulls(20_000, pa.int64())}))
    lots = {
        "one": Call("lot", (Column("i"),)),
        "null": Call("lot", (Column("n"), Column("i"))),
        "swapped": Call("lot", (Column("i"), Column("n"))),
    }
    ours = pa.Table.from_batches(
        list(pair.spark.batches("t", batch_size=100_000, columns=[], added=lots))
    )
    drawn = ours["one"].to_numpy()
    assert drawn.min() >= 0
    assert drawn.max() < 1
    # Kolmogorov-Smirnov: below this in 999 of 1000 draws
    distance = np.abs(np.sort(drawn) - np.arange(1, 20_001) / 20_000).max()
    assert distance < 1.95 / math.sqrt(20_000)
    assert ours["null"].to_numpy().tolist() != ours["swapped"].to_numpy().tolist()
