"""Profile a table: all columns in one scan (a wide table's in several, some columns each)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import EngineError, SubjectError, did_you_mean
from assay.core.expr import Column, call
from assay.core.profile import FORMATS, ColumnProfile, TableProfile, ValueCount
from assay.core.schema import NUMERIC
from assay.profiling.alerts import alerts
from assay.profiling.look import look
from assay.profiling.points import MEASURED, PROBABILITIES, spread_of
from assay.states import Count, Distinct, Extremes, Frequencies, Moments, Quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.aggregate import Aggregate, Key
    from assay.core.engine import Engine
    from assay.core.expr import Scalar
    from assay.core.profile import Format, Spread
    from assay.core.schema import ColumnInfo, Schema

    States = Mapping[Aggregate[Any], Mapping[Key, Any]]

TOP = 20
"""Most frequent values that a profile lists."""
_LONGEST = 200
"""Longer texts are not listed."""
_AT_ONCE = 50
"""Columns in one scan. Exact counts of different values take memory for each column, however few
rows there are, and a query of many of them takes more than its share of time."""


def profile(
    engine: Engine, table: str, *, source: str, columns: Sequence[str] = ()
) -> TableProfile:
    """Describe the columns of a table that the engine knows.

    Args:
        source: what the table is, for a person.
        columns: names or patterns with ``*`` and ``?``; empty for all.

    Raises:
        SubjectError: the table cannot be read, or has no such column.
        EngineError: the scan failed.
    """
    schema = engine.schema(table)
    chosen = _chosen(schema, columns)
    seen = look(engine, table, schema)
    questions = [
        _Questions(c, counted=c.name in seen.counted, form=seen.formats.get(c.name)) for c in chosen
    ]
    rows = Count()
    found: list[ColumnProfile] = []
    total = 0
    for start in range(0, len(questions), _AT_ONCE):
        some = questions[start : start + _AT_ONCE]
        for question, states in _folded(engine, table, some):
            total = states[rows][()].n
            found.append(question.answer(states, total))
    return TableProfile(source=source, rows=total, columns=found)


def _chosen(schema: Schema, patterns: Sequence[str]) -> list[ColumnInfo]:
    """The columns that any pattern names, in table order; a literal name stands for itself.

    Raises:
        SubjectError: a pattern names none.
    """
    names: set[str] = set()
    for pattern in patterns:
        glob = pattern.replace("[", "[[]")
        known = schema.find(pattern)
        matched = [known.name] if known else [n for n in schema.names if fnmatchcase(n, glob)]
        if not matched:
            near = did_you_mean(pattern, schema.names)
            raise SubjectError(f"There is no column {pattern!r}.{near}")
        names.update(matched)
    return [column for column in schema.columns if not patterns or column.name in names]


def _folded(
    engine: Engine, table: str, questions: Sequence[_Questions]
) -> list[tuple[_Questions, States]]:
    """Fold the questions of several columns together.

    Where that fails, in halves; and a column that fails alone (its values are too many to count,
    or too large for a variance) is asked only what every column can answer.

    Raises:
        EngineError: a column cannot answer even that.
    """
    wanted = dict.fromkeys(a for q in questions for a in q.aggregates)
    try:
        states = engine.fold(table, [Count(), *wanted])
    except EngineError:
        if len(questions) > 1:
            middle = len(questions) // 2
            return [
                *_folded(engine, table, questions[:middle]),
                *_folded(engine, table, questions[middle:]),
            ]
        if questions[0].plain:
            raise
        return _folded(engine, table, [questions[0].made_plain()])
    return [(question, states) for question in questions]


@dataclass(frozen=True, slots=True)
class _Questions:
    """What is asked of one column.

    Attributes:
        counted: rows are counted for each of its values.
        form: the form that its first values have.
        plain: only counts and extremes are asked for.
    """

    info: ColumnInfo
    counted: bool = False
    form: Format | None = None
    plain: bool = False

    def made_plain(self) -> _Questions:
        """The same column, asked for what every column can answer."""
        return _Questions(self.info, plain=True)

    @property
    def _column(self) -> Column:
        return Column(self.info.name)

    @property
    def _present(self) -> Count:
        return Count(where=call("not_null", self._column))

    @property
    def _distinct(self) -> Distinct:
        return Distinct(of=(self._column,))

    @property
    def _extremes(self) -> Extremes:
        return Extremes(of=self._column)

    @property
    def _quantiles(self) -> Quantiles:
        return Quantiles(of=self._column, probabilities=PROBABILITIES)

    @property
    def _moments(self) -> Moments | None:
        return None if self.plain else Moments(of=self._column)

    @property
    def _zeros(self) -> Count | None:
        return Count(where=call("eq", self._column, 0)) if self.info.kind in NUMERIC else None

    @property
    def _frequencies(self) -> Frequencies | None:
        asked = self.counted or self.info.kind == "boolean"
        return Frequencies(of=(self._column,)) if asked and not self.plain else None

    @property
    def _formed(self) -> Count | None:
        if self.form is None:
            return None
        return Count(where=call("matches", self._column, FORMATS[self.form]))

    @property
    def aggregates(self) -> list[Aggregate[Any]]:
        """Everything that is asked, for the engine to fold."""
        asked: list[Aggregate[Any] | None] = [self._present, self._distinct]
        if self.info.kind in MEASURED:
            asked += [self._extremes, self._quantiles, self._moments, self._zeros]
        asked += [self._frequencies, self._formed]
        return [aggregate for aggregate in asked if aggregate is not None]

    def answer(self, states: States, rows: int) -> ColumnProfile:
        """The column's profile, from the folded states."""
        present = states[self._present][()].n
        spread: Spread | None = None
        points: dict[float, float] = {}
        if self.info.kind in MEASURED:
            moments, zeros = self._moments, self._zeros
            spread, points = spread_of(
                self.info.kind,
                present=present,
                extremes=states[self._extremes][()],
                quantiles=states[self._quantiles][()],
                moments=states[moments][()] if moments else None,
                zeros=states[zeros][()].n if zeros else 0,
            )
        formed = self._formed
        counts = self._counts(states)
        found = ColumnProfile(
            name=self.info.name,
            kind=self.info.kind,
            native=self.info.native,
            rows=rows,
            nulls=rows - present,
            distinct=states[self._distinct][()].distinct,
            spread=spread,
            top=_top(counts),
            format=self.form if formed and 0 < states[formed][()].n == present else None,
        )
        return msgspec.structs.replace(found, alerts=alerts(found, counts, points))

    def _counts(self, states: States) -> dict[Scalar, int]:
        """Rows by value, nulls left out; empty where they were not counted."""
        frequencies = self._frequencies
        if frequencies is None:
            return {}
        return {value: n for (value,), n in states[frequencies][()].counts if value is not None}


def _top(counts: Mapping[Scalar, int]) -> list[ValueCount]:
    """The most frequent values; ties in the order of their texts."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return [
        ValueCount(value=value, n=n)
        for value, n in ranked[:TOP]
        if not isinstance(value, str) or len(value) <= _LONGEST
    ]
