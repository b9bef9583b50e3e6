"""How question and options are laid out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.subjects.samples.variants.family import family
from assay.subjects.samples.variants.wording import asked, asking

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from assay.core.exchange import Sample

_NAMES = (("Question", "Answer"), ("Q", "A"), ("Query", "Response"), ("Task", "Solution"))
_CASES: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower)
_SEPARATORS = (": ", ":\n", " - ", ":: ", " || ", "\n\t", ") ")
_SPACES = ("\n", "\n\n", " ", " || ", "\n---\n")
_OPTION = re.compile(r"^([ \t]*)\(?([A-Z])[.):][ \t]+", re.MULTILINE)
_OPTIONS = ("{}. ", "{}) ", "({}) ", "{}: ", "[{}] ", "- {}: ")


@family("format")
def layout(sample: Sample, rng: Random, _strength: float) -> Sample | None:
    """The question under a name such as `Q:`, with `A:` after it; listed options marked otherwise.

    Names, capitals, separators and spaces are drawn from the grammar of formats of Sclar et al.
    2024, Quantifying Language Models' Sensitivity to Spurious Features in Prompt Design, ICLR, 3.1.
    The letters of options stay, in the order that they have.
    """
    text = asked(sample)
    names, spelled = rng.choice(_NAMES), rng.choice(_CASES)
    between, after, option = rng.choice(_SEPARATORS), rng.choice(_SPACES), rng.choice(_OPTIONS)
    if not text.strip():
        return None
    marks = [m[2] for m in _OPTION.finditer(text)]
    if len(marks) > 1 and marks == sorted(set(marks)):
        text = _OPTION.sub(lambda m: m[1] + option.format(m[2]), text)
    question, answer = (spelled(name) for name in names)
    return asking(sample, f"{question}{between}{text}{after}{answer}{between.rstrip()}")
