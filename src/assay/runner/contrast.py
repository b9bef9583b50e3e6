"""Verdicts on differences, judged together, and what is said of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.comparison import Change, Difference
from assay.core.measurement import measurement_text, number_text
from assay.inference.holm import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.measurement import Measurement
    from assay.runner.gap import Gap


@dataclass(frozen=True)
class Contrast:
    """One difference before it is judged; ``higher_is_better`` is the metric's direction."""

    id: str
    metric: str
    higher_is_better: bool | None
    gap: Gap


def differences(contrasts: Sequence[Contrast], level: float) -> tuple[list[Difference], list[str]]:
    """Judge all differences together; and say how that was done."""
    tested = [(i, p) for i, c in enumerate(contrasts) if (p := c.gap.p_value) is not None]
    adjusted = dict(zip((i for i, _ in tested), holm([p for _, p in tested]), strict=True))
    found = [_judged(c, adjusted.get(i), len(tested), level) for i, c in enumerate(contrasts)]
    notes: list[str] = []
    if tested:
        notes.append(
            f"Intervals hold at {level * 100:.4g} % each. Verdicts are judged together over "
            f"{len(tested)} difference{'s' * (len(tested) > 1)} (Holm): any wrong 'better' or "
            f"'worse' among them has a probability of at most {(1 - level) * 100:.3g} %."
        )
    if any(not d.paired and d.p_value is not None for d in found):
        notes.append(
            "Differences that are not paired treat the runs as independent samples; where they "
            "share rows, their intervals are wider than needed."
        )
    return found, notes


def _judged(contrast: Contrast, adjusted: float | None, together: int, level: float) -> Difference:
    gap = contrast.gap
    difference = gap.at(level)
    verdict = _verdict(contrast, adjusted, level)
    return Difference(
        id=contrast.id,
        metric=contrast.metric,
        key=gap.b.key,
        a=gap.a,
        b=gap.b,
        difference=difference,
        p_value=gap.p_value,
        paired=gap.n_common is not None,
        n_common=gap.n_common,
        verdict=verdict,
        reason=_reason(contrast, difference, verdict, together),
    )


def _verdict(contrast: Contrast, adjusted: float | None, level: float) -> Change:
    value = contrast.gap.value
    if adjusted is None:
        if value == 0:
            return "same"
    elif adjusted > 1 - level:
        return "unclear"
    if contrast.higher_is_better is None:
        return "changed"
    return "better" if (value > 0) == contrast.higher_is_better else "worse"


def _reason(contrast: Contrast, difference: Measurement, verdict: Change, together: int) -> str:
    gap = contrast.gap
    ends = f"{number_text(gap.a.value)} → {number_text(gap.b.value)}"
    if gap.uncertain is None:
        if gap.exact == "identical":
            return f"{ends}: the same thing was measured in both runs."
        about = "no change" if verdict == "same" else f"{verdict} by {number_text(abs(gap.value))}"
        return f"{ends}: {about}, as a statement about the rows of each run."
    how = f"paired over {gap.n_common:,} rows" if gap.n_common else "as independent samples"
    text = f"{ends}: a difference of {_signed(difference)} ({how})"
    if verdict != "unclear":
        return f"{text}, {verdict}." if verdict != "changed" else f"{text}: it has changed."
    alone = difference.low is not None and difference.high is not None
    if alone and not difference.low <= 0 <= difference.high:  # type: ignore[operator]
        return f"{text}, which among {together} differences may be chance."
    return f"{text}, which may be chance."


def _signed(difference: Measurement) -> str:
    text = measurement_text(difference).split(": ")[-1]
    return f"+{text}" if difference.value > 0 else text
