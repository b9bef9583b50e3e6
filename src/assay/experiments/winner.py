"""Which arm to take, once an experiment is analysed: one decision from all its verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from assay.core.measurement import number_text
from assay.experiments.analyzing import Estimator
from assay.experiments.contrasts import IntervalContrast, MeanContrast, ShareContrast
from assay.experiments.document import SAMPLE_RATIO, winners
from assay.experiments.inferring import infer

if TYPE_CHECKING:
    from assay.core.result import Result
    from assay.experiments.analyzing import Findings
    from assay.experiments.contrasts import Contrast
    from assay.experiments.spec import ExperimentSpec
    from assay.inference.interval import Interval

What = Literal["ship", "keep_control", "undecided", "blocked"]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with an experiment.

    Attributes:
        decision: ``ship`` an arm; ``keep_control``, no arm can win any more as things stand;
            ``undecided``, more data may decide; ``blocked``, the data cannot be trusted.
        arm: the arm to take.
        tied: arms that win, too, and cannot be told from it.
    """

    experiment: str
    decision: What
    arm: str
    reasons: tuple[str, ...]
    tied: tuple[str, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether an arm is to be taken."""
        return self.decision == "ship"


def choose(spec: ExperimentSpec, found: Findings, results: list[Result]) -> Choice:
    """The decision that follows from an experiment's results.

    An arm can win if all its primary metrics are better, over all arms and metrics together
    (Holm), and its guardrails hold; wrong sizes of the arms block. Of several such arms the one
    with the best first primary metric is taken, and named are those that it cannot be told from:
    their differences are judged with Bonferroni's correction for their number.
    """
    sizes = next(r for r in results if r.id == SAMPLE_RATIO)
    if sizes.verdict != "pass":
        return _choice(spec, "blocked", "", [sizes.reason])
    won = winners(spec, results)
    if not won:
        return _no_winner(spec, results)
    if len(won) == 1:
        return _choice(spec, "ship", won[0], _said(results, won[0]))
    best, reasons, tied = _best(spec, found, won)
    return _choice(spec, "ship", best, [*_said(results, best), *reasons], tied)


def _no_winner(spec: ExperimentSpec, results: list[Result]) -> Choice:
    lost = []
    for arm in spec.treatments:
        gating = [
            r
            for r in results
            if r.params.get("arm") == arm and r.params.get("role") in ("primary", "guardrail")
        ]
        lost.append(any(r.verdict == "fail" for r in gating))
    reasons = [
        f"{r.id}: {r.reason}"
        for r in results
        if r.params.get("role") in ("primary", "guardrail") and r.verdict != "pass"
    ]
    what: What = "keep_control" if lost and all(lost) else "undecided"
    return _choice(spec, what, spec.control if what == "keep_control" else "", reasons)


def _best(
    spec: ExperimentSpec, found: Findings, won: list[str]
) -> tuple[str, list[str], tuple[str, ...]]:
    """The best of several winners by the first primary metric, and whom it cannot be told from."""
    metric = next(m for m in spec.metrics if m.role == "primary")
    sign = 1 if metric.higher_is_better else -1
    held = {
        e.arm: e.contrast
        for e in found.estimators
        if isinstance(e, Estimator) and e.metric.name == metric.name and e.arm in won
    }
    best = max(held, key=lambda arm: sign * held[arm].value)
    level = 1 - (1 - spec.analysis.level) / (len(held) - 1)
    reasons: list[str] = []
    tied: list[str] = []
    for arm, contrast in held.items():
        if arm == best:
            continue
        pair = between(contrast, held[best])
        inferred = infer(pair, spec.analysis, higher_is_better=metric.higher_is_better)
        interval = inferred.difference(level)
        clear = sign * (interval.low if sign > 0 else interval.high) > 0
        if not clear:
            tied.append(arm)
        word = "better than" if clear else "not told from"
        reasons.append(f"On {metric.name}, {best} is {word} {arm}: {_ends(interval)}.")
    return best, reasons, tuple(tied)


def between(a: Contrast, b: Contrast) -> Contrast:
    """Arm ``b`` held against arm ``a``, each of which was held against the control.

    Raises:
        TypeError: the two are not of one kind.
    """
    if isinstance(a, MeanContrast) and isinstance(b, MeanContrast):
        return MeanContrast(a.arm, b.arm)
    if isinstance(a, ShareContrast) and isinstance(b, ShareContrast):
        return ShareContrast(a.arm, b.arm)
    if isinstance(a, IntervalContrast) and isinstance(b, IntervalContrast):
        return IntervalContrast(a.value, b.value, a.n, b.n, a.interval, b.interval)
    raise TypeError(f"{type(a).__name__} and {type(b).__name__} are not of one kind")


def _said(results: list[Result], arm: str) -> list[str]:
    return [
        f"{r.id}: {r.reason}"
        for r in results
        if r.params.get("arm") == arm and r.params.get("role") in ("primary", "guardrail")
    ]


def _ends(interval: Interval) -> str:
    return f"[{number_text(interval.low)}, {number_text(interval.high)}]"


def _choice(
    spec: ExperimentSpec, what: What, arm: str, reasons: list[str], tied: tuple[str, ...] = ()
) -> Choice:
    return Choice(
        experiment=spec.name, decision=what, arm=arm, reasons=tuple(reasons), tied=tied
    )  # fmt: skip
