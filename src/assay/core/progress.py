"""How long work tells that it moves on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with a task's name, how much is done, and of how much (None: not known)."""

    def __call__(self, task: str, done: int, total: int | None, /) -> None: ...


def silent(task: str, done: int, total: int | None, /) -> None:
    """Tell nobody."""


def detail(progress: Progress, task: str, text: str) -> None:
    """Tell a word more of a task (what it cost so far), where somebody wants to know.

    A progress that does has a method ``detail(task, text)``.
    """
    told = getattr(progress, "detail", None)
    if told is not None:
        told(task, text)
