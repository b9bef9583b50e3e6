"""What a starter suite proposes about the values of columns: lists, forms and ranges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assay.core.measurement import number_text
from assay.core.profile import FORMATS
from assay.core.schema import NUMERIC
from assay.suite.starter.bounds import padded, plain, share_bound
from assay.suite.starter.held import NOTHING_HELD, Held
from assay.suite.starter.parts import Group, Proposal, named

if TYPE_CHECKING:
    from assay.core.profile import ColumnProfile

_LISTED = 20
_RARE = 3
"""Values seen once, beyond which a list of values is taken not to be complete."""
_RANGES = 60
_ROOM, _WIDE_ROOM = 0.1, 1.0
"""What is added on each side, as a share of the range; the latter where the halves differ."""
_EXACT = 2.0**53
_FORM_WORDS = {
    "uuid": "Every text is a UUID.",
    "email": "Every text is an e-mail address.",
    "iso_timestamp": "Every text is an ISO 8601 timestamp.",
    "iso_date": "Every text is an ISO 8601 date.",
}


def is_listed(column: ColumnProfile) -> bool:
    """Whether the texts of a column are so few, and so often seen, that they are all there are."""
    return (
        column.kind == "string"
        and column.listed
        and column.distinct <= _LISTED
        and column.values >= 5 * column.distinct
        and sum(1 for entry in column.top if entry.n == 1) <= _RARE
        and all(isinstance(e.value, str) and "\x00" not in e.value for e in column.top)
    )


def sets(columns: Sequence[ColumnProfile], on: str, held: Held = NOTHING_HELD) -> Iterator[Group]:
    """Texts of columns that have few, grouped by columns with the same ones."""
    members: dict[tuple[tuple[str, ...], float], list[ColumnProfile]] = {}
    for column in columns:
        if is_listed(column) and held.kept("in_set", column.name):
            bound = share_bound(column.values, column.values)
            values = tuple(sorted(str(entry.value) for entry in column.top))
            if bound > 0:
                members.setdefault((values, bound), []).append(column)
    checks = [
        Proposal(
            metric="in_set",
            params={"on": on, **named(columns), "values": list(values)},
            beside={"at_least": bound},
        )
        for (values, bound), columns in members.items()
    ]
    if checks:
        yield Group("All the texts that were found; another one is news, or a misspelling.", checks)


def forms(columns: Sequence[ColumnProfile], on: str, held: Held = NOTHING_HELD) -> Iterator[Group]:
    """Texts that all have one form."""
    members: dict[tuple[Any, float], list[ColumnProfile]] = {}
    for column in columns:
        plain = column.format is not None and not is_listed(column)
        if plain and held.kept("matches", column.name):
            bound = share_bound(column.values, column.values)
            if bound > 0:
                members.setdefault((column.format, bound), []).append(column)
    for (form, bound), several in members.items():
        params = {"on": on, **named(several), "pattern": FORMATS[form]}
        yield Group(
            _FORM_WORDS[form],
            [Proposal(metric="matches", params=params, beside={"at_least": bound})],
        )


def ranges(columns: Sequence[ColumnProfile], on: str, held: Held = NOTHING_HELD) -> Iterator[Group]:
    """Numbers, grouped by columns with the same limits."""
    members: dict[tuple[float, float, float], list[ColumnProfile]] = {}
    for column in columns:
        if not held.kept("in_range", column.name):
            continue
        seen = held.widened("in_range", column.name)
        limits = _range(column, room=_ROOM if seen is None else _WIDE_ROOM)
        if limits is not None:
            assert column.spread is not None
            bound = share_bound(column.spread.n, column.values)
            if seen is not None:  # no more than that half alone vouches for
                bound = min(bound, share_bound(round(seen.value * seen.n), seen.n))
            if bound > 0:
                members.setdefault((*limits, bound), []).append(column)
    checks = [
        Proposal(
            metric="in_range",
            params={"on": on, **named(several), "lower": plain(lower), "upper": plain(upper)},
            beside={"at_least": bound},
            note=_seen(several),
        )
        for (lower, upper, bound), several in members.items()
    ]
    if not checks:
        return
    reason = (
        "The range found and about a tenth more on each side; a few rows may lie beyond. Replace "
        "it by the limits that you know."
    )
    if len(checks) > _RANGES:
        left_out = len(checks) - _RANGES
        reason += f" Ranges of {left_out:,} more groups of columns are left out: too many to keep."
    yield Group(reason, checks[:_RANGES])


def _range(column: ColumnProfile, *, room: float) -> tuple[float, float] | None:
    """Limits for a number column: as found for a scale without gaps, else with room."""
    spread = column.spread
    if column.kind not in NUMERIC or spread is None:
        return None
    least, greatest = float(spread.least), float(spread.greatest)
    if max(abs(least), abs(greatest)) > _EXACT and column.kind != "float":
        return None
    steps = greatest - least + 1
    if column.kind == "integer" and column.distinct == steps and column.values >= 10 * steps:
        return (least, greatest) if least < greatest else None
    return padded(least, greatest, room)


def _seen(columns: Sequence[ColumnProfile]) -> str:
    spreads = [c.spread for c in columns if c.spread is not None]
    least, greatest = (
        min(float(s.least) for s in spreads),
        max(float(s.greatest) for s in spreads),
    )
    return f"found: {number_text(least)} to {number_text(greatest)}"
