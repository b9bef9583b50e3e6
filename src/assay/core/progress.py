"""How long work tells that it moves on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with a task's name, how much is done, and of how much (None: not known)."""

    def __call__(self, task: str, done: int, total: int | None, /) -> None: ...


def silent(task: str, done: int, total: int | None, /) -> None:
    """Tell nobody."""
