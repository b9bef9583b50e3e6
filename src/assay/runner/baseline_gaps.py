"""The differences of a check to a stored run, which ``no_worse_than`` is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.binding import bind
from assay.core.collection import Scores
from assay.core.errors import SuiteError
from assay.core.evidence import AGAINST_BASELINE, Text
from assay.core.measurement import Measurement, Unmeasured
from assay.runner.flips import evidence_of, flips_of
from assay.runner.gap import Gap, identical_gap, paired_gaps, unpaired_gap
from assay.runner.leave_out import Question, key_of
from assay.runner.pairing import Identical, Unpaired
from assay.runner.score_pairing import ScoredPair, pair_of, scored_gaps
from assay.runner.side import asks, asks_of_check, observed_as, pairable, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import Check
    from assay.core.engine import Engine
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate
    from assay.core.result import Run
    from assay.runner.fold import Folded
    from assay.runner.leave_out import KeyText
    from assay.runner.observe import Observed
    from assay.runner.side import Side


@dataclass(frozen=True)
class BaselineGaps:
    """The differences of a check to a stored run; ``at`` is cheap to call at several levels.

    ``evidence`` says how they were paired, and which samples of a language model flipped.
    """

    _check: Check
    _folded: Folded
    _baseline: Mapping[KeyText, Measurement]
    _paired: Mapping[KeyText, Gap]
    _identical: bool
    evidence: tuple[Evidence, ...] = ()

    def at(self, level: float) -> tuple[Estimate, ...]:
        """``current - baseline`` for each measurement; the same keys at every level."""
        return tuple(self._difference(e, level) for e in self._folded.estimate(level))

    def _difference(self, current: Estimate, level: float) -> Estimate:
        if isinstance(current, Unmeasured):
            return current
        key = key_of(current.key)
        before = self._baseline.get(key)
        if self._identical and (before is None or before.value == current.value):
            return identical_gap(current).at(level)
        if key in self._paired:
            return self._paired[key].at(level)
        if before is None:
            reason = "the baseline has no measurement of it"
            return Unmeasured(reason=reason, key=current.key, n=current.n)
        return unpaired_gap(before, current).at(level)


def baseline_gaps(
    check: Check,
    folded: Folded,
    baseline: Side,
    engine: Engine,
    observed: Mapping[str, Observed],
) -> BaselineGaps:
    """What a check's ``no_worse_than`` is judged on: its differences to a stored run.

    Paired where both runs kept the predictions, or the scores, of the same units; else from the
    two intervals, as for independent samples (wider than needed where the runs share rows).

    Raises:
        SubjectError: kept predictions cannot be read.
        EngineError: kept predictions cannot be folded.
    """
    spec = check.spec
    before = _stored(check, baseline.run)
    if not pairable(check.metric, check.claim):
        return BaselineGaps(check, folded, before, {}, _identical=False)
    kept = observed_as(check.metric, spec.on, spec.data)
    if kept not in baseline.observations or kept not in observed:
        return BaselineGaps(check, folded, before, {}, _identical=False)
    pair = pair_of(check.metric, engine, baseline.observations[kept], observed[kept].source)
    if isinstance(pair, Identical):
        return BaselineGaps(check, folded, before, {}, _identical=True)
    question = Question(check.metric, spec.where, spec.by or ((),), folded.seed)
    if isinstance(pair, ScoredPair):
        found = scored_gaps(engine, pair, {"": question}, level=0.95).get("", {})
        gaps = {key: both.gap for key, both in found.items() if both.gap is not None}
        shown = evidence_of(flips_of(engine, pair, check.metric, check.id, spec.where))
        return BaselineGaps(check, folded, before, gaps, _identical=False, evidence=tuple(shown))
    if isinstance(pair, Unpaired):
        return BaselineGaps(check, folded, before, {}, _identical=False, evidence=_why(check, pair))
    paired = paired_gaps(engine, pair, {"": question}, level=0.95).get("", {})
    return BaselineGaps(check, folded, before, paired, _identical=False)


def _why(check: Check, unpaired: Unpaired) -> tuple[Evidence, ...]:
    """Of a language model's answers: why samples could not be paired."""
    if not isinstance(check.metric.collection(), Scores):
        return ()
    said = f"Not paired by sample, since {unpaired.reason}: compared as independent samples."
    return (Text(title=AGAINST_BASELINE, text=said),)


def _stored(check: Check, run: Run) -> dict[KeyText, Measurement]:
    """The stored values of what the check measures: its own, or another's that asks alike."""
    asked = asks_of_check(check)
    for result in sorted(run.results, key=lambda r: r.id != check.id):
        if result.metric != check.metric.name or asks(result) != asked or not values_of(result):
            continue
        try:
            if bind(type(check.metric), result.params) == check.metric:
                return values_of(result)
        except SuiteError:  # stored by another version of the metric
            continue
    return {}
