"""Who works on a run: an operating-system lock on a file, which dies with its process.

A process id alone would lie once the number is used again; the lock cannot.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = "owner.lock"


class Claim:
    """A held lock; lost when released or when the process ends, however it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let go; harmless when done twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def claim(folder: Path) -> Claim | None:
    """Claim the run in ``folder``; None where a living process (also this one) holds it.

    Raises:
        OSError: the lock file cannot be made, or the file system knows no locks.
    """
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    # `is_claimed` elsewhere holds the lock for an instant: that alone is not a refusal.
    for pause in (0.0, 0.02, 0.1):
        time.sleep(pause)
        if _lock(descriptor, shared=False):
            return Claim(descriptor)
    os.close(descriptor)
    return None


def is_claimed(folder: Path) -> bool:
    """Whether a living process holds the run."""
    try:
        descriptor = os.open(folder / FILE, os.O_RDWR)
    except OSError:  # no such file, or not ours to open: nobody here works on it
        return False
    try:
        return not _lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


if sys.platform == "win32":

    def _lock(descriptor: int, *, shared: bool) -> bool:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBRLCK if shared else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _lock(descriptor: int, *, shared: bool) -> bool:
        import fcntl

        # flock belongs to the open file, not to the process: a second open of the same file in
        # this process does not slip through, and closing that one does not release the first.
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
