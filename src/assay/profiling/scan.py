"""Profile a table in a few scans; how much memory that takes does not depend on its rows.

First it is seen how many different values each column has (``sizes``). Columns with few of them are
counted value by value, and everything else about them follows from the counts (``counted``). The
others are measured (``measured``), with some rows drawn at random for what all of them would cost
too much (``drawing``). What is not exact says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import EngineError, SubjectError, did_you_mean
from assay.core.expr import Column
from assay.core.profile import ColumnProfile, TableProfile
from assay.core.progress import silent
from assay.core.schema import NUMERIC, TEMPORAL
from assay.profiling.alerts import alerts, table_alerts
from assay.profiling.asking import asked, portions
from assay.profiling.correlations import MOST, correlations, strong
from assay.profiling.counted import Counted
from assay.profiling.drawing import Drawn, draw
from assay.profiling.gaps import gaps
from assay.profiling.look import first_rows, forms
from assay.profiling.measured import Measured, measured
from assay.profiling.points import MEASURED, value_of
from assay.profiling.repeats import repeats
from assay.profiling.sizes import Size, sizes
from assay.states import Frequencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assay.core.aggregate import Aggregate
    from assay.core.engine import Engine
    from assay.core.profile import Gaps
    from assay.core.progress import Progress
    from assay.core.schema import ColumnInfo, Schema
    from assay.profiling.asking import States
    from assay.profiling.bins import Bins

_AT_ONCE = 30
"""Columns of one scan: each takes some megabytes, however few rows there are, and a query of many
takes more than its share of time."""
_COUNTABLE = 20_000
"""Different values of a column up to which each is counted."""
_KEYS = 300_000
"""Values that one scan counts: each takes some hundred bytes in every thread."""
_KEYS_IN_ALL = 2_000_000
_ALWAYS = 1_000
_VALUES = 4_000_000
"""Values that one scan sorts."""


def profile(
    engine: Engine,
    table: str,
    *,
    source: str,
    columns: Sequence[str] = (),
    progress: Progress = silent,
) -> TableProfile:
    """Describe the columns of a table that the engine knows.

    Args:
        source: what the table is, for a person.
        columns: names or patterns with ``*`` and ``?``; empty for all.
        progress: told how far it is.

    Raises:
        SubjectError: the table cannot be read, or has no such column.
        EngineError: a scan failed.
    """
    chosen = _chosen(engine.schema(table), columns)
    first = first_rows(engine, table, chosen)
    rows, found = sizes(engine, table, chosen, progress)
    scan = _Scan(engine, table, rows, progress)
    few = [size for size in found if _is_counted(size, len(chosen))]
    counted = scan.counted(few)
    many = [size for size in found if size.column.name not in counted]
    pairs, left_out = _numbers(found, counted)
    drawn = scan.drawn(pairs, many)
    profiles = {**counted, **scan.measured(many, drawn)}
    related = correlations(drawn, [c.name for c in pairs], left_out)
    near = strong(related) if related else {}
    repeated = None if columns else repeats(engine, table, rows, chosen)
    described = [profiles[c.name] for c in chosen]
    described = [
        msgspec.structs.replace(c, alerts=[*c.alerts, *alerts(c, near.get(c.name, ()))])
        for c in described
    ]
    return TableProfile(
        source=source,
        rows=rows,
        columns=described,
        repeated=repeated[0] if repeated else None,
        repeated_error=repeated[1] if repeated else 0.0,
        gaps=scan.gaps(found),
        correlations=related,
        first=first,
        alerts=table_alerts(rows, repeated),
    )


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


def _is_counted(size: Size, columns: int) -> bool:
    """Whether each value of the column is counted: there are few, or most occur several times."""
    if size.column.kind in ("nested", "binary", "other", "interval"):
        return False
    if size.column.kind in TEMPORAL and value_of(size.column) == Column(size.column.name):
        return False  # its texts are no numbers
    most = min(_COUNTABLE, max(_ALWAYS // 5, _KEYS_IN_ALL // max(columns, 1)))
    return size.distinct <= most and size.distinct <= max(_ALWAYS, size.present / 2)


def _numbers(
    sizes: Sequence[Size], counted: Mapping[str, ColumnProfile]
) -> tuple[list[ColumnInfo], list[str]]:
    """Columns of numbers to hold against each other, and those that are too many.

    Constants have no correlation.
    """
    constant = {name for name, column in counted.items() if column.distinct < 2}
    able = [s.column for s in sizes if s.column.kind in NUMERIC and s.column.name not in constant]
    return able[:MOST], [column.name for column in able[MOST:]]


@dataclass(frozen=True, slots=True)
class _Values:
    """Asks how many rows hold each value of a column."""

    size: Size

    @property
    def weight(self) -> int:
        return self.size.distinct

    @property
    def frequencies(self) -> Frequencies:
        return Frequencies(of=(value_of(self.size.column),))

    @property
    def aggregates(self) -> list[Aggregate[Any]]:
        return [self.frequencies]

    def simpler(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _Binned:
    """Asks how many values each bin of a histogram holds."""

    column: ColumnInfo
    bins: Bins

    @property
    def frequencies(self) -> Frequencies:
        return Frequencies(of=(self.bins.index(self.column),))

    @property
    def aggregates(self) -> list[Aggregate[Any]]:
        return [self.frequencies]

    def simpler(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _Scan:
    """One table, while it is scanned."""

    engine: Engine
    table: str
    rows: int
    progress: Progress

    def counted(self, sizes: Sequence[Size]) -> dict[str, ColumnProfile]:
        """Profiles of the columns whose values are counted; those that fail are left out."""
        found: dict[str, ColumnProfile] = {}
        for some in portions([_Values(s) for s in sizes], weight=_KEYS, most=_AT_ONCE):
            self.progress("Counting rows by value", len(found), len(sizes))
            for question, states in self._counted(some):
                column = question.size.column
                by_value = Counted.of(column, states[question.frequencies][()])
                found[column.name] = ColumnProfile(
                    name=column.name,
                    kind=column.kind,
                    native=column.native,
                    rows=self.rows,
                    nulls=self.rows - question.size.present,
                    distinct=len(by_value.counts),
                    spread=by_value.spread(),
                    histogram=by_value.histogram(),
                    top=by_value.top(),
                    format=by_value.format(),
                    alerts=by_value.alerts(),
                )
        self.progress("Counting rows by value", len(sizes), len(sizes))
        return found

    def _counted(self, questions: Sequence[_Values]) -> Iterator[tuple[_Values, States]]:
        try:
            yield from asked(self.engine, self.table, questions)
        except EngineError:
            for question in questions if len(questions) > 1 else ():
                yield from self._counted([question])

    def drawn(self, pairs: Sequence[ColumnInfo], many: Sequence[Size]) -> Drawn:
        """Rows for correlations, and for the ranks and common values of columns with many."""
        names = {c.name for c in pairs} if len(pairs) > 1 else set()
        wide = [s.column for s in many if s.column.kind in MEASURED | {"string"}]
        numbers = [c for c in pairs if c.name in names]
        numbers += [c for c in wide if c.kind in MEASURED and c.name not in names]
        texts = [c for c in wide if c.kind == "string"]
        return draw(
            self.engine, self.table, self.rows, numbers=numbers, texts=texts, progress=self.progress
        )

    def measured(self, sizes: Sequence[Size], drawn: Drawn) -> dict[str, ColumnProfile]:
        """Profiles of the columns that have too many values to count."""
        found: dict[str, ColumnProfile] = {}
        form = forms(self.engine, self.table, [s.column for s in sizes])
        questions = [measured(s, form.get(s.column.name), drawn) for s in sizes]
        for some in portions(questions, weight=_VALUES, most=_AT_ONCE):
            self.progress("Measuring columns", len(found), len(sizes))
            answers = asked(self.engine, self.table, some)
            pictures = self._histograms(answers)
            for question, states in answers:
                name = question.column.name
                answer = question.answer(states, self.rows)
                found[name] = msgspec.structs.replace(answer, histogram=pictures.get(name))
        self.progress("Measuring columns", len(sizes), len(sizes))
        return found

    def _histograms(self, answers: Sequence[tuple[Measured, States]]) -> dict[str, Any]:
        binned = [
            _Binned(question.column, bins)
            for question, states in answers
            if (bins := question.bins(states)) is not None
        ]
        return {
            b.column.name: b.bins.histogram(
                b.column.kind,
                {float(k): n for (k,), n in states[b.frequencies][()].counts if k is not None},
            )
            for b, states in asked(self.engine, self.table, binned)
        }

    def gaps(self, sizes: Sequence[Size]) -> Gaps | None:
        """Which columns are null together."""
        return gaps(self.engine, self.table, self.rows, sizes)
