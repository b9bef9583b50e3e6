"""The order of options, and of the passages of a context."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assay.subjects.language.turns import letter
from assay.subjects.samples.variants.family import family
from assay.subjects.samples.variants.wording import asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from assay.core.exchange import Sample

# Options that speak of others, by their place or of all of them.
_OF_OTHERS = re.compile(
    r"\b(?:(?:all|none|both|any|neither) of (?:the|these|them)|(?:above|below|previous|former|"
    r"latter)\b|(?:both|neither|either) \(?[A-Z]\)? (?:and|n?or) \(?[A-Z]\)?|"
    r"\(?[A-Z]\)? (?:and|&) \(?[A-Z]\)?(?: only)?$)",
    re.IGNORECASE,
)


@family("order")
def order(sample: Sample, rng: Random, _strength: float) -> Sample | None:
    """Options of a multiple choice question, and passages of the context, in another order.

    A target that is an option's letter becomes the letter of the same option; one that is its text
    stays. Options that speak of others ("all of the above") keep all in place, and so does a
    question that itself lists the options: its letters would no longer be right. The bias is that
    of Pezeshkpour & Hruschka 2024, Large Language Models Sensitivity to the Order of Options in
    Multiple-Choice Questions, NAACL; of passages, Liu et al. 2024, Lost in the Middle, TACL 12:157.
    """
    choices, context = _other(sample.choices, rng), _other(sample.context, rng)
    if choices and not _may_move(sample):
        choices = None
    if not choices and not context:
        return None
    moved = sample
    if choices:
        moved = replace(
            moved, choices=_at(sample.choices, choices), target=_target(sample, choices)
        )
    return replace(moved, context=_at(sample.context, context)) if context else moved


def _other(items: Sequence[str], rng: Random) -> list[int] | None:
    """Another order of the items: a permutation that shows; None where there is none."""
    if len(set(items)) < 2:
        return None
    places = list(range(len(items)))
    while True:
        rng.shuffle(places)
        if [items[i] for i in places] != list(items):
            return places


def _at(items: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    return tuple(items[i] for i in places)


def _may_move(sample: Sample) -> bool:
    text = asked(sample)
    listed = all(choice.strip() in text for choice in sample.choices)
    return not listed and not any(_OF_OTHERS.search(choice) for choice in sample.choices)


def _target(sample: Sample, places: Sequence[int]) -> tuple[str, ...]:
    """Targets that are letters, as the letters that their options have now."""
    now = {letter(before): letter(after) for after, before in enumerate(places)}
    texts = {choice.strip().casefold() for choice in sample.choices}

    def follow(target: str) -> str:
        bare = target.strip().strip("().").upper()
        return target if target.strip().casefold() in texts else now.get(bare, target)

    return tuple(follow(target) for target in sample.target)
