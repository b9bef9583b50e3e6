"""Tables made for checks: groups of a table's rows, and what a person's query gives.

The engine makes them when they are scanned; equal wishes of several checks share one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from assay.core.collection import Groups, Selected
from assay.core.errors import SuiteError
from assay.core.evidence import Examples
from assay.core.expr import Column, Sql, both
from assay.core.metric import columns_of
from assay.core.schema import DIFFERENT, GREATEST, LEAST, ROWS
from assay.core.source import Grouped, Query
from assay.runner.task import Derived, Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.check import Check
    from assay.core.engine import Engine
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.runner.opening import Opened

Slicing = tuple[str, ...]
Keys = tuple[tuple[str, "Expr"], ...]

_MEASURES = (ROWS, DIFFERENT, LEAST, GREATEST)
_SHOWN = 8


class NotApplicable(Exception):
    """The metric does not apply to this subject; the message says why."""


@dataclass
class Deriving:
    """The tables that a run makes; they are forgotten when it ends."""

    opened: Opened
    engine: Engine
    _schemas: dict[str, Schema] = field(default_factory=dict)

    def task(self, check: Check) -> Task:
        """The check as a task on tables of its own.

        Raises:
            NotApplicable: the metric does not apply to the check's table.
            AssayError: the query, or the check's filter, is wrong.
        """
        spec = check.spec
        schema = self.opened.tables[spec.on].schema
        reason = check.metric.applicable(schema)
        if reason is not None:
            raise NotApplicable(reason)
        collection = check.metric.collection()
        if isinstance(collection, Selected):
            if spec.by or spec.where:
                raise SuiteError(
                    f"{check.metric.name} has a query of its own: `by` and `where` belong in it.",
                    check_id=check.id,
                )
            wanted: list[tuple[Grouped | Query, tuple[Slicing, ...]]] = [
                (Query(collection.query), ((),))
            ]
        elif isinstance(collection, Groups):
            wanted = [*self._grouped(check, collection, schema)]
        else:
            raise TypeError(f"{collection!r} is not made from tables")
        derived = tuple(self._attached(spec.on, *wish) for wish in wanted)
        return Task(check, derived[0].table, derived[0].schema, derived=derived)

    def close(self) -> None:
        """Forget the tables."""
        for name in self._schemas:
            self.engine.detach(name)
        self._schemas.clear()

    def _grouped(
        self, check: Check, wish: Groups, schema: Schema
    ) -> Iterable[tuple[Grouped, tuple[Slicing, ...]]]:
        """Each grouping that the check needs, with the slicings that it serves.

        The rows of a slice are grouped among themselves, so slice columns are keys too.
        """
        spec = check.spec
        keys = dict(wish.keys)
        if wish.all_but is not None:
            left_out = {*wish.all_but, self.opened.unit(spec.on)}
            keys |= {name: Column(name) for name in schema.names if name not in left_out}
        if not keys:
            raise SuiteError(
                f"{spec.on!r} has no column that {check.metric.name} could compare.",
                check_id=check.id,
            )
        where = both(Sql(spec.where) if spec.where else None, wish.where)
        serves: dict[Keys, list[Slicing]] = {}
        for slicing in spec.by or ((),):
            sliced = keys | {name: Column(name) for name in slicing}
            serves.setdefault(tuple(sliced.items()), []).append(slicing)
        for several, slicings in serves.items():
            taken = next((name for name, _ in several if name.lower().startswith(_MEASURES)), None)
            if taken is not None:
                raise SuiteError(
                    f"The column {taken!r} bears a name that the groups of {check.metric.name} "
                    "use themselves.",
                    check_id=check.id,
                    hint="Rename it, or name the columns to group by.",
                )
            yield Grouped(spec.on, several, wish.distinct, where), tuple(slicings)

    def _attached(self, on: str, source: Grouped | Query, slicings: tuple[Slicing, ...]) -> Derived:
        digest = blake2b(repr(source).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
        name = f"{on}:{'groups' if isinstance(source, Grouped) else 'query'}({digest})"
        if name not in self._schemas:
            self.engine.attach(name, source)
            try:
                self._schemas[name] = self.engine.schema(name)
            except BaseException:
                self.engine.detach(name)
                raise
        return Derived(name, self._schemas[name], slicings)


def derived_examples(engine: Engine, task: Task, failing: Expr) -> list[Evidence]:
    """Groups, or rows of the query, that fail: under names that a person reads."""
    grouped = isinstance(task.check.metric.collection(), Groups)
    spec = task.check.spec
    first = dict.fromkeys([*(c for by in spec.by for c in by), *columns_of(task.check.metric)])
    there = [name for name in first if task.schema.find(name)]
    names = list(dict.fromkeys([*there, *task.schema.names]))
    measures = [n for n in names if grouped and n.startswith(_MEASURES)]
    keys = [n for n in names if n not in measures][: max(1, _SHOWN - len(measures))]
    _, rows, total = engine.examples(task.table, failing, columns=[*keys, *measures], limit=10)
    if not rows:
        return []
    title = "Groups of rows that fail" if grouped else "Rows that the query gives"
    shown = [n.removeprefix("assay.") for n in keys]
    for name in measures:
        plain = name.removeprefix("assay.").removesuffix(".0")
        shown.append(f"{plain} (of the group)" if plain in shown else plain)
    return [Examples(title=title, columns=shown, rows=rows, total=total)]
