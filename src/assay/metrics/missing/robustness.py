"""How much worse a model gets as more of its features' values go missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

from msgspec import Meta

from assay.core.evidence import Chart, Table
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.cross_validation import fold_difference
from assay.inference.missing.masking import Mechanism
from assay.metrics.features.predictive_power import Features, Ignored, Kind, Target
from assay.metrics.learning.imputed import Contender, Gaps, Setting
from assay.metrics.learning.telling import of_folds, used
from assay.metrics.missing.imputed import Imputed, Model, Order, Scored

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Cell, Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.metrics.learning.table import Learnable

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
_CURVE_ROWS = 1_000
_LEVEL = 0.95


@metric(
    "missing.robustness",
    higher_is_better=False,
    formula="score of a model on the features as they are, less its score with `share` of the "
    "known numbers taken away; means over the same 3 times 5 folds",
    interval="corrected-resampled-t, over folds",
    reference="Nadeau & Bengio 2003, Machine Learning 52:239; Rubin 1976, Biometrika 63:581 (MCAR, "
    "MAR, MNAR)",
    example={"target": "active", "columns": ("age", "income"), "share": 0.3},
)
class Robustness(Imputed):
    """How much of a model's score is lost when a share of its features' values goes missing.

    A model is trained and tested in folds twice: on the features as they are, and with known
    numbers taken away by the ``mechanism`` (``mcar``: any; ``mar``: the more likely, the higher
    another column is; ``mnar``: the more likely, the higher the value itself is). Both times gaps
    are filled in by the ``method``, learned from the training rows. With ``gaps_in: test`` the
    model is trained on what there is and meets the gaps only when it is used, which is harder.

    The evidence draws the score by mechanism as 5 to 50 % goes missing, of 1,000 rows at most. It
    is a model of this check's own (``estimator``), not one of yours: it tells what these features
    can spare. Methods, folds and rows are those of ``missing.downstream_score``.
    """

    target: Target
    columns: Features = None  # type: ignore[assignment]  # the parameter says what it reads
    ignore: Ignored = ()
    task: Kind = None
    method: Annotated[Contender, Meta(description="How gaps are filled in.")] = "mean"
    mechanism: Annotated[Mechanism, Meta(description="Which values are taken away.")] = "mcar"
    share: Annotated[
        float, Meta(description="Share of the known numbers to take away, up to 0.5.")
    ] = 0.2
    gaps_in: Annotated[
        Literal["both", "test"], Meta(description="Which rows lose values: `test` or both.")
    ] = "both"
    score: Scored = "auto"
    estimator: Model = "linear"
    order: Order = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share <= 0.5:
            raise ValueError(f"`share` must be above 0 and at most 0.5, not {self.share}")
        if self.order is None and self.method == "forward_fill":
            raise ValueError("forward_fill needs `order`, the column by which rows are ordered")

    def applicable(self, schema: Schema) -> str | None:
        return super().applicable(schema) or self.cannot_take(self.mechanism, schema)

    def _setting(self, fold: Fold, *, taken: bool) -> Setting:
        gaps = Gaps(self.mechanism, self.share, self.gaps_in == "both") if taken else None
        return Setting(self.chosen(fold.schema), self.estimator, gaps)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        n = self.state(fold).n
        rows = self.rows(fold)
        if isinstance(rows, str):
            return (Unmeasured(reason=rows, n=n),)
        if not (rows.numbers == rows.numbers).any():
            return (Unmeasured(reason="none of the features has a known number", n=n),)
        found = []
        for taken in (True, False):
            scores = self.scores(fold, (self.method,), self._setting(fold, taken=taken))
            one = scores if isinstance(scores, str) else scores[self.method]
            if isinstance(one, str):
                return (Unmeasured(reason=one, n=n),)
            found.append(one)
        mean = fold_difference(*found)
        return (of_folds(mean, n=used(rows), how=how, key={}),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        rows = self.rows(fold)
        if isinstance(rows, str):
            return ()
        setting = self._setting(fold, taken=True)._replace(repeats=1)
        return _curves(rows, self.method, setting, in_training=self.gaps_in == "both")


def _curves(
    rows: Learnable, method: Contender, setting: Setting, *, in_training: bool
) -> tuple[Chart, Table] | tuple[()]:
    """The score as more goes missing; fields ``share``, ``score``, ``mechanism``."""
    from assay.metrics.learning.folds import drawn
    from assay.metrics.learning.imputed import imputed_scores

    at = drawn(rows.n, _CURVE_ROWS)
    whole = imputed_scores(rows, at, (method,), setting._replace(gaps=None))[method]
    if isinstance(whole, str):
        return ()
    start = round(float(whole.mean()), 4)
    points: list[dict[str, str | float]] = []
    cells: list[list[Cell]] = []
    for mechanism in get_args(Mechanism):
        if mechanism == "mar" and rows.numbers.shape[1] < 2:
            continue
        points.append({"share": 0.0, "score": start, "mechanism": mechanism})
        for share in SHARES:
            gaps = Gaps(mechanism, share, in_training)
            found = imputed_scores(rows, at, (method,), setting._replace(gaps=gaps))[method]
            if isinstance(found, str):
                cells.append([mechanism, share, None, None, None, found])
                continue
            score = round(float(found.mean()), 4)
            lost = fold_difference(found, whole)
            low, high, _ = lost.interval(_LEVEL)
            points.append({"share": share, "score": score, "mechanism": mechanism})
            said = f"{score:g} after {start:g}"
            cells.append([mechanism, share, *(round(x, 4) for x in (lost.value, low, high)), said])
    chart = Chart(
        title=f"{setting.score} as more goes missing, filled in by {method}",
        alt=f"{setting.score} of the model against the share of known numbers taken away, by "
        f"mechanism; {start:g} with none taken away; {len(points)} points of {len(at):,} rows.",
        spec={
            "data": {"values": points},
            "mark": {"type": "line", "point": True},
            "width": 320,
            "height": 220,
            "encoding": {
                "x": {
                    "field": "share",
                    "type": "quantitative",
                    "title": "share taken away",
                    "axis": {"format": "%"},
                },
                "y": {
                    "field": "score",
                    "type": "quantitative",
                    "title": setting.score,
                    "scale": {"zero": False},
                },
                "color": {"field": "mechanism", "type": "nominal", "title": None},
            },
        },
    )
    table = Table(
        title=f"Score lost, of {len(at):,} rows in one round of folds",
        columns=["mechanism", "taken away", "lost", "low (95 %)", "high", setting.score],
        rows=cells,
    )
    return chart, table
