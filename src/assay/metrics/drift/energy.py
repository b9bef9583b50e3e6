"""Joint drift: how far the rows of two tables of numbers lie apart."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, NamedTuple

from msgspec import Meta

from assay.core.criterion import AtMost
from assay.core.evidence import Table, Text
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.undefined import Undefined
from assay.metrics.drift.joint import LEAST_ROWS, Compared, Ignored, JointMetric, Size, Vector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.inference.two_sample.energy import Energy
    from assay.metrics.drift.rows import Rows

_SHOWN = 20


@metric(
    "drift.energy",
    higher_is_better=False,
    formula="sqrt((2 E|X - Y| - E|X - X'| - E|Y - Y'|) / (2 E|X - Y|)), columns divided by their "
    "standard deviation",
    interval="hoeffding, rule-of-three (a table of equal rows)",
    reference="Szekely & Rizzo 2013, J. Statistical Planning and Inference 143:1249",
    example={"columns": ("age", "income", "active")},
    compares=True,
    family="drift.joint",
    default=AtMost(0.1),
    dimension="accuracy",
)
class EnergyDrift(JointMetric):
    """How far the rows of this table lie from those of the reference: 0 alike, 1 as far as can be.

    The square root of the energy coefficient of all columns together, which is 0 only if both
    tables have the same joint distribution. If every column moved by *d* standard deviations, it is
    about *d* / 2; if one of *k* did, it is less by the square root of *k*. It has no model and no
    folds, so it takes less time than ``drift.classifier``; with many columns it sees less of what
    happens in few of them.

    Columns hold numbers or booleans, and dates or times where they are named. Each is divided by
    its standard deviation over both tables. Rows with a missing or infinite value are left out and
    counted. Of each table at most `rows` rows are compared, drawn by lot. It takes rows to be
    independent.
    """

    texts = False
    most = 10_000

    columns: Compared = None
    ignore: Ignored = ()
    vector: Vector = None
    size: Size = None
    rows: Annotated[
        int, Meta(ge=LEAST_ROWS, le=10_000, description="Rows of each table to compare, by lot.")
    ] = 3_000

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        drawn = self.drawn(fold)
        found = drawn if isinstance(drawn, str) else _apart(_Sides.of(drawn))
        if isinstance(found, str):
            return (Unmeasured(reason=found),)
        if how.census:
            return (census(found.value, n=found.m),)
        return (measured(found.value, found.interval(how.level), n=found.m, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        from assay.inference.two_sample.energy import energy_alone
        from assay.metrics.drift.pictures import what_was_compared

        drawn = self.drawn(fold)
        if isinstance(drawn, str):
            return ()
        sides, said = _Sides.of(drawn), what_was_compared(drawn, ())
        lost = [
            f"{gone:,} of the {table}"
            for gone, table in zip(sides.lost, ("reference", "current table"), strict=True)
            if gone
        ]
        if lost:
            text = f"{said.text} Rows with a missing or infinite value: {' and '.join(lost)}."
            said = Text(title=said.title, text=text)
        if isinstance(_apart(sides), str):
            return (said,)
        one, two = sides.matrices()
        by_column = sorted(
            ((energy_alone(one[:, i], two[:, i]), name) for i, name in enumerate(sides.names)),
            key=lambda pair: (-pair[0], pair[1]),
        )
        table = Table(
            title="Drift of each column by itself",
            columns=["column", "energy coefficient, square root"],
            rows=[[name, round(value, 4)] for value, name in by_column[:_SHOWN]],
        )
        return table, said


class _Sides(NamedTuple):
    """Rows of both tables without gaps, as values that a cache can compare.

    Bytes of shapes (n, k) and (m, k), in standard deviations; ``lost`` are rows with gaps.
    """

    names: tuple[str, ...]
    reference: bytes
    current: bytes
    lost: tuple[int, int]

    @classmethod
    def of(cls, rows: Rows) -> _Sides:
        """From the rows drawn."""
        import numpy as np

        sides = [np.column_stack(side) for side in zip(*rows.columns, strict=True)]
        known = [side[np.isfinite(side).all(axis=1)] for side in sides]
        names = rows.names
        if all(map(len, known)):
            scale = _scale(known)
            known = [(side[:, scale > 0] / scale[scale > 0]) for side in known]
            names = tuple(name for name, s in zip(names, scale, strict=True) if s > 0)
        lost = len(sides[0]) - len(known[0]), len(sides[1]) - len(known[1])
        return cls(names, known[0].tobytes(), known[1].tobytes(), lost)

    def matrices(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shapes (n, k) and (m, k)."""
        import numpy as np

        k = max(len(self.names), 1)
        one, two = (np.frombuffer(side).reshape(-1, k) for side in (self.reference, self.current))
        return one, two


def _scale(sides: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Standard deviation of each column, both tables of equal weight; 0 where it does not vary."""
    import numpy as np

    # divided beforehand: the squares of huge values would not fit
    greatest = np.max([np.abs(side).max(axis=0) for side in sides], axis=0)
    greatest[greatest == 0] = 1.0
    means = [(side / greatest).mean(axis=0) for side in sides]
    middle = (means[0] + means[1]) / 2
    squares = [np.square(side / greatest - middle).mean(axis=0) for side in sides]
    flat = np.max([side.max(axis=0) for side in sides], axis=0) == np.min(
        [side.min(axis=0) for side in sides], axis=0
    )
    spread: NDArray[np.float64] = np.sqrt((squares[0] + squares[1]) / 2) * greatest
    return np.where(flat, 0.0, spread)


@lru_cache(maxsize=4)  # asked again for other levels and for the evidence
def _apart(sides: _Sides) -> Energy | str:
    """The coefficient, or why there is none."""
    from assay.inference.two_sample.energy import energy

    if not sides.names:
        return "no column has two different values in both tables together"
    for side, table in ((sides.reference, "the reference table"), (sides.current, "the table")):
        if not side:
            return f"{table} has no row without a missing or infinite value"
    try:
        return energy(*sides.matrices())
    except Undefined as undefined:
        return str(undefined)
