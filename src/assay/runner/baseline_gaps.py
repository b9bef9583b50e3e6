"""The differences of a check to a stored run, which ``no_worse_than`` is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.binding import bind
from assay.core.errors import SuiteError
from assay.core.measurement import Measurement, Unmeasured
from assay.runner.gap import Gap, identical_gap, paired_gaps, unpaired_gap
from assay.runner.leave_out import Question, key_of
from assay.runner.pairing import Identical, Unpaired, pair_up
from assay.runner.side import asks, asks_of_check, pairable, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import Check
    from assay.core.engine import Engine
    from assay.core.measurement import Estimate
    from assay.core.result import Run
    from assay.runner.fold import Folded
    from assay.runner.leave_out import KeyText
    from assay.runner.observe import Observed
    from assay.runner.side import Side


@dataclass(frozen=True)
class BaselineGaps:
    """The differences of a check to a stored run; ``at`` is cheap to call at several levels."""

    _check: Check
    _folded: Folded
    _baseline: Mapping[KeyText, Measurement]
    _paired: Mapping[KeyText, Gap]
    _identical: bool

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

    Paired where both runs kept the predictions of the same units; else from the two intervals, as
    for independent samples (wider than needed where the runs share rows).

    Raises:
        SubjectError: kept predictions cannot be read.
        EngineError: kept predictions cannot be folded.
    """
    spec = check.spec
    subject = f"{spec.on}@{spec.data}" if spec.data else spec.on
    before = _stored(check, baseline.run)
    paired: Mapping[KeyText, Gap] = {}
    identical = False
    if (
        pairable(check.metric, check.claim)
        and subject in baseline.observations
        and subject in observed
    ):
        pair = pair_up(engine, baseline.observations[subject], observed[subject].source)
        identical = isinstance(pair, Identical)
        if not isinstance(pair, Identical | Unpaired):
            question = Question(check.metric, spec.where, spec.by or ((),), folded.seed)
            paired = paired_gaps(engine, pair, {"": question}, level=0.95).get("", {})
    return BaselineGaps(check, folded, before, paired, identical)


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
