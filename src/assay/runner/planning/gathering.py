"""What a pilot or a stored run tells of checks, and of which checks some of the rows tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.core.collection import OfTable, Rows
from assay.core.expr import Member, Repeated
from assay.runner.planning.known import Evidence, stored_evidence
from assay.runner.planning.pilot import carry_out
from assay.runner.questions import nodes
from assay.runner.task import CAUGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.collect.generation.store import Totals
    from assay.core.check import Check
    from assay.core.engine import Engine
    from assay.core.result import Run
    from assay.runner.opening import Opened
    from assay.runner.planning.pilot import Asked
    from assay.runner.planning.record import Spending


class Gathered(NamedTuple):
    """What is known beforehand: values, seconds for a row or a call, what that took, and what
    answers of language models came to."""

    evidence: Evidence | None = None
    paces: Mapping[str, float] = {}
    spent: Spending | None = None
    answers: Mapping[str, Totals] = {}


def gather(
    engine: Engine,
    opened: Opened,
    checks: Sequence[Check],
    sizes: Mapping[str, int],
    *,
    pilot: Asked | None,
    stored: tuple[Run, str] | None,
    answers: Mapping[str, Totals],
) -> Gathered:
    """What a pilot or a stored run says of the checks.

    Raises:
        AssayError: a pilot cannot be drawn.
    """
    if pilot is not None:
        some = [c for c in checks if drawable(c, opened)]
        whole = frozenset(n for c in some for n in looked_up(c, opened))
        found = carry_out(opened, some, sizes, engine, pilot, whole=whole)
        rows = max(found.rows.values(), default=pilot.rows)
        what = f"a pilot of {rows:,} {'row' if rows == 1 else 'rows'}"
        return Gathered(Evidence(results=found.results, rows=found.rows, what=what), found.paces,
                        found.spent, found.answers)  # fmt: skip
    if stored is not None:
        run, name = stored
        return Gathered(stored_evidence(run, name), answers=answers)
    return Gathered()


def drawable(check: Check, opened: Opened) -> bool:
    """Whether some of the rows tell how the metric varies: groups and repeats need them all."""
    collection = check.metric.collection()
    if isinstance(collection, OfTable) and not isinstance(collection, Rows):
        return False
    return not any(isinstance(node, Repeated) for node in _asked(check, opened))


def looked_up(check: Check, opened: Opened) -> list[str]:
    """Tables that a check looks keys up in."""
    return [node.table for node in _asked(check, opened) if isinstance(node, Member)]


def _asked(check: Check, opened: Opened) -> list[object]:
    """All parts of what a check folds over a table; nothing where it cannot say."""
    if not isinstance(check.metric.collection(), Rows) or check.spec.on not in opened.tables:
        return []
    try:
        wanted = check.metric.aggregates(opened.tables[check.spec.on].schema)
    except CAUGHT:  # the pilot, or the run, says what is wrong with it
        return []
    return [node for aggregate in wanted for node in nodes(aggregate)]
