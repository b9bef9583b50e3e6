"""What in a column, or in a table, a person should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.profile import Alert
from assay.core.schema import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assay.core.expr import Scalar
    from assay.core.profile import ColumnProfile, ValueCount

_MANY_TEXTS = 100
_SCALE = 10
"""With so few different numbers a column is a scale or a code, which has no tail."""
_LONG_TAIL = 5.0
_NEARLY_ALL = 0.99
_FEWEST = 100


def alerts(column: ColumnProfile, near: Sequence[tuple[str, float]] = ()) -> list[Alert]:
    """Alerts on one column.

    Args:
        near: other columns that it follows closely, with their correlations.
    """
    return [*_alerts(column), *_followed(near)]


def _alerts(column: ColumnProfile) -> Iterator[Alert]:
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
        about = "nearly every" if column.distinct_error else "every"
        yield Alert(kind="identifier", text=f"{about} value is different: it may identify rows")
    elif column.kind == "string" and column.distinct > _MANY_TEXTS and column.format is None:
        about = "about " if column.distinct_error else ""
        yield Alert(kind="high_cardinality", text=f"{about}{column.distinct:,} different texts")
    same = _nearly_all(column)
    if same is not None:
        share = _percent(same.n, column.values)
        yield Alert(kind="near_constant", text=f"{share} have one value: {_shown(same.value)}")
    if column.spread is not None:
        yield from _numbers(column, zeros=same is None or same.value != 0)


def _nearly_all(column: ColumnProfile) -> ValueCount | None:
    """The value that nearly all rows have, though not all of them; None where there is none."""
    if not column.top or column.distinct < 2 or column.values < _FEWEST:
        return None
    return column.top[0] if column.top[0].n >= _NEARLY_ALL * column.values else None


def _followed(near: Sequence[tuple[str, float]]) -> Iterator[Alert]:
    if near:
        shown = " and ".join(f"{name[:40]} (r = {_r(r)})" for name, r in near[:2])
        more = f", and {len(near) - 2} more" if len(near) > 2 else ""
        yield Alert(kind="correlated", text=f"it follows {shown}{more}")


def _r(r: float) -> str:
    text = f"{r:.3f}".replace("-", "−")
    return text if abs(r) < 0.9995 or abs(r) == 1 else f"{'−' if r < 0 else ''}> 0.999"


def table_alerts(rows: int, repeated: tuple[int, float] | None) -> list[Alert]:
    """Alerts on the table as a whole.

    Args:
        repeated: rows that are the same as another, and the error of their number.
    """
    if repeated is None or repeated[0] <= 2 * repeated[1] or repeated[0] <= 0:
        return []
    about = "about " if repeated[1] else ""
    n = repeated[0]
    repeat = "row repeats" if n == 1 else "rows repeat"
    text = f"{about}{n:,} {repeat} another in every column ({_percent(n, rows)})"
    return [Alert(kind="duplicate_rows", text=text)]


def variants(values: Iterable[Scalar]) -> list[Alert]:
    """Texts that differ only in case or in surrounding space."""
    spelt: dict[str, list[str]] = {}
    for value in values:
        if isinstance(value, str):
            spelt.setdefault(value.strip().casefold(), []).append(value)
    several = [sorted(found) for found in spelt.values() if len(found) > 1]
    if not several:
        return []
    shown = " and ".join(repr(value[:40]) for value in several[0][:2])
    more = f"; {len(several) - 1:,} more such" if len(several) > 1 else ""
    return [Alert(kind="variants", text=f"{shown} differ only in case or space{more}")]


def _numbers(column: ColumnProfile, *, zeros: bool) -> Iterator[Alert]:
    spread = column.spread
    assert spread is not None
    if spread.infinite:
        what = "value is" if spread.infinite == 1 else "values are"
        yield Alert(kind="infinite", text=f"{spread.infinite:,} {what} infinite")
    if column.kind not in NUMERIC:
        return
    if zeros and spread.zeros > column.values / 2 and column.distinct > 1:
        yield Alert(kind="zeros", text=f"{_percent(spread.zeros, column.values)} are 0")
    if column.distinct > _SCALE:
        yield from _tail(float(spread.q05), float(spread.median), float(spread.q95))


def _tail(q05: float, median: float, q95: float) -> Iterator[Alert]:
    """A tail that reaches much farther from the median on one side than on the other.

    The distances of the 5th and 95th percentile are compared (Hinkley 1975, Biometrika 62:101):
    unlike the third moment this does not hang on one extreme value. A normal column has 1, an
    exponential one 3.6, a lognormal one (sigma 1) 5.2.
    """
    low, high = median - q05, q95 - median
    near, far = sorted((low, high))
    if far <= 0 or far < _LONG_TAIL * near:
        return
    side = "upper" if high > low else "lower"
    if near <= 0:
        yield Alert(kind="skewed", text=f"half the values sit at one end: a long {side} tail")
    else:
        times = f"{far / near:.0f} times as far as the other"
        yield Alert(kind="skewed", text=f"the {side} tail reaches {times}")


def _shown(value: Scalar) -> str:
    return repr(value[:40]) if isinstance(value, str) else str(value)


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    if 0 < share < 0.5:
        return "< 0.5 %"
    return f"{share:.0f} %" if share < 99.5 or part == whole else "over 99 %"
