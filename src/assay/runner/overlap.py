"""Rows that a table and its reference share: said, because what is the same cannot drift."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from assay.core.expr import Column, Member
from assay.runner.task import CAUGHT
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.engine import Engine
    from assay.runner.opening import Opened
    from assay.runner.task import Task


@dataclass
class Overlaps:
    """How many rows of a table are in the reference, too: counted once for each pair of tables.

    Both must name their rows by the same ``unit``, and neither may be folded file by file. Where
    the engine cannot join them, nothing is said.
    """

    engine: Engine
    opened: Opened
    _said: dict[tuple[str, str], str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def said(self, task: Task) -> str:
        """What a person should know, or ""."""
        spec = task.check.spec
        table, reference = spec.data or spec.on, spec.against
        if reference is None or not task.check.metric.compares:
            return ""
        unit = self.opened.unit(table)
        if unit is None or unit != self.opened.unit(reference):
            return ""
        if {table, reference} & self.opened.growing.keys():
            return ""
        with self._lock:
            if (table, reference) not in self._said:
                try:
                    self._said[table, reference] = self._counted(table, reference, unit)
                except CAUGHT:  # a remark must not cost the verdict
                    self._said[table, reference] = ""
            return self._said[table, reference]

    def _counted(self, table: str, reference: str, unit: str) -> str:
        shared = Count(where=Member((Column(unit),), reference, (unit,)))
        states = self.engine.fold(table, [Count(), shared])
        rows, both = states[Count()][()].n, states[shared][()].n
        if not both:
            return ""
        have = "has" if both == 1 else "have"
        return (
            f"{both:,} of {rows:,} rows {have} the {unit!r} of a row of the reference: what is the "
            "same in both tables cannot drift."
        )
