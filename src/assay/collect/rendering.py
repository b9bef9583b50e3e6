"""Whether a chat template writes each turn once, in order, as it is, and says whose turn is next.

The template is first given a word of its own for each turn, which shows where turns go. The same
roles with the samples' texts must then give the same, with the texts in the places of the words. So
a text that occurs in another, or in the template, is no fault, and nothing of the template's own
need be known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.collect.faults import Case, Tried, each
from assay.subjects.language.failures import CallFailure
from assay.subjects.language.tokenizer import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.collect.generation.telling import Teller
    from assay.subjects.language.tokenizer import Tokenizer

Roles = tuple[str, ...]


async def template(
    tokenizer: Tokenizer, cases: Sequence[Case], at_once: int, teller: Teller
) -> list[Tried]:
    """What the template makes of each sample's turns."""
    shapes: dict[Roles, Shape] = {}
    for case in cases:
        roles = tuple(turn.role for turn in case.turns)
        if roles not in shapes:
            shapes[roles] = await _shape(tokenizer, roles)

    async def trial(case: Case) -> Tried:
        shape = shapes[tuple(turn.role for turn in case.turns)]
        asked = "\n".join(f"{turn.role}: {turn.text}" for turn in case.turns)
        if shape.fault is not None:
            return Tried(case, asked, shape.became, shape.fault)
        try:
            became = await tokenizer.rendered(case.turns)
        except CallFailure as refused:
            return Tried(case, asked, "", str(refused))
        return Tried(case, asked, became, misplaced(case.turns, shape.pieces, became))

    return await each(cases, trial, at_once, teller)


class Shape:
    """What a template writes around turns of the same roles.

    Attributes:
        pieces: before, between and after the turns' texts: one more than turns.
        fault: what is wrong whatever the texts are; None where nothing is.
        became: the turns with a word for each text, as they were written.
    """

    def __init__(self, pieces: tuple[str, ...], became: str, fault: str | None = None) -> None:
        self.pieces, self.became, self.fault = pieces, became, fault


async def _shape(tokenizer: Tokenizer, roles: Roles) -> Shape:
    words = [f"quartz{place}quartz" for place in range(len(roles))]
    turns = [Turn(role, word) for role, word in zip(roles, words, strict=True)]
    try:
        became = await tokenizer.rendered(turns)
        bare = await tokenizer.rendered(turns, generation=False)
    except CallFailure as refused:
        return Shape((), "", str(refused))
    pieces = around(roles, words, became)
    if isinstance(pieces, str):
        return Shape((), became, pieces)
    if roles[-1] == "assistant":  # the answer has begun: nobody else's turn is next
        return Shape(pieces, became)
    if not (became.startswith(bare) and len(became) > len(bare)):
        return Shape((), became, "nothing tells the model that its turn has come")
    return Shape(pieces, became)


def around(roles: Roles, words: Sequence[str], became: str) -> tuple[str, ...] | str:
    """The pieces around the turns' words; or what is wrong, where one is not there once and in
    order."""
    pieces, at = [], 0
    for place, (role, word) in enumerate(zip(roles, words, strict=True), 1):
        times, found = became.count(word), became.find(word, at)
        if times == 0:
            return f"turn {place} ({role}) is left out"
        if times > 1:
            return f"turn {place} ({role}) is written {times} times"
        if found < 0:
            return f"turn {place} ({role}) stands before one that came earlier"
        pieces.append(became[at:found])
        at = found + len(word)
    return (*pieces, became[at:])


def misplaced(turns: Sequence[Turn], pieces: tuple[str, ...], became: str) -> str | None:
    """The first turn whose text is not as it was; None where all are.

    Whitespace at a text's ends does not count: templates of widely used models (Llama 3, Gemma)
    take it off.
    """
    at = 0
    for place, turn in enumerate(turns):
        if not became.startswith(pieces[place], at):
            return f"what stands before turn {place + 1} ({turn.role}) depends on the texts"
        at += len(pieces[place])
        kept = next((t for t in (turn.text, turn.text.strip()) if became.startswith(t, at)), None)
        if kept is None:
            return f"the text of turn {place + 1} ({turn.role}) is changed"
        at += len(kept)
    if became[at:] != pieces[-1]:
        return "what stands after the last turn depends on the texts"
    return None
