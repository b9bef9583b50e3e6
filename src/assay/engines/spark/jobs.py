"""Spark's jobs: run so that another thread, or Ctrl-C, can stop them."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_PATIENCE = 600
"""Tenths of a second."""


class Jobs:
    """Runs work, each under a tag of its own by which its jobs can be cancelled.

    Args:
        session: of our own, see :mod:`assay.engines.spark.opening`.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._context = session.sparkContext
        self._running: set[str] = set()
        self.stopped = 0
        """How often :meth:`interrupt` was called."""

    def run(self, work: Callable[[], T]) -> T:
        """Do work that starts jobs.

        Python tells its main thread of signals, and one that waits for Java would hear of Ctrl-C
        only with a torn connection: there, another thread waits.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed; the jobs are being cancelled.
        """
        if threading.current_thread() is not threading.main_thread():
            return self._tagged(work)
        from pyspark import inheritable_thread_target

        # the other thread's jobs belong to the group that the caller may have named
        target: Any = inheritable_thread_target(self._session)(lambda: self._tagged(work))
        with ThreadPoolExecutor(1) as other:
            running: Future[T] = other.submit(target)
            try:
                return running.result()
            except KeyboardInterrupt:
                self.interrupt()
                raise

    def interrupt(self) -> None:
        """Cancel the work that runs, also what has not come to start its job yet."""
        self.stopped += 1
        waiting = set(self._running)
        self._cancel(waiting)
        if waiting:
            threading.Thread(target=self._insist, args=(waiting,), daemon=True).start()

    def _insist(self, waiting: set[str]) -> None:
        """A query is planned before it is a job: cancel again, as long as work goes on."""
        for _ in range(_PATIENCE):
            time.sleep(0.1)
            waiting &= self._running
            if not waiting:
                return
            self._cancel(waiting)

    def _cancel(self, tags: set[str]) -> None:
        from py4j.protocol import Py4JError

        with suppress(Py4JError, OSError):  # a session that is gone runs nothing
            for tag in tags:
                self._context.cancelJobsWithTag(tag)

    def _tagged(self, work: Callable[[], T]) -> T:
        from py4j.protocol import Py4JError

        tag = f"assay-{uuid.uuid4()}"
        self._context.addJobTag(tag)
        self._running.add(tag)
        try:
            return work()
        finally:
            self._running.discard(tag)
            with suppress(Py4JError, OSError):
                self._context.removeJobTag(tag)
