"""Progress bars on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.progress import TaskID


class Bars:
    """A :class:`~assay.core.progress.Progress` on stderr: a bar for each task, until all is done.

    A word more of a task, where there is one (what it cost so far), stands behind its bar.
    """

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._tasks: dict[str, TaskID] = {}
        self._display = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
            TimeRemainingColumn(), TextColumn("{task.fields[detail]}", markup=False),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._display.stop()

    def __call__(self, task: str, done: int, total: int | None, /) -> None:
        self._display.update(self._task(task, total), completed=done, total=total)

    def detail(self, task: str, text: str) -> None:
        """Show a word more behind the bar of a task."""
        self._display.update(self._task(task, None), detail=text)

    def _task(self, task: str, total: int | None) -> TaskID:
        if task not in self._tasks:
            self._tasks[task] = self._display.add_task(task, total=total, detail="")
        return self._tasks[task]
