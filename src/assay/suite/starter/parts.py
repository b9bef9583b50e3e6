"""The parts of a starter suite: proposals in groups, and names made fit for a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.core.profile import ColumnProfile


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One check as a suite writes it.

    Attributes:
        params: what stands under the metric's name.
        beside: criterion and severity.
        note: said behind the criterion, in a few words.
    """

    metric: str
    params: dict[str, Any]
    beside: dict[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Checks that share a reason; ``reason`` may hold anything, it is only ever a comment."""

    reason: str
    checks: Sequence[Proposal] = ()


def words(name: str) -> set[str]:
    """The words of a column's name: ``ApplicantSex`` and ``applicant_sex`` have the same two."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return {word.lower() for word in re.split(r"[\W_]+", spaced) if word}


def nameable(column: ColumnProfile) -> bool:
    """Whether a suite can name the column: it has a name, and one that YAML can hold."""
    return bool(column.name.strip()) and not re.search("[\x00\ud800-\udfff]", column.name)


def named(columns: Sequence[ColumnProfile], *, everything: bool = False) -> dict[str, Any]:
    """``column: x`` or ``columns: [x, y]``, or all of them."""
    if everything:
        return {"columns": ["*"]}
    names = [c.name for c in columns]
    return {"column": names[0]} if len(names) == 1 else {"columns": names}


def listing(names: Iterable[str], most: int = 8) -> str:
    """Some names for a sentence."""
    every = list(names)
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    shown = (inert(n) if n and n == n.strip() else repr(inert(n)) for n in every[:most])
    return ", ".join(shown) + more


def inert(text: str, most: int = 60) -> str:
    """Text of unknown origin within a comment: on one line, nothing in it invisible."""
    safe = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return safe if len(safe) <= most else f"{safe[: most - 1]}…"
