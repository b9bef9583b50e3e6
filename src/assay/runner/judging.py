"""From folded checks to results: judged by family, with what a person should see beside them."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from assay.core.collection import OfLanguage
from assay.core.criterion import NoWorseThan
from assay.core.evidence import Examples, Text
from assay.core.metric import columns_of
from assay.core.schema import QUESTION
from assay.runner.clustered_sides import cluster_notes
from assay.runner.derive import NotApplicable, derived_examples
from assay.runner.failing import failing_rows
from assay.runner.failing_answers import failing_answers, has_texts
from assay.runner.failing_parts import failing_parts, has_parts
from assay.runner.judge import Case, judge
from assay.runner.results import failed, made, storable
from assay.runner.task import CAUGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.check import Check, Suite
    from assay.core.engine import Engine
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate
    from assay.core.result import Result
    from assay.runner.baseline import Baselines
    from assay.runner.fold import Folded
    from assay.runner.judge import Judgement
    from assay.runner.looks import Look
    from assay.runner.observe import Observed
    from assay.runner.opening import Opened
    from assay.runner.overlap import Overlaps
    from assay.runner.task import Task


def _guarded(
    case: Case, first: tuple[Estimate, ...], name: str, broken: dict[str, BaseException]
) -> Case:
    """The case, whose estimate fails at a stricter level without stopping the family.

    The error is noted in ``broken`` under the check's name, and the first estimates stand in.
    """

    def estimate(level: float) -> tuple[Estimate, ...]:
        try:
            return case.estimate(level)
        except CAUGHT as error:
            broken[name] = error
            return first

    return replace(case, estimate=estimate)


@dataclass(frozen=True)
class Judging:
    """What is needed to turn one family's folded checks into results."""

    suite: Suite
    engine: Engine
    opened: Opened
    baselines: Baselines | None
    observed: dict[str, Observed]
    overlaps: Overlaps

    def family(
        self, members: Sequence[tuple[Check, Folded | BaseException]], look: Look | None = None
    ) -> list[Result]:
        """Results of one family, in its order.

        Args:
            look: where observations are drawn in rounds: at which of them.
        """
        results: dict[str, Result] = {}
        cases: list[tuple[Check, Folded, Case]] = []
        broken: dict[str, BaseException] = {}
        for check, folded in members:
            try:
                if isinstance(folded, BaseException):
                    raise folded
                case = replace(self._case(check, folded), ground=folded.ground)
                case = look.at(case) if look else case
                first = case.estimate(1 - self.suite.gate.false_alarm)
                cases.append((check, folded, _guarded(case, first, check.id, broken)))
            except NotApplicable as reason:
                results[check.id] = made(check, "not_applicable", str(reason))
            except CAUGHT as error:
                results[check.id] = failed(check, error)
        policy = self.suite.gate
        if look is not None and policy.correction in ("bh", "by"):
            # a share of false verdicts is not known to hold over several looks; none at all does
            policy = replace(policy, correction="holm")
        judgements = judge([case for _, _, case in cases], policy)
        for (check, folded, case), judgement in zip(cases, judgements, strict=True):
            results[check.id] = (
                failed(check, broken[check.id])
                if check.id in broken
                else self._judged(check, folded, case, judgement)
            )
        return [results[check.id] for check, _ in members]

    def _case(self, check: Check, folded: Folded) -> Case:
        criterion = check.criterion
        if isinstance(criterion, NoWorseThan):
            from assay.runner.baseline import baseline_case

            return baseline_case(
                check, criterion, folded, self.engine, self.baselines, self.observed
            )
        return Case(criterion, str(criterion) if criterion else "", folded.estimate)

    def _judged(self, check: Check, folded: Folded, case: Case, judgement: Judgement) -> Result:
        evidence = self._notes(folded.task)
        try:
            evidence += [*case.evidence, *folded.evidence]
            failed_rows = judgement.verdict in ("fail", "inconclusive")
            if failed_rows or check.metric.shows_failing:
                evidence += self._examples(folded.task)
        except CAUGHT:  # a picture that fails must not cost the verdict
            evidence.append(_no_evidence())
        reason = f"{judgement.reason} {folded.remark(judgement.verdict)}".rstrip()
        whole = made(
            check, judgement.verdict, reason, judgement=judgement, evidence=evidence,
            case=case,
        )  # fmt: skip
        try:
            return storable(whole)
        except CAUGHT:  # what is not plain data: the evidence, or what was measured
            try:
                return storable(msgspec.structs.replace(whole, evidence=[_no_evidence()]))
            except CAUGHT as error:
                return failed(check, error)

    def _notes(self, task: Task) -> list[Evidence]:
        """What a person should know of the predictions that a check rests on."""
        seen = self.observed.get(task.table)
        notes = [*(seen.notes if seen else ()), *cluster_notes(task)]
        notes += filter(None, [self.overlaps.said(task)])
        if not notes:
            return []
        of_language = isinstance(task.check.metric.collection(), OfLanguage)
        what = "answers" if of_language else "predictions" if seen else "rows"
        return [Text(title=f"About these {what}", text="\n".join(notes))]

    def _examples(self, task: Task) -> list[Evidence]:
        where = failing_rows(task)
        if where is None:
            return []
        if task.derived:
            return derived_examples(self.engine, task, where)
        if has_parts(task.schema):
            return failing_parts(self.engine, task, where)
        if has_texts(task.schema):
            return failing_answers(self.engine, task, where)
        first = [*columns_of(task.check.metric), *(c for by in task.check.spec.by for c in by)]
        unit = self.opened.unit(task.check.spec.on)
        names = dict.fromkeys([*([unit] if unit else []), *first, *task.schema.names])
        names.pop(QUESTION, None)  # a hash, for pairing alone
        columns, rows, total = self.engine.examples(
            task.table, where, columns=list(names)[: max(8, len(first))], limit=10
        )
        if not rows:
            return []
        return [Examples(title="Rows that fail", columns=columns, rows=rows, total=total)]


def _no_evidence() -> Evidence:
    return Text(title="Evidence failed", text=traceback.format_exc())
