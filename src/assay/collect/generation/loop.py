"""Running a coroutine to its end from code that is not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def run_to_end(work: Coroutine[object, object, T]) -> T:
    """What the coroutine returns.

    Where this thread runs an event loop already (a notebook does), another thread runs it.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; the coroutine has been cancelled, and has ended.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return _in_thread(work)


def _in_thread(work: Coroutine[object, object, T]) -> T:
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(asyncio.wait([task]))
        loop.run_until_complete(loop.shutdown_default_executor())

    thread = threading.Thread(target=run, daemon=True, name="assay-collect")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    finally:
        if not thread.is_alive():
            loop.close()
    return task.result()
