"""What a tokenizer makes of texts, and of strings that look like its control tokens."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from assay.collect.faults import Case, Tried, each
from assay.core.errors import SubjectError
from assay.subjects.language.failures import CallFailure
from assay.subjects.language.tokenizer import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.collect.generation.telling import Teller
    from assay.subjects.language.tokenizer import Tokenizer

_FILLER = "quiet"
"""Stands where a control token's string will: what is there without it."""


async def round_trip(
    tokenizer: Tokenizer, cases: Sequence[Case], at_once: int, teller: Teller
) -> list[Tried]:
    """Whether each turn's text comes back from its tokens as it was."""

    async def trial(case: Case) -> Tried:
        text = back = ""
        for turn in case.turns:
            text, back = turn.text, await tokenizer.decode(await tokenizer.encode(turn.text))
            if back != text:
                return Tried(case, text, back, changed(text, back))
        return Tried(case, text, back)

    return await each(cases, trial, at_once, teller)


def changed(text: str, back: str) -> str:
    """What came back otherwise, in a clause for a person."""
    if back.strip() == text.strip():
        return "whitespace at an end was lost or added"
    if back.lower() == text.lower():
        return "capitals were lost"
    if "".join(back.split()) == "".join(text.split()):
        return "whitespace was lost or added"
    at = next(i for i, (a, b) in enumerate(zip_longest(text, back)) if a != b)
    lost = f"{text[at]!a} (U+{ord(text[at]):04X})" if at < len(text) else "the end"
    came = f"{back[at]!a}" if at < len(back) else "nothing"
    return f"from character {at + 1:,} on: in place of {lost} came {came}"


async def special_tokens(
    tokenizer: Tokenizer, cases: Sequence[Case], at_once: int, teller: Teller
) -> list[Tried]:
    """Whether a control token's string in a user's turn becomes that token.

    Each string is put into the last user's turn of one of the samples, which take turns. The
    template writes the same control tokens around that turn, so those of the same turns with a
    plain word in the place of the string are subtracted.

    Raises:
        SubjectError: no sample has a user's turn, or the vocabulary shows no control tokens.
    """
    asked = [case for case in cases if any(turn.role == "user" for turn in case.turns)]
    if not asked:
        raise SubjectError("No sample has a user's turn to put a control token's string into.")
    controls = await tokenizer.controls()
    if not controls:
        raise SubjectError("No control tokens are known of this model's vocabulary.")
    strings = list(controls)

    async def trial(place: int) -> Tried:
        case, string = asked[place % len(asked)], strings[place]
        number = controls[string]
        text, turns = _with(case, string)
        try:
            plain = await tokenizer.tokens(_with(case, _FILLER)[1])
            ids = await tokenizer.tokens(turns)
        except CallFailure as refused:
            # What is refused does not reach the model: it became no control token.
            return Tried(case, text, f"refused: {refused}", None, string)
        more = ids.count(number) - plain.count(number)
        if more <= 0:
            return Tried(case, text, "", None, string)
        return Tried(case, text, f"token {number}", "a user's text becomes a control token", string)

    return await each(range(len(strings)), trial, at_once, teller)


def _with(case: Case, string: str) -> tuple[str, list[Turn]]:
    """The turns with a string in the middle of the last user's text, and that text."""
    place = max(i for i, turn in enumerate(case.turns) if turn.role == "user")
    text = case.turns[place].text
    words = text.split(" ")
    half = (len(words) + 1) // 2
    whole = " ".join([*words[:half], string, *words[half:]])
    turns = list(case.turns)
    turns[place] = Turn("user", whole)
    return whole, turns
