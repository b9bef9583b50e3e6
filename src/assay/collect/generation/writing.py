"""Finished answers on their way to the disk: journal at once, Parquet in parts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assay.collect.generation.journal import Piece
from assay.collect.generation.layout import Row

if TYPE_CHECKING:
    from assay.collect.generation.layout import Asked
    from assay.collect.generation.store import GenerationStore
    from assay.core.exchange import Answer

_ROWS = 2_000
_BYTES = 32 * 2**20
"""A part is written when it holds so many rows, or so much: memory stays bounded by it."""


class Writer:
    """Takes answers, and keeps them for good.

    A part is written by a thread while answers go on coming in; the piece of the journal that held
    its answers is removed once it is whole.
    """

    def __init__(self, store: GenerationStore) -> None:
        self._store = store
        self._rows: list[Row] = []
        self._size = 0
        self._number = store.number()
        self._piece = Piece(store.piece_path(self._number))
        self._writing: asyncio.Task[None] | None = None

    def journal(self, key: bytes, answer: Answer) -> None:
        """Hand an answer to the operating system, before anything else is done with it."""
        self._size += self._piece.write(key, answer)

    async def add(self, key: bytes, asked: Asked, answer: Answer) -> None:
        """Put an answer into the part that is being filled.

        Raises:
            StorageError: a part cannot be written.
        """
        self._rows.append(Row(key, asked, answer))
        self._size += len(asked.stored) + len(asked.sample.input)
        if len(self._rows) >= _ROWS or self._size >= _BYTES:
            await self._turn_over()

    async def finish(self) -> None:
        """Write the last part.

        Raises:
            StorageError: it cannot be written.
        """
        await self._turn_over(last=True)
        if self._writing is not None:
            await self._writing

    def close(self) -> None:
        """Leave at once: what is not in a part stands in the journal."""
        self._piece.close()

    async def _turn_over(self, *, last: bool = False) -> None:
        """Begin a new piece and a new part; write the old ones behind everybody's back."""
        rows, piece, number = self._rows, self._piece, self._number
        before, self._rows, self._size = self._writing, [], 0
        if not last:
            self._number = self._store.number()
            self._piece = Piece(self._store.piece_path(self._number))
        self._writing = asyncio.create_task(self._write(before, number, rows, piece))
        self._writing.add_done_callback(_seen)
        if before is not None:
            await before  # parts come faster than the disk takes them: wait here

    async def _write(
        self, before: asyncio.Task[None] | None, number: int, rows: list[Row], piece: Piece
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        piece.close()
        if rows:
            await asyncio.to_thread(self._store.write_part, number, rows)
        piece.remove()


def _seen(task: asyncio.Task[None]) -> None:
    """Its error is raised by who waits for it; nobody does where the pass ends for another."""
    if not task.cancelled():
        task.exception()
