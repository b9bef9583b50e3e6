"""Which columns moved, furthest first: read from any results that show two distributions.

No metric is known by name. Results are ranked together where they are of one metric, on the same
two tables, and hold evidence of the kind ``distributions``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from assay.core.criterion import AtMost
from assay.core.evidence import Distributions
from assay.report.standing import held_against, worst_first
from assay.report.text import key_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assay.core.measurement import Measurement
    from assay.core.result import Result, Run

_ORDER = ("error", "fail", "inconclusive", "pass", "not_applicable", "skipped")


class Row(NamedTuple):
    """A column, what was measured of it, and both of its distributions.

    Attributes:
        name: the column, and which of its rows where the check has several values.
        measurement: the one that decided.
        times: the value in units of the limit; None where there is no limit above 0.
        picture: None where the distributions of just these rows were not kept.
    """

    result: Result
    name: str
    measurement: Measurement
    times: float | None
    picture: Distributions | None

    @property
    def changes(self) -> list[str]:
        """What changed, in words."""
        return self.picture.changes if self.picture else []


class Unranked(NamedTuple):
    """Columns that were not compared, and why."""

    names: list[str]
    reason: str


class Ranking(NamedTuple):
    """Columns of one table against another, furthest first.

    Attributes:
        in_limits: every row has ``times``: the rows can be drawn on one scale.
    """

    metric: str
    on: str
    against: str | None
    where: str | None
    rows: list[Row]
    unranked: list[Unranked]
    in_limits: bool

    @property
    def title(self) -> str:
        """``drift of july against january``."""
        against = f" against {self.against}" if self.against else ""
        where = f", where {self.where}" if self.where else ""
        return f"{self.metric} of {self.on}{against}{where}"


def rankings(run: Run, *, least: int = 2) -> list[Ranking]:
    """All rankings of a run with at least so many columns, in the order of the suite."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in run.results:
        key = (
            result.metric,
            result.on,
            result.data or "",
            result.against or "",
            result.where or "",
        )
        groups.setdefault(key, []).append(result)
    found = [_ranking(run, members) for members in groups.values()]
    return [ranking for ranking in found if len(ranking.rows) >= least]


def tally(ranking: Ranking) -> str:
    """``2 of 19 columns moved, 5 are undecided, 12 are within the limit.``"""
    rows = ranking.rows
    counts = {v: sum(r.result.verdict == v for r in rows) for v in ("fail", "inconclusive", "pass")}
    columns = "column" if len(rows) == 1 else "columns"
    moved = f"{counts['fail'] or 'None'} of {len(rows):,} {columns} moved"
    if not any(row.result.criterion for row in rows):
        return f"{len(rows):,} {columns}; no limit was set."
    others = [
        f"{n:,} {'is' if n == 1 else 'are'} {words}"
        for n, words in (
            (counts["inconclusive"], "undecided"), (counts["pass"], "within the limit"),
        )
        if n
    ]  # fmt: skip
    return f"{', '.join([moved, *others])}."


def _ranking(run: Run, members: Sequence[Result]) -> Ranking:
    first = members[0]
    rows = [row for result in members if (row := _row(result)) is not None]
    rows = _told_apart(rows)
    in_limits = bool(rows) and all(row.times is not None for row in rows)
    rows.sort(key=_by_limit if in_limits else _by_verdict)  # stable: suite order where equal
    return Ranking(
        first.metric, first.on, first.against, first.where, rows, _unranked(run, members), in_limits
    )


def _told_apart(rows: list[Row]) -> list[Row]:
    """Rows of one column, measured in several ways, with what differs behind their names."""
    often = Counter(row.name for row in rows)
    values: dict[str, set[str]] = {}
    for row in rows:
        for key, value in row.result.params.items():
            values.setdefault(key, set()).add(str(value))
    found = []
    for row in rows:
        params = row.result.params.items()
        own = [str(v) for k, v in params if k != "column" and len(values[k]) > 1]
        twice = often[row.name] > 1 and own
        found.append(row._replace(name=f"{row.name} ({', '.join(own)})") if twice else row)
    return found


def _by_limit(row: Row) -> float:
    return -(row.times or 0.0)


def _by_verdict(row: Row) -> tuple[int, float]:
    return _ORDER.index(row.result.verdict), -abs(row.measurement.value)


def _row(result: Result) -> Row | None:
    """The result as a row; None where it shows no distributions, or measured nothing."""
    pictures = [e for e in result.evidence if isinstance(e, Distributions)]
    if not pictures or not result.measurements:
        return None
    shown = worst_first(result)[0]
    name = pictures[0].of
    if shown.key:
        # the runner puts the slice behind the title; the pictures of all slices are not kept
        label = ", ".join(f"{key}={value}" for key, value in shown.key.items())
        mine = [e for e in pictures if e.title.endswith(f" ({label})")]
        return Row(result, f"{name}, {key_text(shown.key)}", shown, _times(result, shown),
                   mine[0] if mine else None)  # fmt: skip
    return Row(result, name, shown, _times(result, shown), pictures[0])


def _times(result: Result, measurement: Measurement) -> float | None:
    limit = held_against(result)
    if isinstance(limit, AtMost) and limit.bound > 0 and measurement.value >= 0:
        return measurement.value / limit.bound
    return None


def _unranked(run: Run, members: Sequence[Result]) -> list[Unranked]:
    """Columns without a row: not measured, in one of the tables only, or not asked for."""
    reasons: dict[str, list[str]] = {}
    for result in members:
        if _row(result) is None:
            reason = result.unmeasured[0].reason if result.unmeasured else result.reason
            reasons.setdefault(reason, []).append(_name(result))
    found = [Unranked(names, reason) for reason, names in reasons.items()]
    first = members[0]
    if not all("column" in result.params for result in members):
        return found  # not of single columns: nothing was left out
    columns = {subject.name: subject.columns for subject in run.subjects}
    here, there = columns.get(first.on), columns.get(first.against or "")
    if not here or not there:
        return found
    compared = {_name(result) for result in members}
    both = set(here) & set(there)
    parts: Iterable[tuple[list[str], str]] = (
        ([c for c in there if c not in both and c not in compared], f"only {first.against} has it"),
        ([c for c in here if c not in both and c not in compared], f"only {first.on} has it"),
        ([c for c in here if c in both and c not in compared], "both have it; left out"),
    )
    return found + [Unranked(names, reason) for names, reason in parts if names]


def _name(result: Result) -> str:
    return str(result.params.get("column") or result.id)
