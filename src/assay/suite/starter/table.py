"""What a starter suite proposes about a table as a whole: its size, columns, gaps and keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from assay.core.schema import TEMPORAL
from assay.suite.starter.bounds import below, share_bound
from assay.suite.starter.held import NOTHING_HELD, Held, departures
from assay.suite.starter.parts import Group, Proposal, inert, listing, nameable, words
from assay.suite.starter.parts import named as for_columns
from assay.suite.starter.values import forms, ranges, sets

if TYPE_CHECKING:
    from assay.core.profile import ColumnProfile, TableProfile

FEWEST = 20
"""Rows below which nothing is proposed about values: so few could hold anything by chance."""
_DAY = 86_400.0
_RECENT = 30 * _DAY
_ID_WORDS = {"id", "ids", "uuid", "guid", "key", "pk", "code", "number", "no", "nr", "index"}


def identifiers(profile: TableProfile) -> list[str]:
    """Columns that tell rows apart, and not by chance.

    Whole numbers are taken to where their name says so, or where so many of them lie so close that
    equal ones would be certain if they were drawn at random (birthday problem: ``n**2 / 2 range``
    pairs are expected); texts where their name or their form says so.
    """
    found = []
    for column in profile.columns:
        if not column.has("identifier") or column.nulls or column.rows < FEWEST:
            continue
        named = bool(words(column.name) & _ID_WORDS)
        if column.kind == "string":
            likely = named or column.format == "uuid"
        else:
            assert column.spread is not None
            span = float(column.spread.greatest) - float(column.spread.least)
            likely = named or column.rows**2 / (2 * span + 2) > 10
        if likely and nameable(column):
            found.append(column.name)
    return found


def table_groups(
    profile: TableProfile, *, on: str, now: float, held: Held = NOTHING_HELD
) -> Iterator[tuple[str, list[Group]]]:
    """Sections of the suite about the table: a title, and groups of checks.

    Args:
        on: the table's name in the suite.
        now: seconds since 1970 UTC, which dates count as recent from.
        held: what became of the proposals on rows that they were not estimated from.
    """
    yield "Is it the table that was agreed on?", [*_shape(profile, on), *_fresh(profile, on, now)]
    if profile.rows < FEWEST:
        return
    keys = identifiers(profile)
    named = [c for c in profile.columns if nameable(c)]
    yield (
        "Is every value there, and each row once?",
        [
            *_complete(profile, named, on, held),
            *_unique(keys, on),
        ],
    )
    rest = [c for c in named if c.name not in keys and c.values >= FEWEST]
    yield (
        "Are the values what they should be?",
        [
            *sets(rest, on, held),
            *forms(rest, on, held),
            *ranges(rest, on, held),
        ],
    )
    yield "What did not hold on the other half of the rows", departures(profile, held)


def _shape(profile: TableProfile, on: str) -> Iterator[Group]:
    if profile.rows:
        least = int(below(profile.rows / 2)) or 1
        yield Group(
            f"{profile.rows:,} rows were found; about half of them would still be a delivery."
            if profile.rows > 1
            else "One row was found: say here how many there should be.",
            [Proposal(metric="row_count", params={"on": on}, beside={"at_least": least})],
        )
    else:
        yield Group(
            "The table had no rows. Once it has some, require them:\n"
            f"- row_count: {{on: {on}}}\n  at_least: 1"
        )
    known = {c.name: c.kind for c in profile.columns if c.values and nameable(c)}
    known = known or {c.name: c.kind for c in profile.columns if nameable(c)}
    if not known:
        if not profile.rows:  # a suite needs a check
            nothing = Proposal(metric="row_count", params={"on": on}, beside={"at_least": 0})
            yield Group("No column has a name that a suite can hold.", [nothing])
        return
    fields: dict[str, Any] = {"on": on, "fields": known}
    reason = "The columns and types found."
    if len(known) < len(profile.columns):
        fields["extra"] = "allow"
        others = [c.name for c in profile.columns if c.name not in known]
        reason += f" Left open, without a value in any row or a usable name: {listing(others)}."
    yield Group(reason, [Proposal(metric="matches_schema", params=fields)])


def _fresh(profile: TableProfile, on: str, now: float) -> Iterator[Group]:
    newest: list[tuple[float, str]] = []
    for column in profile.columns:
        if column.kind in TEMPORAL and column.spread is not None and nameable(column):
            end = column.spread.greatest
            if isinstance(end, str):
                instant = datetime.fromisoformat(end)
                seconds = (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
                newest.append((seconds, column.name))
    recent = [(at, name) for at, name in newest if now - _RECENT <= at <= now]
    if not recent:
        return
    at, name = max(recent)
    age = (now - at) / _DAY
    most = int(max(2, -(-2 * age // 1)))
    yield Group(
        f"The newest value of {inert(name)} is {_age(age)} old; twice that, and at least two days, "
        "means that a delivery is late.",
        [
            Proposal(
                metric="freshness",
                params={"on": on, "column": name, "per": "days"},
                beside={"at_most": most},
            )
        ],
    )


def _age(days: float) -> str:
    hours = round(days * 24)
    return f"{days:.0f} days" if days >= 2 else f"{hours} hours" if hours > 1 else "about an hour"


def _complete(
    profile: TableProfile, columns: Sequence[ColumnProfile], on: str, held: Held
) -> Iterator[Group]:
    """Columns that need equal shares together; those that always have a value first."""
    by_bound: dict[tuple[bool, float], list[ColumnProfile]] = {}
    for column in columns:
        bound = share_bound(column.values, column.rows) if column.values else 0.0
        seen = held.widened("completeness", column.name)
        if seen is not None:  # no more than that half alone vouches for
            bound = min(bound, share_bound(round(seen.value * seen.n), seen.n))
        if not held.kept("completeness", column.name):
            continue
        if bound > 0:
            by_bound.setdefault((column.nulls > 0, bound), []).append(column)
    some: list[Proposal] = []
    for (gaps, bound), members in sorted(
        by_bound.items(), key=lambda item: (item[0][0], -item[0][1])
    ):
        everything = not gaps and len(members) == len(profile.columns) > 1
        everything = everything and profile.find("*") is None
        proposal = Proposal(
            metric="completeness",
            params={"on": on} | for_columns(members, everything=everything),
            beside={"at_least": bound},
            note=_missing(members) if gaps else "",
        )
        if gaps:
            some.append(proposal)
            continue
        yield Group(
            f"No value was missing. {profile.rows:,} rows cannot vouch for more than this: write 1 "
            "where a missing value would do harm.",
            [proposal],
        )
    if some:
        yield Group("Values were missing; this many must be there at least.", some)


def _missing(members: Sequence[ColumnProfile]) -> str:
    shares = sorted(c.nulls / c.rows for c in members)
    low, high = (f"{100 * s:.2g} %" for s in (shares[0], shares[-1]))
    return f"missing: {low}" if low == high else f"missing: {low} to {high}"


def _unique(keys: Sequence[str], on: str) -> Iterator[Group]:
    if keys:
        yield Group(
            "Each value stood in one row only: a second one would be the same row twice.",
            [Proposal(metric="uniqueness", params={"on": on, "key": [k]}) for k in keys],
        )
