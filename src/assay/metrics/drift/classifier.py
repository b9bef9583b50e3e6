"""Joint drift: whether a model can tell the rows of two tables apart."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, NamedTuple

from msgspec import Meta

from assay.core.criterion import AtMost
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.metric import metric
from assay.core.schema import TEMPORAL
from assay.inference.interval import census, measured
from assay.inference.undefined import Undefined
from assay.metrics.drift.joint import LEAST_ROWS, Compared, Ignored, JointMetric, Size, Vector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.inference.two_sample.classifier import Separated
    from assay.metrics.drift.rows import Rows


@metric(
    "drift.classifier",
    higher_is_better=False,
    formula="mean over 5 folds of the area under the ROC curve of gradient-boosted trees that "
    "tell rows of the table from rows of the reference",
    interval="cross-validated-auc (by influence), newcombe (few rows, or an area of 1)",
    reference="Friedman 2003, PHYSTAT; Lopez-Paz & Oquab 2017, ICLR; LeDell et al. 2015",
    example={"columns": ("age", "income", "city", "active")},
    compares=True,
    family="drift.joint",
    default=AtMost(0.6),
    dimension="accuracy",
)
class ClassifierDrift(JointMetric):
    """How well a model tells rows of this table from rows of the reference: 0.5 not at all, 1
    without fail.

    It sees what no single column shows: columns that go together in another way, such as two that
    were exchanged or a correlation that broke. Where a share *p* of the rows is such as the
    reference has none, the value is about (1 + *p*) / 2, so the usual limit of 0.6 lets a fifth of
    the rows be new. Each row is scored by a model that has not seen it. The evidence says which
    columns tell, and how much each has drifted by itself.

    Columns hold numbers, booleans or texts. Dates and times are compared only where they are named:
    what comes later is told by its date alone. The same holds for numbers that grow with time, and
    for identifiers: name them in `ignore`, unless every row has a value of its own, which is seen.
    The 250 most frequent values of a text column count one by one, the others as one. Of each table
    at most `rows` rows are compared, drawn by lot. It needs the extra `sklearn`, and takes rows to
    be independent.
    """

    texts = True
    most = 100_000

    columns: Compared = None
    ignore: Ignored = ()
    vector: Vector = None
    size: Size = None
    rows: Annotated[
        int, Meta(ge=LEAST_ROWS, le=100_000, description="Rows of each table to compare, by lot.")
    ] = 10_000

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        drawn = self.drawn(fold)
        found = drawn if isinstance(drawn, str) else _told(_Features.of(drawn))
        if isinstance(found, str):
            return (Unmeasured(reason=found),)
        area = found.area
        if how.census:
            return (census(area.value, n=area.m),)
        return (measured(area.value, area.interval(how.level), n=area.m, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        from assay.inference.two_sample.importance import alone, importances
        from assay.metrics.drift.pictures import columns_that_tell, score_chart, what_was_compared

        drawn = self.drawn(fold)
        if isinstance(drawn, str):
            return ()
        given = _Features.of(drawn)
        found = _told(given)
        times = [c.name for c in fold.schema.columns if c.kind in TEMPORAL]
        said = what_was_compared(
            drawn, times if self.columns is None and self.vector is None else ()
        )
        if isinstance(found, str):
            return (said,)
        features, second = given.matrix(), given.second()
        by_column = importances(found, features, second, level=0.95)
        single = {
            i.column: alone(features[:, i.column], second, category=given.categories[i.column])
            for i in by_column
        }
        return (
            columns_that_tell(by_column, single, given.names),
            score_chart(found.scores, second),
            said,
        )


class _Features(NamedTuple):
    """What the learner is given, as values that a cache can compare.

    Columns that vary: places of numbers, codes of texts; bytes of shape (k, n), the reference's
    ``n - m`` rows first. ``together`` are keys of rows, where the tables share rows.
    """

    names: tuple[str, ...]
    categories: tuple[bool, ...]
    data: bytes
    n: int
    m: int
    together: bytes | None

    @classmethod
    def of(cls, rows: Rows) -> _Features:
        """From the rows drawn."""
        import numpy as np

        from assay.inference.two_sample.classifier import coded, ranked

        kept, data = [], []
        for i, (one, two) in enumerate(rows.columns):
            column = (coded if rows.texts[i] else ranked)(one, two)
            if len(np.unique(column)) > 1:
                kept.append(i)
                data.append(column)
        m = len(rows.keys[1])
        return cls(
            tuple(rows.names[i] for i in kept),
            tuple(rows.texts[i] for i in kept),
            np.array(data).tobytes(),
            len(rows.keys[0]) + m,
            m,
            np.concatenate(rows.keys).tobytes() if rows.copies else None,
        )

    def matrix(self) -> NDArray[np.float64]:
        """Shape (n, k)."""
        import numpy as np

        return np.frombuffer(self.data).reshape(len(self.names), self.n).T.copy()

    def second(self) -> NDArray[np.bool_]:
        """Shape (n,): rows of the current table."""
        import numpy as np

        return np.arange(self.n) >= self.n - self.m


@lru_cache(maxsize=4)  # asked again for other levels and for the evidence
def _told(given: _Features) -> Separated | str:
    """How well the tables are told apart, or why that cannot be said."""
    import numpy as np

    from assay.inference.two_sample.classifier import separate
    from assay.metrics.drift.trees import boosted_trees

    if not given.names:
        return "no column has two different values in both tables together"
    together = None if given.together is None else np.frombuffer(given.together, dtype=np.uint64)
    try:
        learner = boosted_trees(np.array(given.categories))
        return separate(given.matrix(), given.second(), learner, together=together)
    except Undefined as undefined:
        return str(undefined)
