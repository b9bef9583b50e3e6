"""Expectations about one figure of a column: an extreme, a mean, a count, a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.suite.exchange.entries import Draft, UnmappableError, bounds, check, share, values
from assay.suite.exchange.gx.rules import Mapped, maps
from assay.suite.exchange.gx.tables import interval, iso_date

if TYPE_CHECKING:
    from assay.suite.exchange.arguments import Arguments


def _figure(expectation: str, metric: str, *, whole: bool = False, note: str = "") -> None:
    @maps(expectation, metric)
    def rule(a: Arguments) -> Mapped:
        beside = interval(a, whole=whole)
        return Mapped((check(metric, {"column": a.text("column")}, beside),), note)


_figure("expect_column_mean_to_be_between", "mean")
_figure("expect_column_stdev_to_be_between", "std")
_figure("expect_column_sum_to_be_between", "sum")
_figure("expect_column_unique_value_count_to_be_between", "distinct_count", whole=True)
_figure("expect_column_proportion_of_non_null_values_to_be_between", "completeness")


@maps("expect_column_proportion_of_unique_values_to_be_between", "uniqueness")
def _unique(a: Arguments) -> Draft:
    return check("uniqueness", {"key": [a.text("column")]}, interval(a))


@maps("expect_column_median_to_be_between", "quantile")
def _median(a: Arguments) -> Mapped:
    return Mapped(
        (check("quantile", {"column": a.text("column"), "q": 0.5}, interval(a)),),
        "of an even number of values it is the lower of the middle two, not their mean",
    )


@maps("expect_column_quantile_values_to_be_between", "quantile")
def _quantiles(a: Arguments) -> Mapped:
    column = a.text("column")
    a.node("allow_relative_error")  # how GX may save time
    ranges = a.any("quantile_ranges")
    if not isinstance(ranges, dict) or set(ranges) != {"quantiles", "value_ranges"}:
        raise UnmappableError("`quantile_ranges` must have `quantiles` and `value_ranges`")
    probabilities, limits = ranges["quantiles"], ranges["value_ranges"]
    if not isinstance(probabilities, list) or not isinstance(limits, list):
        raise UnmappableError("`quantiles` and `value_ranges` must be lists")
    if len(probabilities) != len(limits) or not limits:
        raise UnmappableError("`quantiles` and `value_ranges` must pair")
    checks = [
        check("quantile", {"column": column, "q": _probability(q)}, bounds(*_pair(pair)))
        for q, pair in zip(probabilities, limits, strict=True)
    ]
    return Mapped(tuple(checks), "a quantile is a value of the column, the lower of two")


def _probability(q: Any) -> float:
    if isinstance(q, bool) or not isinstance(q, int | float) or not 0 <= q <= 1:
        raise UnmappableError(f"{q!r} is not a probability")
    return q


def _pair(pair: Any) -> tuple[float | None, float | None]:
    if isinstance(pair, list) and len(pair) == 2 and all(_is_bound(end) for end in pair):
        return pair[0], pair[1]
    raise UnmappableError("each of `value_ranges` must be a pair of numbers or nulls")


def _is_bound(end: Any) -> bool:
    return end is None or (isinstance(end, int | float) and not isinstance(end, bool))


def _extreme(expectation: str, metric: str, side: str, *more: str) -> None:
    @maps(expectation, metric, "in_range", *more)
    def rule(a: Arguments) -> Any:
        low, high = a.any("min_value"), a.any("max_value")
        if not any(isinstance(bound, str) for bound in (low, high)):
            return check(metric, {"column": a.text("column")}, interval(a))
        return _extreme_of_dates(a, side)


def _extreme_of_dates(a: Arguments, side: str) -> Mapped:
    """The outer bound holds for all values; that some value reaches the inner one, freshness says:
    the newest is then no older than the bound."""
    column = a.text("column")
    outer, inner = ("max", "min") if side == "upper" else ("min", "max")
    checks = []
    if a.has(f"{outer}_value"):
        inclusive = False if a.flag(f"strict_{outer}") else None
        limit = {side: iso_date(a.text(f"{outer}_value")), f"{side}_inclusive": inclusive}
        checks.append(check("in_range", {"column": column, **limit}, share(1)))
    if a.has(f"{inner}_value"):
        if side == "lower" or a.flag(f"strict_{inner}"):
            raise UnmappableError(f"that a date lies before `{inner}_value` has no metric")
        at = iso_date(a.text(f"{inner}_value"))
        checks.append(check("freshness", {"column": column, "at": at}, {"at_most": 0}))
    return Mapped(tuple(checks))


_extreme("expect_column_max_to_be_between", "maximum", "upper", "freshness")
_extreme("expect_column_min_to_be_between", "minimum", "lower")


@maps("expect_column_distinct_values_to_be_in_set", "in_set")
def _in_set(a: Arguments) -> Draft:
    return check("in_set", _column_and_set(a), share(1))


@maps("expect_column_distinct_values_to_contain_set", "covers_set")
def _covers(a: Arguments) -> Draft:
    return check("covers_set", _column_and_set(a), share(1))


@maps("expect_column_distinct_values_to_equal_set", "in_set", "covers_set")
def _equals(a: Arguments) -> tuple[Draft, ...]:
    given = _column_and_set(a)
    return check("in_set", given, share(1)), check("covers_set", given, share(1))


def _column_and_set(a: Arguments) -> dict[str, Any]:
    return {"column": a.text("column"), "values": values(a.items("value_set"))}


@maps("expect_column_most_common_value_to_be_in_set", "mode_in_set")
def _mode(a: Arguments) -> Mapped:
    note = ""
    if a.flag("ties_okay"):
        note = "of several equally common values all must be listed, not one"
    return Mapped((check("mode_in_set", _column_and_set(a), {"equals": 1}),), note)


@maps("expect_column_kl_divergence_to_be_less_than", "kl_divergence")
def _kl(a: Arguments) -> Draft:
    column, threshold = a.text("column"), a.number("threshold")
    for name in ("internal_weight_holdout", "tail_weight_holdout"):
        if a.number(name, 0):
            raise UnmappableError(f"`{name}` has no equal")
    for name in ("bucketize_data", "min_value", "max_value"):
        a.node(name)  # of a partition that is computed, not given
    if threshold is None:
        raise UnmappableError("it states no threshold, so it always holds")
    partition = a.any("partition_object")
    if not isinstance(partition, dict) or "weights" not in partition:
        raise UnmappableError("`partition_object` is missing or has no weights")
    return check(
        "kl_divergence", {"column": column, "partition": partition}, {"at_most": threshold}
    )


@maps("expect_column_pair_cramers_phi_value_to_be_less_than", "association")
def _cramers(a: Arguments) -> Draft:
    for name in ("bins_A", "bins_B", "n_bins_A", "n_bins_B"):
        if a.has(name):
            raise UnmappableError(f"`{name}` has no equal")
    columns = {"column": a.text("column_A"), "with_column": a.text("column_B")}
    return check("association", columns, {"at_most": a.number("threshold", 0.1)})
