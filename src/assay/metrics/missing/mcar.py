"""Whether values lack completely at random."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from assay.core.evidence import Table, Text
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.undefined import Undefined
from assay.metrics.missing.parameters import (
    Numbers,
    check_names,
    matrix,
    names_in,
    not_numbers,
    sample,
)
from assay.states import Sample, SampleState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.missing.little import Little


@metric(
    "missing.mcar",
    higher_is_better=False,
    formula="sqrt(max(0, d2 - df) / rows): Cohen's f of the patterns of missing values",
    interval="noncentral-chi-square",
    reference="Little 1988, JASA 83:1198; Cohen 1988, Statistical Power Analysis, section 8.2",
    example={"columns": ("age", "income", "active")},
)
class Mcar(Metric):
    """How far values are from lacking completely at random, by Little's test: 0 where they do.

    Rows with the same values missing make a pattern. Under MCAR the means of the patterns differ by
    chance alone. The value is how far apart they lie beyond chance, in standard deviations, over
    all rows (Cohen's f: 0.1 is small, 0.25 medium, 0.4 large); d2, its degrees of freedom and the
    p-value stand in the evidence. Complete rows make a pattern too. It compares means: values may
    also lack in ways that leave them alone.

    Columns hold numbers, booleans, dates or timestamps; those without two different values are left
    out, and so are rows without any value or with an infinite one. Of a table with more than 2
    million values, rows are drawn by lot.
    """

    jackknife = False

    columns: Numbers = None  # type: ignore[assignment]  # the parameter says what it reads

    def __post_init__(self) -> None:
        check_names(self.columns)

    def applicable(self, schema: Schema) -> str | None:
        return not_numbers(schema, names_in(schema, self.columns))

    def _sample(self, schema: Schema) -> Sample:
        return sample(*map(Column, names_in(schema, self.columns)))

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (self._sample(schema),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[self._sample(fold.schema)]
        found = _tested(state, names_in(fold.schema, self.columns))
        if isinstance(found, str):
            return (Unmeasured(reason=found, n=state.n),)
        if how.census and not state.beyond:
            return (census(found.effect, n=found.n),)
        return (measured(found.effect, found.interval(how.level), n=found.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        from assay.inference.missing.patterns import patterns
        from assay.metrics.missing.pictures import by_column, by_pattern, pattern_chart

        state, names = fold[self._sample(fold.schema)], names_in(fold.schema, self.columns)
        if not state.n:
            return ()
        values = matrix(state)
        shapes = patterns(values)
        found = _tested(state, names)
        shown: list[Evidence] = [] if isinstance(found, str) else [_figures(found)]
        left_out = _left_out(values, names)
        if left_out:
            shown.append(Text(title="Left out", text=left_out))
        return (
            *shown,
            by_pattern(shapes, names),
            pattern_chart(shapes, names),
            by_column(values, names),
        )


class _Kept(NamedTuple):
    """Columns and rows that the test can use, and those it cannot."""

    values: NDArray[np.float64]
    names: list[str]
    empty: list[str]
    constant: list[str]
    infinite: int


def _usable(values: NDArray[np.float64], names: tuple[str, ...]) -> _Kept:
    """Rows without an infinite value, of the columns that vary in them."""
    import numpy as np

    odd = np.isinf(values).any(axis=1)
    values = values[~odd]
    there = (~np.isnan(values)).sum(axis=0)
    low = np.min(values, axis=0, initial=np.inf, where=~np.isnan(values))
    high = np.max(values, axis=0, initial=-np.inf, where=~np.isnan(values))
    varies = (there > 0) & (high > low)
    return _Kept(
        values[:, varies],
        [name for name, kept in zip(names, varies, strict=True) if kept],
        [name for name, n in zip(names, there, strict=True) if not n],
        [n for n, k, t in zip(names, varies, there, strict=True) if t and not k],
        int(odd.sum()),
    )


@lru_cache(maxsize=1)  # asked again for other levels and for the evidence
def _tested(state: SampleState, names: tuple[str, ...]) -> Little | str:
    """The test's figures, or why there are none."""
    from assay.inference.missing.little import little

    if not state.n:
        return "there are no rows"
    kept = _usable(matrix(state), names)
    if len(kept.names) < 2:
        return f"{len(kept.names)} of {len(names)} columns have two different values"
    try:
        return little(kept.values, kept.names)
    except Undefined as undefined:
        return str(undefined)


def _figures(found: Little) -> Table:
    """What the test says."""
    return Table(
        title="Little's test",
        columns=["d2", "df", "p", "patterns", "rows", "EM steps"],
        rows=[
            [
                round(found.d2, 4),
                found.df,
                float(f"{found.p_value:.4g}"),
                found.patterns,
                found.n,
                found.steps,
            ]
        ],
    )


def _left_out(values: NDArray[np.float64], names: tuple[str, ...]) -> str:
    """What the test could not use, in words."""
    import numpy as np

    kept = _usable(values, names)
    blank = int(np.isnan(values).all(axis=1).sum())
    said = [
        f"no value in {', '.join(kept.empty)}" if kept.empty else "",
        f"one value only in {', '.join(kept.constant)}" if kept.constant else "",
        f"{kept.infinite:,} rows with an infinite value" if kept.infinite else "",
        f"{blank:,} rows without any value" if blank else "",
    ]
    return "; ".join(part for part in said if part)
