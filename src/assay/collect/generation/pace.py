"""Keeping to a limit of so many a minute, on a clock that nobody sets."""

from __future__ import annotations

import asyncio
from time import monotonic


class Bucket:
    """A token bucket: takings of 1 never exceed ``per_minute`` in any 60 seconds.

    It holds a second's worth (one at least) and is refilled evenly, by so much that a full bucket
    and a minute's refill make up the limit. More than it holds may be taken at once; the debt is
    waited for by who comes next, so over a longer time the limit is kept for such takings too.

    Args:
        per_minute: the limit, above 0.
    """

    def __init__(self, per_minute: float) -> None:
        self._size = max(1.0, per_minute / 60)
        self._refill_s = (per_minute - (self._size - 1.0)) / 60
        self._level = self._size
        self._seen = monotonic()
        self._turn = asyncio.Lock()

    def _fill(self) -> None:
        now = monotonic()
        self._level = min(self._size, self._level + (now - self._seen) * self._refill_s)
        self._seen = now

    async def take(self, amount: float = 1.0) -> None:
        """Wait until so much may be taken, and take it; who came first goes first."""
        async with self._turn:
            self._fill()
            lacking = min(amount, self._size) - self._level
            if lacking > 0:
                await asyncio.sleep(lacking / self._refill_s)
                self._fill()
            self._level -= amount

    def settle(self, taken: float, used: float) -> None:
        """Give back what was taken and not used; take what was used beyond it."""
        self._fill()
        self._level = min(self._size, self._level + taken - used)
