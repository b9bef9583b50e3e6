"""Results of checks, also of those that could not be carried out; and whether they can be kept."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import msgspec

from assay.core.criterion import NoWorseThan
from assay.core.errors import AssayError
from assay.core.evidence import Text
from assay.core.metric import lookup
from assay.core.result import Result
from assay.runner.task import CAUGHT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from assay.core.check import Check, CheckSpec
    from assay.core.errors import SuiteError
    from assay.core.evidence import Evidence
    from assay.core.result import Verdict
    from assay.runner.judge import Case, Judgement

_LONGEST, _LONGEST_TRACE = 2_000, 50_000

# Made once, while there is one thread: msgspec crashes the process where several threads are the
# first to ask for the same type (0.22).
DECODER = msgspec.json.Decoder(Result)


def made(
    check: Check,
    verdict: Verdict,
    reason: str,
    *,
    judgement: Judgement | None = None,
    evidence: Sequence[Evidence] = (),
    case: Case | None = None,
) -> Result:
    """The result of a check."""
    spec = check.spec
    return Result(
        id=check.id,
        metric=check.metric.name,
        params=check.metric.parameters(),
        severity=spec.severity,
        verdict=verdict,
        reason=reason,
        criterion=check.criterion,
        criterion_text=case.criterion_text if case else str(check.criterion or ""),
        measurements=list(judgement.measurements) if judgement else [],
        evidence=list(evidence),
        on=spec.on,
        data=spec.data,
        against=spec.against,
        by=[list(b) for b in spec.by],
        where=spec.where,
        claim=check.claim,
        family=check.family,
        description=spec.description,
        rows_needed=judgement.rows_needed if judgement else None,
        needed=judgement.needed if judgement else "",
        correction=judgement.correction if judgement else None,
        unmeasured=list(judgement.unmeasured) if judgement else [],
        location=str(spec.location or ""),
        dimension=check.metric.dimension,
        weight=spec.weight,
        layer=spec.layer,
        judged_as=case.criterion if case and isinstance(check.criterion, NoWorseThan) else None,
    )


def failed(check: Check, error: BaseException) -> Result:
    """The result of a check that raised; a traceback is kept of what was not expected."""
    if isinstance(error, AssayError):
        return made(check, "error", _told(error))
    trace = _printable("".join(traceback.format_exception(error)), _LONGEST_TRACE)
    reason = f"It could not be measured: {type(error).__name__}: {words_of(error)}"
    return made(check, "error", reason, evidence=[Text(title="Traceback", text=trace)])


def not_expanded(spec: CheckSpec, errors: Mapping[str, AssayError], problem: SuiteError) -> Result:
    """The result of a spec that is no check; ``errors`` are those of subjects, by name.

    The subject's own error explains it where there is one.
    """
    named = [name for name in (spec.on, spec.data, spec.against) if name is not None]
    cause = next((errors[name] for name in named if name in errors), None)
    subject = f"{spec.on}@{spec.data}" if spec.data else spec.on
    return Result(
        id=problem.check_id or spec.id or f"{subject}/{spec.metric}",
        metric=spec.metric,
        params=dict(spec.params),
        severity=spec.severity,
        verdict="error",
        reason=_told(cause or problem),
        criterion=spec.criterion,
        criterion_text=str(spec.criterion or ""),
        measurements=[],
        evidence=[],
        on=spec.on,
        data=spec.data,
        against=spec.against,
        by=[list(b) for b in spec.by],
        where=spec.where,
        family=spec.family or "",
        description=spec.description,
        location=str(spec.location or ""),
        dimension=cls.dimension if (cls := lookup(spec.metric)) is not None else None,
        weight=spec.weight,
        layer=spec.layer,
    )


def unless_changed(result: Result, changed: Collection[str]) -> Result:
    """The result, unless a table it rests on is not what it was when the run began."""
    touched = [n for n in (result.on, result.data, result.against) if n in changed]
    if not touched:
        return result
    return msgspec.structs.replace(
        result,
        verdict="error",
        reason=f"It could not be measured: {touched[0]!r} was written to while it was read. Run "
        "again when nothing writes to it.",
        measurements=[],
        unmeasured=[],
        evidence=[],
        rows_needed=None,
        correction=None,
    )


def storable(result: Result) -> Result:
    """The result as it will be read back: a metric may answer with what no document can hold.

    Raises:
        TypeError, ValueError, OverflowError, msgspec.ValidationError: it cannot be stored.
    """
    return DECODER.decode(msgspec.json.encode(result))


def words_of(error: BaseException) -> str:
    """An exception's message, whatever it is."""
    try:
        said = str(error)
    except CAUGHT:
        return "(its message cannot be read)"
    if isinstance(error, SystemExit):
        return f"the process was asked to end with {said or '0'}"
    return _printable(said) or "(no message)"


def _told(error: AssayError) -> str:
    """An expected error as the reason of a verdict; check and place are told beside it."""
    said = f"{error.message} {error.hint or ''}".rstrip()
    return f"It could not be measured: {_printable(said)}"


def _printable(text: str, most: int = _LONGEST) -> str:
    """Text that can be stored as UTF-8, and that nobody has to scroll through for ever."""
    shown = text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"
    return shown.encode("utf-8", "replace").decode()
