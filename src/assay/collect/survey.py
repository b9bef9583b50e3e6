"""What must be known of a data set before a model sees it: how many rows, which targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.core.errors import SubjectError
from assay.core.expr import Column, call
from assay.states import Count, Distinct, Frequencies
from assay.subjects.labels import scalar

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate
    from assay.core.engine import Engine
    from assay.core.expr import Scalar
    from assay.core.schema import Task

MOST_LABELS = 1_000


@dataclass(frozen=True, slots=True)
class Survey:
    """Rows in all, rows without a target, counts of the target's values (classification), and
    what a person should know about the unit column."""

    rows: int
    left_out: int
    targets: dict[Scalar, int]
    notes: tuple[str, ...]


def survey(
    engine: Engine, table: str, *, target: str | None, unit: str | None, task: Task
) -> Survey:
    """Count rows and targets in the engine.

    Args:
        target: None where the table has no such column: no row has a target then.

    Raises:
        SubjectError: a classification whose target has more values than classes can be.
    """
    if target is None:
        return _without_target(engine, table, unit)
    value = Column(target)
    all_rows, present = Count(), Count(where=call("not_null", value))
    wanted: list[Aggregate[Any]] = [all_rows, present]
    labels = Distinct(of=(value,))
    units = Distinct(of=(Column(unit),)) if unit is not None else None
    if task != "regression":
        wanted.append(labels)
    if units is not None:
        wanted.append(units)
    folded = engine.fold(table, wanted)
    rows = folded[all_rows][()].n
    notes = _unit_notes(unit, rows, folded[units][()]) if units is not None and unit else ()
    targets: dict[Scalar, int] = {}
    if task != "regression":
        distinct = folded[labels][()].distinct
        if distinct > MOST_LABELS:
            raise SubjectError(
                f"The target {target!r} has {distinct:,} different values, too many for classes.",
                hint="Is `task: regression` meant, or another target?",
            )
        frequencies = Frequencies(of=(value,), where=call("not_null", value))
        counts = engine.fold(table, [frequencies])[frequencies][()].as_dict()
        info = engine.schema(table).find(target)
        # Engines give decimals as text, which would not meet the numbers that they are.
        plain = float if info is not None and info.kind == "decimal" else scalar
        targets = {plain(key[0]): count for key, count in counts.items()}
    return Survey(rows, rows - folded[present][()].n, targets, notes)


def _without_target(engine: Engine, table: str, unit: str | None) -> Survey:
    units = Distinct(of=(Column(unit),)) if unit is not None else None
    folded = engine.fold(table, [Count(), *([units] if units is not None else [])])
    rows = folded[Count()][()].n
    notes = _unit_notes(unit, rows, folded[units][()]) if units is not None and unit else ()
    return Survey(rows, rows, {}, notes)


def _unit_notes(unit: str, rows: int, state: Any) -> tuple[str, ...]:
    notes = []
    if state.n < rows:
        notes.append(f"The unit column {unit!r} is null in {rows - state.n:,} of {rows:,} rows.")
    if state.distinct < state.n:
        notes.append(
            f"The unit column {unit!r} does not identify rows: {state.n:,} values, "
            f"{state.distinct:,} of them different. Runs cannot be compared row by row."
        )
    return tuple(notes)
