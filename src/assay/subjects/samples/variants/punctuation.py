"""Marks at the end, and quotation marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.subjects.samples.variants.family import family
from assay.subjects.samples.variants.wording import asked, asking

if TYPE_CHECKING:
    from random import Random

    from assay.core.exchange import Sample

_ENDS = ("", ".", "?", "??", "!", "...", " ?", ":")
_CURLY = {'"': ("\u201c", "\u201d"), "'": ("\u2018", "\u2019")}


@family("punctuation")
def punctuation(sample: Sample, rng: Random, _strength: float) -> Sample | None:
    """Another mark, or none, at the end of the question; straight quotation marks curled.

    Marks within the text stay: a comma or a point there may decide what is meant.
    """
    text = asked(sample)
    end = re.search(r"[.?!:\u2026\s]*\Z", text)
    assert end is not None  # it may be empty
    body, mark = text[: end.start()], end[0].strip()
    if body.endswith(("`", "}", ">")):
        return None  # the end of code or of a place to fill in
    quoted = re.sub(r"(?<!\w)(['\"])([^'\"\n]+)\1(?!\w)", _curled, body)
    return asking(sample, quoted + rng.choice([e for e in _ENDS if e.strip() != mark]))


def _curled(found: re.Match[str]) -> str:
    opening, closing = _CURLY[found[1]]
    return f"{opening}{found[2]}{closing}"
