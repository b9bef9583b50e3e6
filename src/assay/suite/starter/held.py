"""What became of proposals on rows that they were not estimated from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assay.core.measurement import number_text
from assay.suite.starter.parts import Group, Proposal, inert

if TYPE_CHECKING:
    from assay.core.profile import TableProfile

CHECKED = ("completeness", "uniqueness", "in_set", "matches", "in_range")
"""Metrics whose proposals are checked: those that speak of single values."""
_UNSTABLE = 0.95
_DROPPED = "left out"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check that did not pass found on the other half: its value, and over how many."""

    value: float
    n: int


@dataclass(frozen=True)
class Held:
    """Proposals that were checked on rows that they do not come from.

    Attributes:
        split: how the rows were split, as a sentence.
        failed: what was seen there, by metric and column, of those that did not pass.
    """

    split: str
    failed: Mapping[tuple[str, str], Seen] = field(default_factory=dict)

    def kept(self, metric: str, column: str) -> bool:
        """Whether a proposal is made: it held, or can be widened."""
        seen = self.failed.get((metric, column))
        return seen is None or (metric in ("completeness", "in_range") and seen.value >= _UNSTABLE)

    def widened(self, metric: str, column: str) -> Seen | None:
        """What the other half showed of a proposal that is to be widened; None where it held."""
        return self.failed.get((metric, column)) if self.kept(metric, column) else None


NOTHING_HELD = Held("")
"""Where nothing was checked on other rows."""


def singles(
    proposals: Sequence[Proposal], columns: Sequence[str]
) -> Iterator[tuple[str, str, Proposal]]:
    """Each proposal that is checked, for each of its columns: metric, column, proposal of it.

    Args:
        columns: all there are, which a proposal for ``*`` is about.
    """
    for proposal in proposals:
        if proposal.metric not in CHECKED:
            continue
        params = dict(proposal.params)
        key = params.get("key")
        names = params.pop("columns", None) or [params.pop("column", None)]
        for name in key or (columns if names == ["*"] else names):
            own = params if key else {**params, "column": name}
            yield proposal.metric, name, replace(proposal, params=own)


def departures(profile: TableProfile, held: Held) -> list[Group]:
    """What the other half did not hold to, in words: a comment, without a check."""
    found = [
        f"{inert(name)}: {metric} was {number_text(seen.value)} there "
        f"({'widened' if held.kept(metric, name) else _DROPPED})"
        for (metric, name), seen in held.failed.items()
        if profile.find(name) is not None
    ]
    if not found:
        return []
    most = 20
    more = f"\nand {len(found) - most:,} more" if len(found) > most else ""
    return [Group("\n".join(f"- {line}" for line in found[:most]) + more)]
