"""What a reader makes of a document: entries with checks, or with the reason why there are none."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.errors import Location

DATA = "data"
"""Name of the table, where the document has only one."""


class UnmappableError(Exception):
    """Something has no equal in Assay; the message is the reason, for a person."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A check as a suite will write it.

    Attributes:
        params: what stands under the metric's name, without ``on``.
        beside: criterion, severity and description.
        on: name of the table.
    """

    metric: str
    params: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    on: str = DATA


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One expectation, test or keyword of the document.

    Attributes:
        what: its name there, and its column.
        checks: what says the same here; empty where nothing does.
        reason: why nothing does; or, beside checks, in what they differ.
        at: where it stands.
        id: its own identifier in the document, where it has one.
    """

    what: str
    checks: tuple[Draft, ...] = ()
    reason: str = ""
    at: Location | None = None
    id: str | None = None

    @property
    def mapped(self) -> bool:
        """Whether any check came of it."""
        return bool(self.checks)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A document that was read.

    Attributes:
        format: what kind it was.
        name: the suite's.
        entries: in the order of the document.
        tables: names of the tables that checks are on, in order.
    """

    format: str
    name: str
    entries: tuple[Entry, ...]
    tables: tuple[str, ...] = (DATA,)

    @property
    def checks(self) -> tuple[Draft, ...]:
        """All checks, in order."""
        return tuple(check for entry in self.entries for check in entry.checks)

    @property
    def unmapped(self) -> tuple[Entry, ...]:
        """What no check came of."""
        return tuple(entry for entry in self.entries if not entry.mapped)


def check(
    metric: str, params: dict[str, Any] | None = None, beside: dict[str, Any] | None = None
) -> Draft:
    """A draft on the only table; parameters that are None are left out."""
    given = {key: value for key, value in (params or {}).items() if value is not None}
    return Draft(metric=metric, params=given, beside=dict(beside or {}))


def share(least: float) -> dict[str, Any]:
    """The criterion for a share of rows that must be good."""
    return {"at_least": plain(least)}


def bounds(
    low: float | None,
    high: float | None,
    *,
    above_low: bool = False,
    below_high: bool = False,
    whole: bool = False,
) -> dict[str, Any]:
    """The criterion of a value between two bounds, or beyond one.

    Criteria include their ends; a bound that is itself excluded becomes the next number, which is
    the next whole one where the value is a count.

    Raises:
        UnmappableError: no bound is given, or no value lies between them.
    """
    if low is not None and above_low:
        low = math.floor(low) + 1 if whole else math.nextafter(low, math.inf)
    if high is not None and below_high:
        high = math.ceil(high) - 1 if whole else math.nextafter(high, -math.inf)
    if low is None and high is None:
        raise UnmappableError("it states no bound, so it always holds")
    if low is not None and high is not None:
        if low > high:
            raise UnmappableError(f"no value lies between {low:.10g} and {high:.10g}")
        return {"equals": plain(low)} if low == high else {"between": [plain(low), plain(high)]}
    return {"at_least": plain(low)} if low is not None else {"at_most": plain(high or 0)}


def plain(value: float) -> int | float:
    """Whole numbers without a point."""
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def values(given: Iterable[Any]) -> list[Any]:
    """The values of a set as a suite holds them; null, which no value equals, is left out.

    Raises:
        UnmappableError: nothing is left, or one is not a text, number or boolean.
    """
    found: list[Any] = []
    for value in given:
        if value is None:
            continue
        if not isinstance(value, str | int | float | bool):
            raise UnmappableError("the set holds something other than texts, numbers and booleans")
        if (value, isinstance(value, bool)) not in [(v, isinstance(v, bool)) for v in found]:
            found.append(value)
    if not found:
        raise UnmappableError("the set is empty")
    return found
