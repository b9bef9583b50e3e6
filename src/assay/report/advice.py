"""What to do next: only what the verdicts themselves say, in the order in which it unblocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.criterion import NoWorseThan
from assay.core.evidence import Examples
from assay.report.standing import decided, grouped, held_against, required, worst_first
from assay.report.text import counted, key_text, value_text

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
        steps += [Advice(_step(result), result) for result in groups[name]]
    if steps:
        return steps
    if run.decision == "block":
        return [Advice("Give the suite requirements that can be judged: so far nothing was.")]
    return [Advice("Nothing: every requirement is met. This run can serve as a baseline.")]


def _step(result: Result) -> str:
    if result.verdict == "error":
        return "Repair the check or its subject, so that it can be measured, and run again."
    if result.verdict == "not_applicable":
        return "Nothing was measured for it. Fix what it needs, or remove it."
    if result.verdict == "skipped":
        return "Run it: it was left out, and a requirement that is not checked is not met."
    if result.verdict == "inconclusive":
        return _decide(result)
    return _mend(result)


def _decide(result: Result) -> str:
    """How an inconclusive result could be settled."""
    criterion = held_against(result)
    open_ = [m for m in result.measurements if decided(m, criterion) in ("straddles", None)]
    if result.rows_needed is None:
        return (
            "More rows would not decide it while the value stays where it is. Improve what is"
            " measured, or settle whether the bound is where it should be."
        )
    if len(open_) > 1:
        return (
            f"Collect up to about {counted(_rounded(result.rows_needed), 'row')} for each of the"
            f" {len(open_)} undecided: that would decide them, if their values stay."
        )
    have = open_[0].n if open_ else 0
    more = _rounded(max(1, result.rows_needed - have))
    where = f" where {key_text(open_[0].key)}" if open_ and open_[0].key else ""
    return (
        f"Collect about {counted(more, 'more row')}{where} ({have:,} so far): that would decide"
        " it, if the value stays."
    )


def _mend(result: Result) -> str:
    """Where to look in a result that failed."""
    worst = worst_first(result)
    if worst and worst[0].key and len(worst) > 1:
        return f"Start with {key_text(worst[0].key)}, which is furthest from what is required."
    examples = next((e for e in result.evidence if isinstance(e, Examples) and e.rows), None)
    if examples is not None:
        of = f" of the {counted(examples.total, 'row')}" if examples.total is not None else ""
        return (
            f"Look at the {counted(len(examples.rows), 'example')}{of} that fail; mend the cause."
        )
    if isinstance(result.criterion, NoWorseThan):
        return f"Find what changed since the run {result.criterion.baseline!r}."
    if not worst:
        return f"It must be {required(result)}."
    sampled = "" if worst[0].level is None else ", its interval included"
    return f"Bring it from {value_text(worst[0])} to {required(result)}{sampled}."


def _rounded(n: int) -> int:
    """Two significant digits, upwards: the figure is an extrapolation and should look like one."""
    scale = int(10 ** max(0, len(str(n)) - 2))
    return -(-n // scale) * scale
