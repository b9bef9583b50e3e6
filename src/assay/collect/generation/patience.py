"""How long to wait before a call is made again, and when to give up."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.core.errors import SubjectError

if TYPE_CHECKING:
    from assay.subjects.language.failures import TemporaryFailure

BASE_S = 0.5
LONGEST_S = 60.0
"""Longest wait of our own choosing."""
LONGEST_ASKED_S = 600.0
"""Longest wait that a server may ask for; beyond it the pass ends."""
MOST_RATE_LIMITED = 50
"""How often one call is made again because of too many calls, which is no failure of a server."""


@dataclass
class Patience:
    """The waits of one call.

    Without the server's word, the wait is drawn evenly from 0 to ``BASE_S`` doubled with each
    failure, "full jitter": M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog
    (2015). With it, up to a tenth is added, so that calls that were refused together do not come
    back together.

    Attributes:
        attempts: failures that are put up with, the last included; too many calls do not count.
        random: source of the jitter.
    """

    attempts: int
    random: random.Random = field(default_factory=random.Random)
    failures: int = 0
    refused: int = 0

    def wait(self, failure: TemporaryFailure) -> float | None:
        """Seconds until the next attempt; None to give up.

        Raises:
            SubjectError: the server asks for more patience than a run has.
        """
        if failure.cause == "rate":
            self.refused += 1
        else:
            self.failures += 1
        if self.failures >= self.attempts or self.refused > MOST_RATE_LIMITED:
            return None
        asked = failure.wait_s
        if asked is None:
            most = BASE_S * 2.0 ** (self.failures + self.refused - 1)
            return self.random.uniform(0.0, min(LONGEST_S, most))
        if asked > LONGEST_ASKED_S:
            raise SubjectError(
                f"The server asks to wait {asked / 60:,.0f} minutes: {failure}.",
                hint="With `cache: true`, a later run takes the answers that came.",
            )
        return asked + self.random.uniform(0.0, min(1.0, asked / 10))
