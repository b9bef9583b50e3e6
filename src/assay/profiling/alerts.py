"""What in a column a person should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.profile import Alert
from assay.core.schema import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay.core.expr import Scalar
    from assay.core.profile import ColumnProfile

_MANY_TEXTS = 100
_SCALE = 10
"""With so few different numbers a column is a scale or a code, which has no tail."""
_LONG_TAIL = 5.0


def alerts(
    column: ColumnProfile,
    counts: Mapping[Scalar, int],
    points: Mapping[float, float],
) -> list[Alert]:
    """Alerts on one column.

    Args:
        counts: rows by value, where all values were counted.
        points: order statistics by probability, as numbers.
    """
    return list(_alerts(column, counts, points))


def _alerts(
    column: ColumnProfile, counts: Mapping[Scalar, int], points: Mapping[float, float]
) -> Iterator[Alert]:
    if column.rows == 0:
        return
    if column.values == 0:
        yield Alert(kind="all_null", text="no row has a value")
        return
    if column.nulls > column.rows / 2:
        share = _percent(column.nulls, column.rows)
        yield Alert(kind="mostly_null", text=f"{share} of the rows have no value")
    if column.distinct == 1 and column.values > 1:
        beside = " beside nulls" if column.nulls else ""
        yield Alert(kind="constant", text=f"it has one value{beside} only")
    if column.kind in ("integer", "string") and column.distinct == column.values > 1:
        yield Alert(kind="identifier", text="every value is different: it may identify rows")
    elif column.kind == "string" and column.distinct > _MANY_TEXTS and column.format is None:
        yield Alert(kind="high_cardinality", text=f"{column.distinct:,} different texts")
    yield from _variants(counts)
    if column.spread is not None:
        yield from _numbers(column, points)


def _variants(counts: Mapping[Scalar, int]) -> Iterator[Alert]:
    """Texts that differ only in case or in surrounding space."""
    spelt: dict[str, list[str]] = {}
    for value in counts:
        if isinstance(value, str):
            spelt.setdefault(value.strip().casefold(), []).append(value)
    several = [sorted(values) for values in spelt.values() if len(values) > 1]
    if several:
        shown = " and ".join(repr(value[:40]) for value in several[0][:2])
        more = f"; {len(several) - 1:,} more such" if len(several) > 1 else ""
        yield Alert(kind="variants", text=f"{shown} differ only in case or space{more}")


def _numbers(column: ColumnProfile, points: Mapping[float, float]) -> Iterator[Alert]:
    spread = column.spread
    assert spread is not None
    if spread.infinite:
        what = "value is" if spread.infinite == 1 else "values are"
        yield Alert(kind="infinite", text=f"{spread.infinite:,} {what} infinite")
    if column.kind not in NUMERIC:
        return
    if spread.zeros > column.values / 2 and column.distinct > 1:
        yield Alert(kind="zeros", text=f"{_percent(spread.zeros, column.values)} are 0")
    if column.distinct > _SCALE:
        yield from _tail(points)


def _tail(points: Mapping[float, float]) -> Iterator[Alert]:
    """A tail that reaches much farther from the median on one side than on the other.

    The distances of the 5th and 95th percentile are compared (Hinkley 1975, Biometrika 62:101):
    unlike the third moment this does not hang on one extreme value. A normal column has 1, an
    exponential one 3.6, a lognormal one (sigma 1) 5.2.
    """
    low, high = points[0.5] - points[0.05], points[0.95] - points[0.5]
    near, far = sorted((low, high))
    if far <= 0 or far < _LONG_TAIL * near:
        return
    side = "upper" if high > low else "lower"
    if near <= 0:
        yield Alert(kind="skewed", text=f"half the values sit at one end: a long {side} tail")
    else:
        yield Alert(kind="skewed", text=f"the {side} tail reaches {far / near:.0f} times as far")


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f} %" if share < 99.5 or part == whole else "over 99 %"
