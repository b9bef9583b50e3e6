"""Answers that speak against a language model: what was asked, what it said, and why it counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from assay.core.evidence import Examples
from assay.core.expr import Column
from assay.core.schema import CLUSTER, INPUT, OUTPUT, REASON, SCORE, TARGET, UNIT
from assay.runner.score_direction import more_is_better
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Key
    from assay.core.engine import Engine
    from assay.core.evidence import Cell, Evidence
    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.runner.task import Task

SHOWN = 20
"""Answers that are shown."""
_LOOKED_AT = 500
_NAMES = {UNIT: "sample", INPUT: "question", OUTPUT: "answer", REASON: "reason", TARGET: "target",
          SCORE: "score"}  # fmt: skip


def has_texts(schema: Schema) -> bool:
    """Whether the rows of a table are scored answers, with the texts."""
    return all(schema.find(name) for name in (UNIT, INPUT, OUTPUT, REASON, SCORE))


def failing_answers(engine: Engine, task: Task, where: Expr) -> list[Evidence]:
    """Some of the answers that fail a check, worst first: by slice, then by score.

    The worst slice is that of the check's first ``by`` in which the greatest share fails.

    Args:
        where: filter for the answers that fail.

    Raises:
        EngineError: a scan failed.
    """
    slicing = next((by for by in task.slicings if by), ())
    clustered = (CLUSTER,) if task.schema.find(CLUSTER) else ()
    columns = [UNIT, *slicing, INPUT, OUTPUT, REASON, TARGET, SCORE]
    _, rows, total = engine.examples(
        task.table, where, columns=[*columns, *clustered], limit=_LOOKED_AT
    )
    if not rows:
        return []
    rates = _rates(engine, task, where, slicing)
    sign = -1 if more_is_better(task.check.metric) is False else 1
    first, score_at = 1 + len(slicing), len(columns) - 1

    def badness(row: list[Cell]) -> tuple[float, tuple[str, ...], float]:
        key = tuple(str(cell) for cell in row[1:first])
        score = row[score_at]
        known = float(score) if isinstance(score, int | float) else 0.0
        return -rates.get(key, 0.0), key, sign * known

    rows.sort(key=lambda row: (badness(row), str(row[0])))
    if clustered:  # one of each cluster, then another of each: copies show little
        seen: Counter[tuple[object, ...]] = Counter()
        turns = []
        for row in rows:
            seen[(*badness(row), row[-1])] += 1
            turns.append((*badness(row), seen[(*badness(row), row[-1])]))
        rows = [row for _, row in sorted(zip(turns, rows, strict=True), key=lambda pair: pair[0])]
    kept = [i for i, name in enumerate(columns) if _tells(name, [row[i] for row in rows])]
    return [
        Examples(
            title="Answers that fail",
            columns=[_NAMES.get(columns[i], columns[i]) for i in kept],
            rows=[[row[i] for i in kept] for row in _spread(rows, first)[:SHOWN]],
            total=total,
        )
    ]


def _tells(name: str, cells: list[Cell]) -> bool:
    """Whether a column is worth its place: no targets, or all scores alike, tell nothing."""
    if name == TARGET:
        return any(cells)
    return name != SCORE or len(set(cells)) > 1


def _rates(
    engine: Engine, task: Task, where: Expr, slicing: tuple[str, ...]
) -> dict[tuple[str, ...], float]:
    """The share of answers that fail, slice by slice."""
    if not slicing:
        return {}
    by = tuple(Column(name) for name in slicing)
    failing, every = Count(where=where, by=by), Count(where=task.where, by=by)
    states = engine.fold(task.table, [failing, every])
    of = {_text(key): state.n for key, state in states[every].items()}
    return {_text(key): s.n / of[_text(key)] for key, s in states[failing].items() if s.n}


def _text(key: Key) -> tuple[str, ...]:
    return tuple(str(part) for part in key)


def _spread(rows: list[list[Cell]], first: int) -> list[list[Cell]]:
    """The rows of all slices where there are too many: as many of each, slices in their order."""
    slices: dict[tuple[str, ...], list[list[Cell]]] = {}
    for row in rows:
        slices.setdefault(tuple(str(c) for c in row[1:first]), []).append(row)
    room = max(1, SHOWN // len(slices))
    return [row for some in slices.values() for row in some[:room]] if len(rows) > SHOWN else rows
