"""Hold numeric libraries to one thread: for many small problems more threads only wait."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and OpenMP use one thread within, where threadpoolctl is there to say so.

    Their threads wait for each other by spinning: where other work holds the cores, thousands of
    products of small matrices took forty times as long on two threads as on one. threadpoolctl
    comes with scikit-learn; without it the libraries keep what their environment says
    (``OPENBLAS_NUM_THREADS``).
    """
    try:
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        yield
        return
    with threadpool_limits(limits=1):
        yield
