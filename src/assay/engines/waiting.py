"""Waiting for a database so that Ctrl-C stops it at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_LOOK_S = 0.2  # seconds between looks for Ctrl-C


def patiently(work: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """Do long work of a database's client; on Ctrl-C call ``interrupt``, which ends it.

    Python tells its main thread of signals, and a query that runs there would first end.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    with ThreadPoolExecutor(1) as other:
        running = other.submit(work)
        try:
            # not without a limit: with some libraries loaded, a signal does not end a wait
            while not wait([running], _LOOK_S).done:
                pass
            return running.result()
        except KeyboardInterrupt:
            interrupt()
            raise
