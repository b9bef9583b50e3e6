"""Expectations about each value of a column; ``mostly`` is the share that must be good."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.suite.exchange import predicates as p
from assay.suite.exchange.entries import Draft, UnmappableError, check, plain, share, values
from assay.suite.exchange.gx.rules import Mapped, maps
from assay.suite.exchange.kinds import kind_for
from assay.suite.exchange.patterns import either, liked, searched, usable

if TYPE_CHECKING:
    from assay.suite.exchange.arguments import Arguments


def mostly(a: Arguments) -> dict[str, Any]:
    """The criterion for the share of good rows."""
    least = a.number("mostly", 1)
    if not 0 <= least <= 1:
        raise UnmappableError(f"`mostly` must be from 0 to 1, not {least:.10g}")
    return share(least)


def _each(a: Arguments, metric: str, **params: Any) -> Draft:
    return check(metric, {"column": a.text("column"), **params}, mostly(a))


@maps("expect_column_values_to_not_be_null", "completeness")
def _not_null(a: Arguments) -> Draft:
    return _each(a, "completeness")


@maps("expect_column_values_to_be_null", "completeness")
def _null(a: Arguments) -> Draft:
    least = mostly(a)["at_least"]
    beside = {"equals": 0} if least == 1 else {"at_most": round(1 - least, 12)}
    return check("completeness", {"column": a.text("column")}, beside)


@maps("expect_column_values_to_be_unique", "uniqueness", "not_repeated")
def _unique(a: Arguments) -> Draft:
    least = mostly(a)
    metric = "uniqueness" if least == share(1) else "not_repeated"
    return check(metric, {"key": [a.text("column")]}, least)


@maps("expect_column_values_to_be_between", "in_range", "satisfies")
def _between(a: Arguments) -> Draft:
    low, high = a.any("min_value"), a.any("max_value")
    if low is None and high is None:
        raise UnmappableError("it states no bound, so it always holds")
    above, below = a.flag("strict_min"), a.flag("strict_max")
    texts = [bound for bound in (low, high) if isinstance(bound, str)]
    if texts and not all(_is_date(bound) for bound in texts):
        return _between_texts(a, (low, ">" if above else ">="), (high, "<" if below else "<="))
    inclusive = {
        "lower_inclusive": False if above and low is not None else None,
        "upper_inclusive": False if below and high is not None else None,
    }
    limits = {"lower": _bound(low), "upper": _bound(high)}
    return _each(a, "in_range", **limits, **inclusive)


def _bound(bound: Any) -> Any:
    if isinstance(bound, float) and bound == int(bound) and abs(bound) < 1e15:
        return int(bound)
    if bound is None or (isinstance(bound, int | float | str) and not isinstance(bound, bool)):
        return bound
    raise UnmappableError(f"a bound must be a number or a date, not {bound!r}")


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _between_texts(a: Arguments, *bounds: tuple[Any, str]) -> Draft:
    column = p.column(a.text("column"))
    tests = [p.compare(op, column, p.constant(b)) for b, op in bounds if b is not None]
    params = {"predicate": p.sql(p.all_of(tests)), "where": p.sql(p.is_known(column))}
    return check("satisfies", params, mostly(a))


@maps("expect_column_values_to_be_in_set", "in_set")
def _in_set(a: Arguments) -> Draft:
    return _each(a, "in_set", values=values(a.items("value_set")))


@maps("expect_column_values_to_not_be_in_set", "not_in_set")
def _not_in_set(a: Arguments) -> Draft:
    return _each(a, "not_in_set", values=values(a.items("value_set")))


@maps("expect_column_values_to_be_of_type", "has_type")
def _of_type(a: Arguments) -> Draft:
    return _each(a, "has_type", type=kind_for([a.text("type_")]))


@maps("expect_column_values_to_be_in_type_list", "has_type")
def _in_types(a: Arguments) -> Draft:
    return _each(a, "has_type", type=kind_for(a.texts("type_list")))


@maps("expect_column_value_lengths_to_equal", "length_in_range")
def _length(a: Arguments) -> Draft:
    value = a.number("value", 0.5)
    if value != int(value):
        raise UnmappableError("`value` must be a whole number")
    return _each(a, "length_in_range", lower=int(value), upper=int(value))


@maps("expect_column_value_lengths_to_be_between", "length_in_range")
def _lengths(a: Arguments) -> Draft:
    low, high = a.number("min_value"), a.number("max_value")
    if low is None and high is None:
        raise UnmappableError("it states no bound, so it always holds")
    if low is not None:
        low = int(low) + 1 if a.flag("strict_min") else -int(-low // 1)
    if high is not None:
        high = -int(-high // 1) - 1 if a.flag("strict_max") else int(high // 1)
    return _each(a, "length_in_range", lower=low, upper=high)


@maps("expect_column_values_to_match_regex", "matches")
def _regex(a: Arguments) -> Draft:
    return _each(a, "matches", pattern=searched(a.text("regex", "(?s).*")))


@maps("expect_column_values_to_not_match_regex", "does_not_match")
def _not_regex(a: Arguments) -> Draft:
    return _each(a, "does_not_match", pattern=usable(a.text("regex")))


@maps("expect_column_values_to_match_regex_list", "matches")
def _regexes(a: Arguments) -> Any:
    return _one_or_all(a, [searched(regex) for regex in a.texts("regex_list")])


@maps("expect_column_values_to_not_match_regex_list", "does_not_match")
def _not_regexes(a: Arguments) -> Draft:
    patterns = [usable(regex) for regex in a.texts("regex_list")]
    return _each(a, "does_not_match", pattern=either(patterns))


def _one_or_all(a: Arguments, patterns: list[str]) -> Any:
    if a.choice("match_on", ("any", "all"), "any") == "any" or len(patterns) == 1:
        return _each(a, "matches", pattern=either(patterns))
    if mostly(a) != share(1):
        raise UnmappableError("a share of values that match all of several patterns has no metric")
    return tuple(_each(a, "matches", pattern=pattern) for pattern in patterns)


@maps("expect_column_values_to_match_like_pattern", "like", "matches")
def _like(a: Arguments) -> Draft:
    pattern, escape = a.text("like_pattern"), a.text("escape", None)
    if escape:
        return _each(a, "matches", pattern=liked(pattern, escape))
    return _each(a, "like", pattern=pattern)


@maps("expect_column_values_to_not_match_like_pattern", "not_like", "does_not_match")
def _not_like(a: Arguments) -> Draft:
    pattern, escape = a.text("like_pattern"), a.text("escape", None)
    if escape:
        return _each(a, "does_not_match", pattern=f"^(?:{liked(pattern, escape)})$")
    return _each(a, "not_like", pattern=pattern)


@maps("expect_column_values_to_match_like_pattern_list", "matches")
def _likes(a: Arguments) -> Any:
    escape = a.text("escape", None)
    return _one_or_all(a, [liked(pattern, escape) for pattern in a.texts("like_pattern_list")])


@maps("expect_column_values_to_not_match_like_pattern_list", "does_not_match")
def _not_likes(a: Arguments) -> Draft:
    escape = a.text("escape", None)
    patterns = [liked(pattern, escape) for pattern in a.texts("like_pattern_list")]
    return _each(a, "does_not_match", pattern=f"^(?:{either(patterns)})$")


@maps("expect_column_values_to_match_strftime_format", "date_format")
def _format(a: Arguments) -> Draft:
    return _each(a, "date_format", format=a.text("strftime_format"))


@maps("expect_column_values_to_be_dateutil_parseable", "has_type")
def _parseable(a: Arguments) -> Mapped:
    return Mapped(
        (_each(a, "has_type", type="timestamp"),),
        "ISO 8601 texts are taken, and not whatever dateutil can guess",
    )


@maps("expect_column_values_to_be_json_parseable", "is_json")
def _json(a: Arguments) -> Draft:
    return _each(a, "is_json")


@maps("expect_column_values_to_match_json_schema", "json_schema")
def _json_schema(a: Arguments) -> Draft:
    schema = a.any("json_schema")
    if not isinstance(schema, dict):
        raise UnmappableError("`json_schema` must be an object")
    return _each(a, "json_schema", schema=schema)


@maps("expect_column_value_z_scores_to_be_less_than", "outliers")
def _z_scores(a: Arguments) -> Draft:
    threshold = a.number("threshold", 0)
    if not a.flag("double_sided", default=True):
        raise UnmappableError("a z-score that is bounded on one side only has no metric")
    if not threshold > 0:
        raise UnmappableError("`threshold` must be a number above 0")
    return _few_outliers(a, "zscore", threshold)


@maps("expect_column_values_to_not_be_outliers", "outliers")
def _outliers(a: Arguments) -> Draft:
    method = a.choice("method", ("iqr", "std"), "iqr")
    return _few_outliers(a, "iqr" if method == "iqr" else "zscore", a.number("multiplier", 1.5))


def _few_outliers(a: Arguments, method: str, k: float) -> Draft:
    most = round(1 - mostly(a)["at_least"], 12)
    params = {"column": a.text("column"), "method": method, "k": plain(k)}
    return check("outliers", params, {"at_most": plain(most)})
