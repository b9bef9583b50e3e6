"""What a part of a language model got wrong: the text, what became of it, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Examples
from assay.core.schema import BECAME, FAULT, PART, TEXT, UNIT

if TYPE_CHECKING:
    from assay.core.engine import Engine
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.runner.task import Task

SHOWN = 20
"""Faults that are shown."""
_LONGEST = 400
"""Characters of a text that are shown."""
_NAMES = {UNIT: "sample", PART: "tried", FAULT: "what is wrong", TEXT: "text", BECAME: "became"}


def has_parts(schema: Schema) -> bool:
    """Whether the rows of a table tell of a part of a language model."""
    return all(schema.find(name) for name in _NAMES)


def failing_parts(engine: Engine, task: Task, where: Expr) -> list[Evidence]:
    """Some of the faults.

    Args:
        where: filter for the rows with one.

    Raises:
        EngineError: a scan failed.
    """
    _, rows, total = engine.examples(task.table, where, columns=list(_NAMES), limit=SHOWN)
    if not rows:
        return []
    kept = [i for i in range(len(_NAMES)) if any(row[i] for row in rows)]
    names = list(_NAMES.values())
    shown = [[_cut(row[i]) if isinstance(row[i], str) else row[i] for i in kept] for row in rows]
    return [
        Examples(title="Faults", columns=[names[i] for i in kept], rows=shown, total=total),
    ]


def _cut(text: object) -> str:
    said = str(text)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
