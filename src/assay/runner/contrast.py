"""Verdicts on differences, judged together, and what is said of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from assay.core.comparison import Change, Difference
from assay.core.measurement import measurement_text, number_text
from assay.inference.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay.core.check import CorrectionMethod
    from assay.core.measurement import Measurement
    from assay.runner.gap import Gap

_ADJUST: dict[CorrectionMethod, Callable[[Sequence[float]], list[float]]] = {
    "holm": holm, "bh": benjamini_hochberg, "by": benjamini_yekutieli, "none": list,
}  # fmt: skip
_NAMES = {"holm": "Holm", "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}


@dataclass(frozen=True)
class Contrast:
    """One difference before it is judged; ``higher_is_better`` is the metric's direction."""

    id: str
    metric: str
    higher_is_better: bool | None
    gap: Gap


@dataclass(frozen=True)
class Rule:
    """How differences are judged.

    Attributes:
        level: confidence level of intervals; 1 - level is the error rate of the verdicts.
        margin: the greatest loss that counts as no worse; None asks only whether there is a change.
        correction: over all differences that are judged together.
    """

    level: float = 0.95
    margin: float | None = None
    correction: CorrectionMethod = "holm"

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError(f"a confidence level lies between 0 and 1, not {self.level}")
        if self.margin is not None and not 0 <= self.margin < float("inf"):
            raise ValueError("a margin is 0 or more, and finite")

    def bound(self, contrast: Contrast) -> float | None:
        """The difference at which a loss reaches the margin; None where nothing is a loss."""
        if self.margin is None or contrast.higher_is_better is None:
            return None
        return -self.margin if contrast.higher_is_better else self.margin


def differences(contrasts: Sequence[Contrast], rule: Rule) -> list[Difference]:
    """Judge all differences together.

    A verdict says on which sides of 0 and of the margin a difference lies, as its interval shows
    at the level that the correction leaves it. One interval answers both, so that a difference
    counts once among those that are judged together, however many statements it allows.
    """
    tested = [i for i, c in enumerate(contrasts) if c.gap.p_value is not None]
    least = {i: min(_p_values(contrasts[i], rule)) for i in tested}
    adjust = _ADJUST[rule.correction]

    def shown(i: int, null: float) -> bool:
        """Whether the difference is shown to be another than ``null``, all others as they are."""
        p = contrasts[i].gap.p_value_of(null)
        if p is None:
            return contrasts[i].gap.value != null
        if p > 1 - rule.level:  # no correction makes it smaller
            return False
        beside = least | {i: max(p, least[i])}
        adjusted = adjust([beside[j] for j in tested])
        return adjusted[tested.index(i)] <= 1 - rule.level

    return [
        _judged(c, _verdict(c, rule, partial(shown, i)), rule, len(tested))
        for i, c in enumerate(contrasts)
    ]


def said_of(found: Sequence[Difference], rule: Rule) -> list[str]:
    """How verdicts were made: what a reader must know."""
    tested = [d for d in found if d.p_value is not None]
    notes: list[str] = []
    if tested:
        judged = together(found, rule, "difference")
        notes.append(f"Intervals hold at {rule.level * 100:.4g} % each. {judged}")
    if rule.margin is not None and found:
        notes.append(
            f"'No worse' means that a loss of more than {number_text(rule.margin)}, in the unit of "
            "each metric, is excluded; metrics without a better direction have no loss."
        )
    if any(not d.paired for d in tested):
        notes.append(
            "Differences that are not paired treat the runs as independent samples; where they "
            "share rows, their intervals are wider than needed."
        )
    return notes


def together(found: Sequence[Difference], rule: Rule, what: str) -> str:
    """How their verdicts were judged together."""
    n = sum(d.p_value is not None for d in found)
    what += "s" * (n != 1)
    rate = f"{(1 - rule.level) * 100:.3g} %"
    if rule.correction == "none":
        return f"Each of {n} {what} is judged alone: of verdicts like these, {rate} may be wrong."
    head = f"Verdicts are judged together over {n} {what} ({_NAMES[rule.correction]}): "
    if rule.correction == "holm":
        return f"{head}any wrong one among them has a probability of at most {rate}."
    positive = "" if rule.correction == "by" else ", if they are not negatively dependent"
    return f"{head}of those that say something, at most {rate} are wrong on average{positive}."


def _p_values(contrast: Contrast, rule: Rule) -> list[float]:
    nulls = [0.0, rule.bound(contrast)]
    found = [contrast.gap.p_value_of(null) for null in nulls if null is not None]
    return [p for p in found if p is not None]


def _verdict(contrast: Contrast, rule: Rule, shown: Callable[[float], bool]) -> Change:
    gap = contrast.gap
    if gap.uncertain is None and gap.value == 0:
        return "same"
    moved = shown(0.0)
    if contrast.higher_is_better is None:
        return "changed" if moved else "unclear"
    gain = gap.value if contrast.higher_is_better else -gap.value
    if moved and gain > 0:
        return "better"
    bound = rule.bound(contrast)
    if bound is not None and rule.margin is not None:
        if gap.uncertain is None:
            if gain >= -rule.margin:
                return "no_worse"
        elif gain > -rule.margin and shown(bound):
            return "no_worse"
    return "worse" if moved else "unclear"


def _judged(contrast: Contrast, verdict: Change, rule: Rule, together: int) -> Difference:
    gap = contrast.gap
    difference = gap.at(rule.level)
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
        reason=_reason(contrast, difference, verdict, rule, together),
        higher_is_better=contrast.higher_is_better,
    )


def _reason(
    contrast: Contrast, difference: Measurement, verdict: Change, rule: Rule, together: int
) -> str:
    gap = contrast.gap
    ends = f"{number_text(gap.a.value)} → {number_text(gap.b.value)}"
    no_worse = f"no worse by more than {number_text(rule.margin or 0)}"
    if gap.uncertain is None:
        if gap.exact == "identical":
            return f"{ends}: the same thing was measured in both runs."
        words = {"same": "no change", "no_worse": no_worse}
        about = words.get(verdict, f"{verdict} by {number_text(abs(gap.value))}")
        return f"{ends}: {about}, as a statement about the rows of each run."
    how = f"paired over {gap.n_common:,} rows" if gap.n_common else "as independent samples"
    text = f"{ends}: a difference of {_signed(difference)} ({how})"
    match verdict:
        case "changed":
            return f"{text}: it has changed."
        case "no_worse":
            return f"{text}, {no_worse}."
        case "unclear":
            return f"{text}, which {_chance(contrast, difference, rule, together)}."
        case _:
            return f"{text}, {verdict}."


def _chance(contrast: Contrast, difference: Measurement, rule: Rule, together: int) -> str:
    """Why nothing is shown."""
    low = float("-inf") if difference.low is None else difference.low
    high = float("inf") if difference.high is None else difference.high
    bound = rule.bound(contrast)
    alone = not low <= 0 <= high or (bound is not None and not low <= bound <= high)
    if alone and together > 1:
        return f"among {together} differences may be chance"
    if bound is not None:
        return f"leaves room for a loss of more than {number_text(abs(bound))}"
    return "may be chance"


def _signed(difference: Measurement) -> str:
    text = measurement_text(difference).split(": ")[-1]
    return f"+{text}" if difference.value > 0 else text
