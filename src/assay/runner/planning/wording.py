"""What a plan says to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.runner.planning.gathering import drawable
from assay.runner.planning.outlook import rounded, rows_needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.check import Check, GatePolicy
    from assay.runner.opening import Opened
    from assay.runner.planning.known import Evidence
    from assay.runner.planning.record import CheckPlan, KeyPlan


def reason_of(worst: KeyPlan, keys: Sequence[KeyPlan], rows: int | None) -> str:
    """What is said of the whole check: of the measurement that needs most, and of which it is."""
    where = ", ".join(f"{k}={v}" for k, v in worst.key.items())
    where += f" (the hardest of {len(keys)})" if where and len(keys) > 1 else ""
    if worst.n_needed is None:
        alike = len(keys) > 1 and len({k.reason for k in keys}) == 1
        return worst.reason if alike or not where else f"{where}: {worst.reason}"
    text = "Decides" if worst.outlook == "decides" else "Cannot decide"
    text += f": {where} needs" if where else ": needs"
    table = rows_needed(worst, rows)
    if table is None or worst.n_on_hand == rows:
        return f"{text} about {rounded(worst.n_needed):,} rows, has {worst.n_on_hand:,}."
    return (
        f"{text} about {rounded(worst.n_needed):,} of what it rests on, has {worst.n_on_hand:,}: "
        f"about {rounded(table):,} rows, of {rows:,}."
    )


def why_unknown(check: Check, evidence: Evidence | None, opened: Opened) -> str:
    """Why nothing is known of a check."""
    if evidence is None:
        return "No slice of it has enough rows."
    result = evidence.results.get(check.id)
    if result is not None:
        return f"Of {evidence.what}: {result.reason}"
    if not drawable(check, opened):
        return "It rests on groups of rows or on repeated keys, which some of the rows do not show."
    return f"There is no such check in {evidence.what}."


def notes_of(plans: Sequence[CheckPlan], evidence: Evidence | None, gate: GatePolicy) -> list[str]:
    """What a reader must know of the whole plan."""
    notes: list[str] = []
    if gate.inconclusive == "draw_more":
        bound = f" about {gate.budget.rows:,} rows" if gate.budget and gate.budget.rows else ""
        asked = f"The budget lets a model be asked{bound}. " if bound else ""
        notes.append(
            f"{asked}A run that draws more looks several times, at stricter levels: it needs "
            "somewhat more than is planned here where a value is near its bound, and far less "
            "where it is not."
        )
    if any(p.outlook in ("depends", "unknown") for p in plans) and evidence is None:
        notes.append(
            "Nothing is known of the values yet: a pilot (--pilot 500) or a stored run (--from "
            "RUN) tells how much they vary, and --effect how far from the bound they matter."
        )
    valued = [c for c in plans if any(p.value is not None for p in c.keys)]
    if evidence is not None and valued and all(c.effect is not None for c in valued):
        notes.append(f"How much values vary is taken from {evidence.what}.")
    elif evidence is not None and valued:
        notes.append(
            f"Values are those of {evidence.what}, which are uncertain themselves; --effect "
            "states the distance from the bound that matters to you instead."
        )
    elif evidence is not None and any(p.outlook in ("depends", "unknown") for p in plans):
        notes.append(f"None of these checks was measured by {evidence.what}.")
    if any(p.basis == "scaling" for p in plans):
        notes.append(
            "Where no formula is exact, n follows from the width of the metric's own interval, "
            "which shrinks with the square root of n."
        )
    if any(p.together > 1 for p in plans):
        notes.append(
            "Measurements of one family are planned at the level at which the first of them is "
            "judged, alpha / their number; the others need fewer rows."
        )
    return notes
