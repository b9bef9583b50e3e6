"""What to do next: only what the verdicts themselves say, in the order in which it unblocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.criterion import NoWorseThan
from assay.core.evidence import REMEDY, Distributions, Examples, Text
from assay.report.standing import decided, grouped, held_against, required, worst_first
from assay.report.text import counted, key_text, value_text, visible

if TYPE_CHECKING:
    from assay.core.result import Result, Run


@dataclass(frozen=True, slots=True)
class Advice:
    """A step, and the check it is about (None: the run as a whole)."""

    text: str
    result: Result | None = None


def advice(run: Run) -> list[Advice]:
    """Steps for this run; never empty."""
    groups = grouped(run)
    steps: list[Advice] = []
    if run.run.status == "interrupted":
        steps.append(Advice("Finish the run: it was interrupted, and results are missing."))
    for name in ("blocking", "undecided", "warning"):
        steps += [Advice(_step(result, run), result) for result in groups[name]]
    if steps:
        return steps
    if run.decision == "block":
        return [Advice("Give the suite requirements that can be judged: so far nothing was.")]
    return [Advice("Nothing: every requirement is met. This run can serve as a baseline.")]


def _step(result: Result, run: Run) -> str:
    if result.verdict == "error":
        return "Repair the check or its subject, so that it can be measured, and run again."
    if result.verdict == "not_applicable":
        return "Nothing was measured for it. Fix what it needs, or remove it."
    if result.verdict == "skipped":
        return "Run it: it was left out, and a requirement that is not checked is not met."
    if result.verdict == "inconclusive":
        return _decide(result)
    return _mend(result, run)


def _decide(result: Result) -> str:
    """How an inconclusive result could be settled."""
    criterion = held_against(result)
    open_ = [m for m in result.measurements if decided(m, criterion) in ("straddles", None)]
    if result.needed:
        said = f"{result.needed[0].upper()}{result.needed[1:]}."
        if result.rows_needed is None:
            said += " Improve what is measured, or settle whether the bound is where it should be."
        return said
    if result.rows_needed is None:
        return (
            "More rows would not decide it while the value stays where it is. Improve what is"
            " measured, or settle whether the bound is where it should be."
        )
    if len(open_) > 1:
        return (
            f"Collect up to about {counted(rounded(result.rows_needed), 'row')} for each of the"
            f" {len(open_)} undecided: that would decide them, if their values stay."
        )
    have = open_[0].n if open_ else 0
    more = rounded(max(1, result.rows_needed - have))
    where = f" where {key_text(open_[0].key)}" if open_ and open_[0].key else ""
    return (
        f"Collect about {counted(more, 'more row')}{where} ({have:,} so far): that would decide"
        " it, if the value stays."
    )


def _mend(result: Result, run: Run) -> str:
    """Where to look in a result that failed."""
    known = next((e for e in result.evidence if isinstance(e, Text) and e.title == REMEDY), None)
    if known is not None:
        return visible(known.text)
    worst = worst_first(result)
    if worst and worst[0].key and len(worst) > 1:
        return f"Start with {key_text(worst[0].key)}, which is furthest from what is required."
    examples = next((e for e in result.evidence if isinstance(e, Examples) and e.rows), None)
    if examples is not None:
        of = f" of the {counted(examples.total, 'row')}" if examples.total is not None else ""
        return (
            f"Look at the {counted(len(examples.rows), 'example')}{of} that fail; mend the cause."
        )
    moved = next((e for e in result.evidence if isinstance(e, Distributions) and e.changes), None)
    if moved is not None:
        return f"It moved: {visible(moved.changes[0])}. {_consequences(result, run)}"
    if isinstance(result.criterion, NoWorseThan):
        return f"Find what changed since the run {result.criterion.baseline!r}."
    if result.against is not None and result.data is None:
        return f"The tables differ by more than is allowed. {_consequences(result, run)}"
    if not worst:
        return f"It must be {required(result)}."
    sampled = "" if worst[0].level is None else ", its interval included"
    return f"Bring it from {value_text(worst[0])} to {required(result)}{sampled}."


def _consequences(result: Result, run: Run) -> str:
    """What a table that moved asks for: it depends on what uses it, where that was checked."""
    users = [
        other
        for other in run.results
        if other.data == result.on and other.against == result.against and other.criterion
    ]
    if not users:
        return (
            "If the world has changed, ask whether what was built on the reference still holds, and"
            " take a newer one; else mend what feeds it."
        )
    missed = [other.id for other in users if other.verdict != "pass"]
    checks = counted(len(users), "check")
    if not missed:
        return (
            f"What uses these rows meets its {checks}: if nothing feeds them wrongly, allow more,"
            " or take a newer reference."
        )
    return (
        f"Of {checks} of what uses these rows, {len(missed)} {'is' if len(missed) == 1 else 'are'}"
        f" not met: {visible(missed[0])} says what would help. If something feeds them wrongly,"
        " mend that first."
    )


def rounded(n: int) -> int:
    """Two significant digits, upwards: the figure is an extrapolation and should look like one."""
    scale = int(10 ** max(0, len(str(n)) - 2))
    return -(-n // scale) * scale
