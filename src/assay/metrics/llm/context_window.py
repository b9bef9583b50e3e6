"""Up to which length of a text a model finds what stands in it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping  # at run time: the hints of metrics are resolved
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Hashed, Scores
from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import SCORE
from assay.inference.bounded_means import bounded_mean
from assay.inference.interval import Interval, census, measured
from assay.inference.proportions import clopper_pearson
from assay.inference.unanswered import worst_case
from assay.metrics.llm.varied import ScorerName, Settings, scored_by, scorer_of
from assay.states import Frequencies

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

LENGTH = "length"
"""Metadata of samples: how long the text is."""
_ROWS = Frequencies(
    of=(Column(LENGTH), Column(SCORE)), where=call("not_null", Column(LENGTH))
)  # fmt: skip


@metric(
    "llm.context_window",
    unit="characters",
    higher_is_better=True,
    formula="greatest length such that at it, and at each shorter one, the mean score is at least "
    "`recall`; 0 where it is not at the shortest",
    interval="fixed-sequence",
    reference="Kamradt 2023, Needle In A Haystack; Westfall & Krishen 2001, Journal of Statistical "
    "Planning and Inference 99:25 (tests in a fixed sequence); Clopper & Pearson 1934, Biometrika "
    "26:404 (exact limits at each length)",
    example={"scorer": "includes", "recall": 0.5},
)
class ContextWindow(Metric):
    """The greatest length of a text at which a model still finds a fact that stands in it.

    Of the lengths that were tried, those that the samples have as `length`: a model may do well
    beyond the greatest, and the upper end is open then. The lower end is the length up to which it
    is sure, at the level of the interval, that `recall` is reached: lengths are tested from the
    shortest on until one cannot be shown to reach it. The upper end is the length below the
    shortest one of those that surely do not reach it, tested from the longest on.
    """

    scorer: ScorerName = "includes"
    settings: Settings = Hashed()
    recall: Annotated[
        float, Meta(gt=0, le=1, description="Mean score that must be reached.")
    ] = 0.9  # fmt: skip

    jackknife = False
    reads = (LENGTH,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", Hashed(self.settings))
        scorer = scorer_of(self.collection())
        if scorer.bounds() != (0, 1) or not scorer.higher_is_better:
            raise ValueError(f"the scores of {self.scorer!r} are no shares of what is right")

    def collection(self) -> Scores:
        return scored_by(self.scorer, self.settings)

    def applicable(self, schema: Schema) -> str | None:
        found = schema.find(LENGTH)
        return None if found is None or found.kind in _NUMBERS else "`length` must be a number"

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (_ROWS,)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = _by_length(fold)
        if not found:
            return (Unmeasured(reason="no sample has a `length`"),)
        n = sum(c.known for c in found.values())
        if not n:
            reason = "no sample has an answer that could be scored"
            return (Unmeasured(reason=reason, fault=True),)
        reached = [c.known > 0 and c.mean >= self.recall - 1e-12 for c in found.values()]
        value = _first(list(found), reached)
        if how.census:
            return (census(value, n=n, unit=self.unit),)
        ends = [c.interval(how.level) for c in found.values()]
        low = _first(list(found), [e.low >= self.recall for e in ends])
        high = self._above(list(found), ends)
        interval = Interval(min(low, value), max(high, value), "fixed-sequence")
        return (measured(value, interval, n=n, how=how, unit=self.unit),)

    def _above(self, lengths: list[float], ends: list[Interval]) -> float:
        """The length below the shortest one that is shown to fail, from the longest on."""
        failing = len(lengths)
        while failing and ends[failing - 1].high < self.recall:
            failing -= 1
        if failing == len(lengths):
            return math.inf
        return lengths[failing - 1] if failing else 0.0

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = _by_length(fold)
        if not found:
            return ()
        rows: list[list[str | int | float | bool | None]] = []
        for length, cell in found.items():
            low, high, _ = cell.interval(0.95)
            rows.append([length, cell.asked, cell.mean if cell.known else None, low, high])
        columns = ["length", "samples", "mean score", "low (95 %)", "high (95 %)"]
        return (Table(title="Recall by length", columns=columns, rows=rows),)


_NUMBERS = ("integer", "float", "decimal")


class _Cell:
    """Scores at one length."""

    def __init__(self) -> None:
        self.scores: dict[float, int] = {}
        self.asked = 0

    @property
    def known(self) -> int:
        return sum(self.scores.values())

    @property
    def mean(self) -> float:
        return math.fsum(s * n for s, n in self.scores.items()) / self.known

    def interval(self, level: float) -> Interval:
        """Of the mean, whatever the scores that are not known would have been."""
        n = self.known
        if not n:
            return Interval(0.0, 1.0, "clopper-pearson")
        mean = min(max(self.mean, 0.0), 1.0)
        if set(self.scores) <= {0.0, 1.0}:
            # Exact: near a recall of 0.9 one end of Wilson's errs up to four times too often.
            found = clopper_pearson(self.scores.get(1.0, 0), n, level)
        else:
            squares = math.fsum(m * (s - mean) ** 2 for s, m in self.scores.items())
            found = bounded_mean(mean, squares / max(n - 1, 1), n, level)
        return worst_case(found, n, self.asked, low=0.0, high=1.0, value=mean, level=level)


def _by_length(fold: Fold) -> Mapping[float, _Cell]:
    """Scores by length, the shortest first."""
    found: dict[float, _Cell] = defaultdict(_Cell)
    for (length, score), times in fold[_ROWS].counts:
        cell = found[float(length)]  # type: ignore[arg-type]  # applicable: it is a number
        cell.asked += times
        if score is not None:
            value = float(score)
            cell.scores[value] = cell.scores.get(value, 0) + times
    return dict(sorted(found.items()))


def _first(lengths: list[float], holds: list[bool]) -> float:
    """The last of the first lengths for which it holds; 0 where it does not for the first."""
    reached = 0.0
    for length, held in zip(lengths, holds, strict=True):
        if not held:
            break
        reached = length
    return reached
