"""Words and signs for the verdicts on differences, in the order in which they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.text import counted, figure, interval_text, key_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.comparison import Change, Comparison, Difference, Flips, Movement, SliceChange

CHANGES: dict[Change, tuple[str, str]] = {
    "worse": ("▼", "worse"),
    "changed": ("≠", "changed"),
    "better": ("▲", "better"),
    "no_worse": ("≥", "no worse"),
    "unclear": ("?", "unclear"),
    "same": ("=", "same"),
}

QUIET: frozenset[Change] = frozenset({"same", "unclear"})
"""Verdicts that say nothing new, unless a margin was asked for."""


def tally(differences: Sequence[Difference]) -> list[tuple[Change, int]]:
    """How many differences have each verdict, where any has."""
    counts = {verdict: sum(d.verdict == verdict for d in differences) for verdict in CHANGES}
    return [(verdict, n) for verdict, n in counts.items() if n]


def told(comparison: Comparison, *, everything: bool) -> list[Difference]:
    """The differences that are worth a line; worse ones first."""
    order = list(CHANGES)
    ranked = sorted(comparison.differences, key=lambda d: order.index(d.verdict))
    if everything:
        return ranked
    quiet = QUIET if comparison.margin is None else frozenset({"same"})
    return [d for d in ranked if d.verdict not in quiet]


def name_of(difference: Difference) -> str:
    """The check, and what within it."""
    key = key_text(difference.key)
    return f"{difference.id} ({key})" if key else difference.id


def slice_name(moved: SliceChange, movement: Movement) -> str:
    """The slice alone: what its columns are."""
    key = moved.difference.key
    return ", ".join(f"{column}={key[column]}" for column in movement.by if column in key)


def signed(value: float) -> str:
    """A change: its sign is always there."""
    return f"+{figure(value)}" if value > 0 else figure(value)


def change_text(difference: Difference) -> str:
    """The change with its interval."""
    m = difference.difference
    if m.level is None:
        return signed(m.value)
    return f"{signed(m.value)} {interval_text(m)}"


def flips_text(flips: Flips) -> str:
    """How many samples flipped each way, of how many."""
    if flips.between is None:
        ends = "; ".join(f"{way.total:,} {way.title.lower()}" for way in flips.ways)
        where = "in both runs", "in one of the runs"
    else:
        ends = "; ".join(f"{way.total:,} {way.title}" for way in flips.ways)
        where = "of both models", "of one of the models"
    text = f"Of {counted(flips.samples, 'sample')} with a score {where[0]}: {ends}."
    if flips.unknown:
        text += f" {flips.unknown:,} more have no score {where[1]}."
    return text


def title_of(movement: Movement) -> str:
    """What moved, by which columns."""
    key = key_text(movement.key)
    whose = f"{movement.id} ({key})" if key else movement.id
    return f"{whose} by {' and '.join(movement.by)}"


def whole_text(movement: Movement) -> str:
    """What the whole did, and how to read the parts."""
    if movement.change is None:
        return "Ranked by how sure a change is; the rows of the runs are not paired."
    text = f"Over the rows of both runs it changed by {signed(movement.change)}."
    if any(s.share is not None for s in movement.slices):
        return f"{text} The parts of all slices add up to that."
    if any(s.contribution is not None for s in movement.slices):
        return f"{text} The parts of all slices add up to that; it may be chance."
    return f"{text} It is no mean over rows, so no slice has a part of it: ranked by certainty."
