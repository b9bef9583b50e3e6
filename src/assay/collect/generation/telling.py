"""Telling how far a pass is: answers, and what they cost so far."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from assay.core.progress import detail

if TYPE_CHECKING:
    from assay.core.progress import Progress

_EVERY_S = 0.1


class Teller:
    """Counts rows and tells of them, ten times a second at most.

    Args:
        progress: is told.
        task: under which name.
        total: rows in all; None where not known.
    """

    def __init__(self, progress: Progress, task: str, total: int | None) -> None:
        self._progress, self._task, self._total = progress, task, total
        self._done = 0
        self._cost = 0.0
        self._told = monotonic()
        progress(task, 0, total)

    def one(self, cost: float | None = None) -> None:
        """One more row is done."""
        self._done += 1
        self._cost += cost or 0.0
        now = monotonic()
        if now - self._told >= _EVERY_S:
            self._told = now
            self.tell()

    def tell(self) -> None:
        """Tell how far it is."""
        self._progress(self._task, self._done, self._total)
        if self._cost:
            detail(self._progress, self._task, f"{self._cost:,.4f} spent")
