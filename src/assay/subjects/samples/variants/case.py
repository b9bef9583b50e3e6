"""Capital and small letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.subjects.samples.variants.family import family
from assay.subjects.samples.variants.wording import asked, asking, kept_as_is

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from assay.core.exchange import Sample
    from assay.subjects.samples.variants.wording import Span

_WAYS: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.title)


@family("case")
def case(sample: Sample, rng: Random, _strength: float) -> Sample | None:
    """All letters small, all capital, or Each Word With A Capital: one of these by lot."""
    text, kept = asked(sample), kept_as_is(sample)
    ways = [way for way in _WAYS if _but_for(text, kept, way) != text]
    return asking(sample, _but_for(text, kept, rng.choice(ways))) if ways else None


def _but_for(text: str, kept: Sequence[Span], way: Callable[[str], str]) -> str:
    """The text changed, but for what is kept."""
    parts, at = [], 0
    for start, end in kept:
        if start >= at:
            parts += [way(text[at:start]), text[start:end]]
            at = end
    return "".join([*parts, way(text[at:])])
