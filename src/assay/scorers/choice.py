"""Whether the right option of a multiple choice question was picked."""

from __future__ import annotations

import re
from string import ascii_uppercase
from typing import TYPE_CHECKING

from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange

# "Answer: B", "the answer is (B)", "**B**": the last of them counts, as the conclusion.
_SAID = re.compile(r"answer(?:\s+is)?\s*[:=]?\s*[\"'(\[*]*([A-Z])(?![A-Za-z])", re.IGNORECASE)
_ALONE = re.compile(r"^[\s\"'(\[*]*([A-Z])(?:[\s\"')\].:*,]|$)")


@scorer(
    "choice",
    needs=("target", "choices"),
    binary=True,
    unit="share",
    formula="answers that pick the target's option / answers",
    reference="Hendrycks et al. 2021, Measuring Massive Multitask Language Understanding, ICLR; as "
    "`choice` of Inspect (UK AI Security Institute)",
)
class Choice(Scorer):
    """Share of multiple choice answers that pick the right option.

    The target is an option's letter or its text. An answer picks an option by ``Answer: B``, by a
    letter at its beginning, or by the text of one option and of no other. What picks none is wrong.
    """

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [self._one(e) for e in exchanges]

    def _one(self, exchange: Exchange) -> Score:
        choices, targets = exchange.sample.choices, exchange.sample.target
        letters = ascii_uppercase[: len(choices)]
        right = {letter for t in targets if (letter := _option(t, choices, letters))}
        if not right:
            return Score(None, "the target is none of the choices")
        picked = _picked(exchange.answer.text, choices, letters)
        if picked is None:
            return Score(0.0, "picks no option")
        return Score(float(picked in right), "" if picked in right else f"picks {picked}")


def _option(target: str, choices: Sequence[str], letters: str) -> str | None:
    """The letter of the option that a target means."""
    for letter, choice in zip(letters, choices, strict=True):
        if plain(choice) == plain(target):
            return letter
    letter = target.strip().strip("().").upper()
    return letter if len(letter) == 1 and letter in letters else None


def _picked(text: str, choices: Sequence[str], letters: str) -> str | None:
    said: list[str] = [m.upper() for m in _SAID.findall(text) if m.upper() in letters]
    if said:
        return said[-1]
    alone = _ALONE.match(text)
    if alone and alone[1] in letters:
        return str(alone[1])
    answer = f" {plain(text)} "
    named = [
        letter
        for letter, choice in zip(letters, choices, strict=True)
        if plain(choice) and f" {plain(choice)} " in answer
    ]
    return named[0] if len(named) == 1 else None
