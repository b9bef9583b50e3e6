"""Verdicts to a decision.

What each verdict of a check does to the gate, by the check's severity:

| verdict          | block                     | warn                      | info |
| ---------------- | ------------------------- | ------------------------- | ---- |
| fail, error      | block                     | warn                      | -    |
| skipped          | block                     | warn                      | -    |
| inconclusive     | ``policy.inconclusive`` * | the same, at most a warn  | -    |
| not_applicable   | warn, where it requires   | allowed, and said         | -    |
| pass             | -                         | -                         | -    |

With ``draw_more`` (*) it is still so after all that could be drawn, and blocks.

Absence of evidence is not a pass: a suite without checks, or one in which no requirement could be
judged, is blocked; and a requirement that could not be judged warns, or a model would meet a
precision by never predicting the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assay.core.result import Outcome
from assay.gate.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assay.core.check import GatePolicy
    from assay.core.result import Result, Verdict

_WEIGHT: dict[Outcome, int] = {"pass": 0, "warn": 1, "block": 2}
_JUDGED: frozenset[Verdict] = frozenset({"pass", "fail", "inconclusive"})
# In the order in which they are told: worst first. With the words for one and for several.
_WORDS: tuple[tuple[Verdict, str, str], ...] = (
    ("fail", "failed", "failed"),
    ("error", "ended in an error", "ended in an error"),
    ("skipped", "was not run", "were not run"),
    ("inconclusive", "is inconclusive", "are inconclusive"),
    ("not_applicable", "could not be judged", "could not be judged"),
)
_NAMED = 3


class GateDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate decided.

    Attributes:
        exit_code: 0 for ``pass`` and ``warn``, 1 for ``block``.
        reason: why, in one or two sentences a person understands.
    """

    decision: Outcome
    exit_code: int
    reason: str


def effect(result: Result, policy: GatePolicy) -> Outcome:
    """What one result alone does to the gate. Raising its severity never makes it milder."""
    if result.severity == "info" or result.verdict == "pass":
        return "pass"
    if result.verdict == "not_applicable":
        return "warn" if result.severity == "block" and result.criterion is not None else "pass"
    worst: Outcome = "block"
    if result.verdict == "inconclusive" and policy.inconclusive != "draw_more":
        worst = policy.inconclusive
    cap: Outcome = "block" if result.severity == "block" else "warn"
    return min(worst, cap, key=_WEIGHT.__getitem__)


def decide(results: Sequence[Result], policy: GatePolicy) -> GateDecision:
    """The decision over a whole suite: the worst effect of any of its results."""
    if not results:
        return _block("Blocked: the suite has no checks, so nothing was judged.")
    effects = [(result, effect(result, policy)) for result in results]
    decision = max((outcome for _, outcome in effects), key=_WEIGHT.__getitem__)
    remarks = _remarks(effects, decision)
    if decision != "block" and (why := _nothing_judged(results)):
        rest = _causes(result for result, outcome in effects if outcome == decision != "pass")
        return _block(f"Blocked: {why}{': ' + rest if rest else ''}.{remarks}")
    causes = _causes(result for result, outcome in effects if outcome == decision)
    if decision == "block":
        return _block(f"Blocked: {causes}.{remarks}")
    if decision == "warn":
        reason = f"Passed with warnings: {causes}.{remarks}"
    else:
        reason = f"Passed: {_passed(results)}.{remarks}"
    return GateDecision(decision=decision, exit_code=ExitCode.PASSED, reason=reason)


def hold(decision: GateDecision, faults: Mapping[str, str]) -> GateDecision:
    """The decision where failed rows could not be written aside: blocked, and why.

    Args:
        faults: why, by table. What a pipeline would go on with is then not known to be good.
    """
    if not faults:
        return decision
    said = "; ".join(f"of {name!r}: {why}" for name, why in faults.items())
    text = f"the failed rows could not be written aside ({said})"
    if decision.decision == "block":
        return _block(f"{decision.reason} Also, {text}.")
    return _block(f"Blocked: {text}.")


def _block(reason: str) -> GateDecision:
    return GateDecision(decision="block", exit_code=ExitCode.BLOCKED, reason=reason)


def _nothing_judged(results: Sequence[Result]) -> str | None:
    """Why no requirement was judged, where none was; checks for information count last."""
    gating = [r for r in results if r.severity != "info"] or list(results)
    with_criterion = [r for r in gating if r.criterion is not None]
    if not with_criterion:
        return "no check states a requirement, so nothing was judged"
    if not any(r.verdict in _JUDGED for r in with_criterion):
        return "no requirement could be judged"
    return None


def _passed(results: Sequence[Result]) -> str:
    met = sum(r.verdict == "pass" and r.criterion is not None for r in results)
    return f"{_count(met, 'requirement')} {'is' if met == 1 else 'are'} met"


def _causes(results: Iterable[Result]) -> str:
    """ "2 checks failed (a, b), 1 is inconclusive (c)"."""
    held = list(results)
    parts: list[str] = []
    for verdict, one, several in _WORDS:
        ids = [r.id for r in held if r.verdict == verdict]
        if ids:
            count = _count(len(ids), "check") if not parts else str(len(ids))
            parts.append(f"{count} {one if len(ids) == 1 else several} ({_names(ids)})")
    return ", ".join(parts)


def _remarks(effects: Sequence[tuple[Result, Outcome]], decision: Outcome) -> str:
    """What did not decide but must not be passed over in silence."""
    said = ""
    inapplicable = [
        r.id
        for r, outcome in effects
        if r.verdict == "not_applicable"
        and r.criterion is not None
        and (outcome != decision or outcome == "pass")
    ]
    if inapplicable:
        verb = "does" if len(inapplicable) == 1 else "do"
        said += f" {_count(len(inapplicable), 'check')} {verb} not apply ({_names(inapplicable)})."
    let_through = [
        r.id
        for r, outcome in effects
        if outcome == "pass" and r.severity != "info" and r.verdict == "inconclusive"
    ]
    if let_through:
        verb = "is" if len(let_through) == 1 else "are"
        said += (
            f" {_count(len(let_through), 'check')} {verb} inconclusive, which the gate's policy"
            f" lets pass ({_names(let_through)})."
        )
    return said


def _names(ids: Sequence[str]) -> str:
    more = len(ids) - _NAMED
    return ", ".join(ids[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
