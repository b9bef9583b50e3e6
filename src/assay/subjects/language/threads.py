"""Calls that block, in threads of their own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

A = TypeVar("A")
R = TypeVar("R")


async def in_thread(function: Callable[[A], R], argument: A) -> R:
    """Call a function that blocks, in a thread that no exit of the process waits for."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[R] = loop.create_future()

    def settle(answer: Any, error: BaseException | None) -> None:
        if future.done():  # it was given up meanwhile
            return
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)

    def call() -> None:
        try:
            answer, failed = function(argument), None
        except BaseException as error:  # whoever awaits the call is handed it
            answer, failed = None, error
            if not isinstance(error, Exception):
                raise
        finally:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(settle, answer, failed)

    threading.Thread(target=call, daemon=True, name="assay-language-model").start()
    return await future
