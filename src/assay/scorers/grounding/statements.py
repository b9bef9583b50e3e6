"""What a sentence states, taken apart once: words, numbers, dates, names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from assay.scorers.grounding.dates import Date, date_at
from assay.scorers.grounding.quantities import Quantity, quantity_at
from assay.scorers.grounding.words import STOPPED, Token, is_content, stem, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

_PEOPLES = {
    place: people.split()
    for place, people in {
        "france": "french", "germany": "german germans", "italy": "italian", "spain": "spanish",
        "england": "english", "britain": "british", "america": "american", "china": "chinese",
        "japan": "japanese", "russia": "russian", "switzerland": "swiss", "greece": "greek",
        "poland": "polish", "sweden": "swedish", "norway": "norwegian", "denmark": "danish",
        "netherlands": "dutch", "portugal": "portuguese", "turkey": "turkish", "india": "indian",
        "ireland": "irish", "austria": "austrian", "europe": "european", "africa": "african",
        "canada": "canadian", "brazil": "brazilian", "mexico": "mexican", "egypt": "egyptian",
        "finland": "finnish", "hungary": "hungarian", "wales": "welsh", "scotland": "scottish",
    }.items()
}  # fmt: skip
_PLACE = {people: place for place, peoples in _PEOPLES.items() for people in peoples}
_NO_NAMES = ("tion", "ment", "ing", "ly", "ity", "ness", "ance", "ence", "ions", "ments")


@dataclass(frozen=True)
class Statement:
    """A sentence or clause, taken apart.

    Attributes:
        text: as it stands in the text.
        tokens: its words, numbers and signs.
        quantities, dates: that it names.
        words: stems of the words of meaning that belong to neither, in order.
        capitalised: words of them with a capital letter within the sentence.
        opening: the first word, where it might be a name or a word like any other.
    """

    text: str
    tokens: tuple[Token, ...]
    quantities: tuple[Quantity, ...]
    dates: tuple[Date, ...]
    words: tuple[str, ...]
    capitalised: tuple[str, ...]
    opening: str

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The stems of its words, each once."""
        return frozenset(self.words)

    @cached_property
    def initials(self) -> frozenset[str]:
        """First letters of names of several words: ``UN`` of ``United Nations``."""
        found, run = set(), ""
        for token in (*self.tokens, Token(".", ".", False)):
            if token.is_word and token.text[0].isupper():
                if token.lower not in STOPPED:
                    run = run[:9] + token.lower[0]
            elif token.lower not in ("of", "the", "and", "for"):
                if len(run) > 1:
                    found.add(run)
                run = ""
        return frozenset(found)


def named(word: str) -> str:
    """The stem by which a word is compared: of a people, that of its country."""
    return stem(_PLACE.get(word, word))


def taken_apart(text: str) -> Statement:
    """A sentence as a statement."""
    parts = tokens(text)
    quantities: list[Quantity] = []
    dates: list[Date] = []
    words: list[str] = []
    capitalised: list[str] = []
    opening, at, begun = "", 0, False
    while at < len(parts):
        token = parts[at]
        if date := date_at(parts, at):
            begun = True
            dates.append(date[0])
            at += date[1]
            continue
        if quantity := quantity_at(parts, at):
            quantities.append(quantity[0])
            at += quantity[1]
            continue
        if is_content(token):
            word = named(token.lower)
            words.append(word)
            if token.text[0].isupper():
                if begun or _capital_follows(parts, at):
                    capitalised.append(token.text)
                elif not token.lower.endswith(_NO_NAMES):
                    opening = token.text
        begun = begun or token.is_word
        at += 1
    return Statement(
        text,
        tuple(parts),
        tuple(quantities),
        tuple(dates),
        tuple(words),
        tuple(capitalised),
        opening,
    )


def _capital_follows(parts: Sequence[Token], at: int) -> bool:
    return at + 1 < len(parts) and parts[at + 1].is_word and parts[at + 1].text[0].isupper()
