"""What was asked and answered, with what each check says of it: read back from a run, for people.

A run's folder holds as many answers as were asked for, so they are handed over one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from assay.core.exchange import Answer, Sample


class Judged(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a scorer says of the answers to a sample.

    Attributes:
        value: the mean over its answers; None where no answer could be scored.
        reason: why the worst of them is scored as it is, in a clause.
        loss: 0 where the value is as good as can be, 1 at its worst; None where neither direction
            is better, or the value has no bound.
    """

    value: float | None
    reason: str = ""
    loss: float | None = None

    @property
    def short(self) -> bool:
        """Whether it falls short of the best there is."""
        return self.loss is not None and self.loss > 0


class Transcript(msgspec.Struct, frozen=True):
    """A sample, all answers to it, and what each check says of them.

    Attributes:
        answers: by repeat; those that failed to come are among them.
        judged: in the order of :attr:`Transcripts.checks`; None where a check has no row of it.
    """

    sample: Sample
    answers: tuple[Answer, ...]
    judged: tuple[Judged | None, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What the answers of a model took: of those that were asked for in this run, one by one.

    Answers from the cache are not among them.

    Attributes:
        seconds: ascending; ``first_token_s`` likewise, empty where answers came whole.
        prompt_tokens, completion_tokens: ascending; empty where the server does not count.
        cost: in the suite's currency; None where no price is known.
        answers: how many there are, ``cached`` and ``failed`` beside them.
    """

    seconds: tuple[float, ...] = ()
    first_token_s: tuple[float, ...] = ()
    prompt_tokens: tuple[float, ...] = ()
    completion_tokens: tuple[float, ...] = ()
    cost: float | None = None
    answers: int = 0
    cached: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Transcripts:
    """The answers of one model to one set of samples.

    Attributes:
        model, data: names of the subjects.
        checks: ids of the checks that score them.
        samples: how many there are.
        read: the transcripts, worst first, one by one: each call reads them anew.
        taken: time, tokens and money.
        judges: other models that were asked about these answers, and what that took.
    """

    model: str
    data: str
    checks: tuple[str, ...]
    samples: int
    read: Callable[[], Iterator[Transcript]]
    taken: Taken = field(default_factory=Taken)
    judges: tuple[tuple[str, Taken], ...] = ()
