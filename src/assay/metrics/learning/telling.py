"""What people are told of scores over folds: measurements, and who differs from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assay.core.evidence import Table, Text
from assay.core.measurement import Measurement
from assay.inference.cross_validation import fold_difference
from assay.inference.interval import census, measured

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.evidence import Cell, Evidence
    from assay.core.measurement import Estimation
    from assay.inference.cross_validation import FoldMean
    from assay.metrics.learning.table import Learnable

_LEVEL = 0.95


def used(rows: Learnable) -> int:
    """Rows that are learned from and tested on."""
    from assay.metrics.learning.folds import MOST_DRAWN

    return min(rows.n, MOST_DRAWN)


def of_folds(mean: FoldMean, *, n: int, how: Estimation, key: dict[str, str]) -> Measurement:
    """A measurement of a mean over folds."""
    if how.census:
        return census(mean.value, n=n, key=key)
    return measured(mean.value, mean.interval(how.level), n=n, how=how, key=key)


def limited(found: Measurement, low: float | None, high: float) -> Measurement:
    """The measurement with its interval cut to what its score can be."""
    if found.low is None or found.high is None:
        return found
    lowest = found.low if low is None else max(found.low, low)
    return msgspec.structs.replace(found, low=lowest, high=min(found.high, high))


def pairs(
    scores: Mapping[str, NDArray[np.float64]],
    lost: Mapping[str, str],
    baseline: str | None,
    score: str,
    what: str,
) -> tuple[Evidence, ...]:
    """Each contender against the baseline, or else the best; and those without a score."""
    shown: list[Evidence] = []
    ranked = sorted(scores, key=lambda name: -float(scores[name].mean()))
    if ranked:
        first = baseline if baseline in scores and baseline is not None else ranked[0]
        rows: list[list[Cell]] = []
        for name in ranked:
            value = round(float(scores[name].mean()), 4)
            if name == first:
                rows.append([name, value, None, None, None, None, "best" if not baseline else ""])
                continue
            mean = fold_difference(scores[first], scores[name])
            low, high, _ = mean.interval(_LEVEL)
            said = "worse" if high < 0 else "better" if low > 0 else "not told apart"
            row = (round(x, 4) for x in (mean.value, low, high))
            rows.append([name, value, *row, float(f"{mean.p_value:.3g}"), said])
        shown.append(
            Table(
                title=f"{score} by {what}, and the difference to {first} on the same folds",
                columns=[what, score, "difference", "low (95 %)", "high", "p", f"than {first}"],
                rows=rows,
            )
        )
    if lost:
        text = "; ".join(f"{name}: {reason}" for name, reason in sorted(lost.items()))
        shown.append(Text(title="Without a score", text=f"{text}."))
    return tuple(shown)
