"""The words of a sentence, and what of them carries meaning."""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container

# Every alternative goes on from where the last ended and none can fail late: linear time.
# No possessive repetition of a group: Python 3.11.2 then takes what the group had begun with.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]|_")

STOPPED = frozenset(
    "a an the this that these those it its he him his she her hers they them their theirs we us "
    "our ours you your yours i me my mine one ones who whom whose which what where when why how "
    "there here is are was were be been being am do does did done doing has have had having "
    "will would shall should can could may might must ought of in on at by for with from to "
    "into onto upon about as than then so such and or but nor yet if because since while "
    "whereas although though unless until after before during between among through over under "
    "above below up down out off again further also too very just even still already only own "
    "same other another each every all any both few more most some no not never none nothing "
    "nobody neither without per via within across along around s t re ve ll d m know known "
    "called named such well however moreover furthermore additionally therefore thus hence "
    "instead overall finally first second third meanwhile yes sure according context passage "
    "text document provided given mentioned states stated says said answer namely let up many "
    "much several get gets got make makes made take takes took use uses used using cannot can't "
    "won't n't upto like way ever".split()
)
"""Words that say little of what a sentence is about."""

_IRREGULAR = {
    form: base
    for base, forms in {
        "build": "built", "begin": "began begun", "fall": "fell fallen", "rise": "rose risen",
        "grow": "grew grown", "write": "wrote written", "win": "won", "lose": "lost", "lead": "led",
        "hold": "held", "find": "found", "become": "became", "give": "gave given", "fly": "flew "
        "flown", "sell": "sold", "buy": "bought", "bring": "brought", "think": "thought", "teach":
        "taught", "tell": "told", "speak": "spoke spoken", "break": "broke broken", "choose":
        "chose chosen", "draw": "drew drawn", "drive": "drove driven", "eat": "ate eaten", "keep":
        "kept", "leave": "left", "meet": "met", "pay": "paid", "run": "ran", "see": "saw seen",
        "send": "sent", "show": "shown", "sing": "sang sung", "sink": "sank sunk", "stand": "stood",
        "swim": "swam swum", "throw": "threw thrown", "wear": "wore worn", "mean": "meant",
        "shrink": "shrank shrunk", "die": "dying dead", "foot": "feet", "child": "children", "man":
        "men", "woman": "women", "person": "people", "tooth": "teeth", "mouse": "mice", "life":
        "lives", "species": "species", "baptise": "baptised", "bear": "born", "beat": "beat beaten",
    }.items()
    for form in forms.split()
}  # fmt: skip
_ENDINGS = ("ations", "ation", "ions", "ion", "ings", "ing", "ied", "ies", "ed", "es", "s",
            "ly")  # fmt: skip


class Token(NamedTuple):
    """A word, a number or a sign, with the text as it stands there."""

    text: str
    lower: str
    spaced: bool
    """Whether white space stands before it."""

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()


def tokens(text: str) -> list[Token]:
    """The words, numbers and signs of a text, in order."""
    found, end = [], 0
    for match in _TOKEN.finditer(text):
        word = match[0].replace("’", "'")
        if word.endswith(("'s", "'S")):
            word = word[:-2]
        found.append(Token(word, word.casefold(), match.start() > end))
        end = match.end()
    return found


def is_irregular(word: str) -> bool:
    """Whether it is an irregular form, of a verb for the most part: ``beat``, ``taught``."""
    return word in _IRREGULAR


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What forms of an English word have in common, roughly: ``opened`` and ``opening``."""
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= (3 if len(ending) < 3 else 4):
            if ending == "s" and word.endswith(("ss", "us", "is")):
                break
            word = word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lse":
        word = word[:-1]
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 2 and word.endswith("y") else word


_PREFIXES = ("un", "in", "im", "ir", "il", "non", "dis")


def without_prefix(word: str, known: Container[str]) -> str:
    """A stem without the prefix that denies it, where what is left is a known word."""
    for prefix in _PREFIXES:
        bare = word.removeprefix(prefix)
        if bare != word and len(bare) >= 4 and bare in known:
            return bare
    return word


def is_content(token: Token) -> bool:
    """Whether a token is a word that carries meaning."""
    return token.is_word and len(token.lower) > 1 and token.lower not in STOPPED
