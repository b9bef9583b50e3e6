"""Spaces and line breaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.subjects.samples.variants.family import family
from assay.subjects.samples.variants.wording import Span, asked, asking, kept_as_is, touches

if TYPE_CHECKING:
    from random import Random

    from assay.core.exchange import Sample

_INSTEAD = ("  ", "   ", "\t", " \n", "\u00a0")
_AROUND = (" ", "\n", "\n\n", "  ")


@family("whitespace", strength=0.2)
def whitespace(sample: Sample, rng: Random, strength: float) -> Sample | None:
    """More or other whitespace between some words, and before and after the text.

    The strength is the share of the gaps between words that are changed. Gaps within code stay.
    """
    text, kept = asked(sample), kept_as_is(sample)
    gaps = [Span(*m.span()) for m in re.finditer(r"(?<=\S) (?=\S)", text)]
    free = [gap for gap in gaps if not touches(gap, kept)]
    for gap in sorted(rng.sample(free, round(strength * len(free))), reverse=True):
        text = text[: gap.start] + rng.choice(_INSTEAD) + text[gap.end :]
    return asking(sample, rng.choice(("", *_AROUND)) + text + rng.choice(_AROUND))
