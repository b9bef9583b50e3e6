"""Which way of filling in missing values is least off."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, get_args

from msgspec import Meta

from assay.core.evidence import Chart, Table, Text
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.missing.imputers import Method
from assay.inference.missing.masking import Mechanism
from assay.inference.undefined import Undefined
from assay.metrics.missing.parameters import (
    Numbers,
    as_numbers,
    check_names,
    matrix,
    most_ordered,
    names_in,
    not_numbers,
    ordered,
    sample,
    too_many,
)
from assay.states import Sample, SampleState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.missing.masking import Errors

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
_CURVE_ROWS = 500
_DRAWN = 50_000
"""Rows that the columns' spread is taken from."""

_SEED = 0
"""Not the run's: the measurement and its evidence speak of the same values taken away."""

_LEVEL = 0.95


@metric(
    "missing.imputation_error",
    unit="sd",
    higher_is_better=False,
    formula="sqrt(mean over values taken away of (filled in - true)^2 / variance of the column)",
    interval="delta-log, over rows",
    reference="Troyanskaya et al. 2001, Bioinformatics 17:520 (normalised RMSE of masked values)",
    example={"columns": ("age", "income", "active"), "methods": ("mean", "knn", "iterative")},
)
class ImputationError(Metric):
    """How far off each way of filling in is, in standard deviations of the column: 1 is no better
    than the mean.

    Known values are taken away five times over, filled in from the rest, and compared with what
    they were. There is one measurement for each method: ``mean``, ``median``, ``mode``, ``knn``
    (five nearest rows), ``iterative`` (chained regressions, as MICE without its random draws),
    ``soft_impute`` (a matrix of low rank), and ``forward_fill`` (the last value above, in the order
    of the column ``order``, which it needs). The evidence compares them in pairs on the same
    values, and shows how they fare as more goes missing, by each mechanism:

    * ``mcar``: any value may go missing.
    * ``mar``: the more likely, the higher another column, which stays, is in that row.
    * ``mnar``: the more likely, the higher the value itself is.

    At most 5,000 rows are filled in, drawn by lot. Columns hold numbers, booleans, dates or
    timestamps; infinite values count as missing. With `order` it reads the columns into
    memory (8 bytes a value).
    """

    jackknife = False

    columns: Numbers = None  # type: ignore[assignment]  # the parameter says what it reads
    methods: Annotated[
        tuple[Method, ...] | None,
        Meta(description="Ways to compare; without it all, forward_fill only with `order`."),
    ] = None
    mechanism: Annotated[Mechanism, Meta(description="Which values are taken away.")] = "mcar"
    share: Annotated[
        float, Meta(description="Share of the known values to take away, up to 0.5.")
    ] = 0.1
    order: Annotated[
        str | None, Meta(description="Column by which rows are ordered, for forward_fill.")
    ] = None

    def __post_init__(self) -> None:
        check_names(self.columns)
        if not 0 < self.share <= 0.5:
            raise ValueError(f"`share` must be above 0 and at most 0.5, not {self.share}")
        if self.methods is not None and not 1 <= len(set(self.methods)) == len(self.methods):
            raise ValueError("`methods` must be one or more different methods")
        if self.order is None and "forward_fill" in (self.methods or ()):
            raise ValueError("forward_fill needs `order`, the column by which rows are ordered")

    def applicable(self, schema: Schema) -> str | None:
        reason = not_numbers(schema, names_in(schema, self.columns))
        if reason or self.order is None:
            return reason
        info = schema.find(self.order)
        if info is None:
            return f"there is no column {self.order!r}"
        return None if as_numbers(info) else f"column {self.order!r} holds {info.kind}, no order"

    def _read(self, schema: Schema) -> tuple[str, ...]:
        """The order, if there is one, and the columns."""
        names = names_in(schema, self.columns)
        return names if self.order is None else (self.order, *names)

    def _methods(self) -> tuple[Method, ...]:
        if self.methods is not None:
            return self.methods
        every: tuple[Method, ...] = get_args(Method)
        return tuple(m for m in every if m != "forward_fill" or self.order is not None)

    def _sample(self, schema: Schema) -> Sample:
        columns = map(Column, self._read(schema))
        return sample(*columns, most=_DRAWN) if self.order is None else ordered(*columns)

    def most_rows(self, schema: Schema) -> int | None:
        return None if self.order is None else most_ordered(len(self._read(schema)))

    def draws(self) -> int | None:
        from assay.inference.missing.masking import MOST_SCORED

        return MOST_SCORED

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (self._sample(schema),)

    def _found(self, fold: Fold) -> dict[Method, Errors | str]:
        names = names_in(fold.schema, self.columns)
        state = fold[self._sample(fold.schema)]
        return _compared(state, self._settings(), names)

    def _settings(self) -> _Settings:
        return self._methods(), self.mechanism, self.share, self.order is not None

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        estimates: list[Estimate] = []
        for method, found in self._found(fold).items():
            key: dict[str, str] = {"method": method}
            if isinstance(found, str):
                estimates.append(Unmeasured(reason=found, key=key))
                continue
            n = int((found.cells > 0).sum())
            if how.census:
                estimates.append(census(found.value, n=n, unit=self.unit, key=key))
            else:
                interval = found.interval(how.level)
                estimates.append(
                    measured(found.value, interval, n=n, how=how, unit=self.unit, key=key)
                )
        return tuple(estimates)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = {m: e for m, e in self._found(fold).items() if not isinstance(e, str)}
        if not found:
            return ()
        state = fold[self._sample(fold.schema)]
        values = _values(state, ordered=self.order is not None)
        return _pairs(found), *_curves(values, tuple(found))


_Settings = tuple[tuple[Method, ...], Mechanism, float, bool]


def _values(state: SampleState, *, ordered: bool) -> NDArray[np.float64]:
    """The columns to fill in; rows in the order asked for, or else in one of their own."""
    import numpy as np

    from assay.inference.missing.logistic import by_first, canonical

    whole = matrix(state)
    whole = whole[by_first(whole) if ordered else canonical(whole)]
    values = whole[:, 1:] if ordered else whole
    return np.where(np.isinf(values), np.nan, values)


@lru_cache(maxsize=1)  # asked again for other levels and for the evidence
def _compared(
    state: SampleState, settings: _Settings, names: tuple[str, ...]
) -> dict[Method, Errors | str]:
    """Errors of each method, or why it has none."""
    import numpy as np

    from assay.inference.missing.masking import LEAST, masked_errors

    methods, mechanism, share, ordered = settings
    reason = "there are no rows" if not state.n else too_many(state)
    if reason is None:
        values = _values(state, ordered=ordered)
        for name, column in zip(names, values.T, strict=True):
            known = column[~np.isnan(column)]
            if len(known) < LEAST:
                reason = f"column {name!r} has {len(known) or 'no'} known values, under {LEAST}"
                break
            if np.ptp(known) == 0:
                reason = f"all values of {name!r} are the same"
                break
        else:
            try:
                return masked_errors(values, methods, mechanism, share, seed=_SEED)
            except Undefined as undefined:
                reason = str(undefined)
    return dict.fromkeys(methods, reason)


def _pairs(found: dict[Method, Errors]) -> Table:
    """Each method against the best, on the same values."""
    from assay.inference.missing.masking import excess

    best, *rest = sorted(found, key=lambda m: found[m].mean_square)
    rows: list[list[str | int | float | bool | None]] = [
        [best, round(found[best].value, 4), None, None, None, "best"]
    ]
    for method in rest:
        more, (low, high, _) = excess(found[best], found[method], _LEVEL)
        said = "worse" if low > 0 else "not told apart"
        root = round(found[method].value, 4)
        rows.append([method, root, round(more, 4), round(low, 4), round(high, 4), said])
    return Table(
        title=f"Methods against {best}: difference of mean squares, in variances of the column",
        columns=["method", "error", "difference", "low (95 %)", "high", "against the best"],
        rows=rows,
    )


def _curves(
    values: NDArray[np.float64], methods: tuple[Method, ...]
) -> tuple[Chart, Text] | tuple[Chart] | tuple[()]:
    """The error of each method as more goes missing; fields ``share``, ``error``, ``method``,
    ``mechanism``."""
    from assay.inference.missing.masking import masked_errors

    points: list[dict[str, str | float]] = []
    lost: set[str] = set()
    for mechanism in get_args(Mechanism):
        for share in SHARES:
            try:
                found = masked_errors(
                    values, methods, mechanism, share, seed=1, repeats=2, most=_CURVE_ROWS
                )
            except Undefined as undefined:
                lost.add(f"{mechanism} at {share:.0%}: {undefined}")
                continue
            for method, errors in found.items():
                if isinstance(errors, str):
                    lost.add(f"{mechanism} at {share:.0%}: {errors}")
                else:
                    error = round(errors.value, 4)
                    points.append(
                        {"share": share, "error": error, "method": method, "mechanism": mechanism}
                    )
    if not points:
        return ()
    quantitative = {"type": "quantitative", "scale": {"zero": False}}
    x = {**quantitative, "field": "share", "title": "share taken away", "axis": {"format": "%"}}
    chart = Chart(
        title="Error as more goes missing",
        alt="Error of each method against the share of values taken away, by mechanism; "
        f"{len(points)} points.",
        spec={
            "data": {"values": points},
            "mark": {"type": "line", "point": True},
            "width": 200,
            "height": 200,
            "encoding": {
                "x": x,
                "y": {**quantitative, "field": "error", "title": "error (sd)"},
                "color": {"field": "method", "type": "nominal", "title": None},
                "column": {
                    "field": "mechanism",
                    "type": "nominal",
                    "title": None,
                    "sort": list(get_args(Mechanism)),
                },
            },
        },
    )
    if not lost:
        return (chart,)
    return chart, Text(title="Not in the picture", text="; ".join(sorted(lost)) + ".")
