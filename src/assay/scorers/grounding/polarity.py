"""Which words of a sentence are denied, or stand in it as their opposite.

A word is denied from a word of negation to the end of its clause, as in NegEx (Chapman et al. 2001,
A Simple Algorithm for Identifying Negated Findings and Diseases, J. Biomed. Inform. 34).
"""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from assay.scorers.grounding.words import is_content, stem, without_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assay.scorers.grounding.words import Token

_CUES = frozenset(
    "not no never cannot can't won't n't nor neither none nobody nothing unable hardly barely "
    "rarely seldom fail fails failed refuse refuses refused lack lacks lacked lacking forbidden "
    "prohibited".split()
)
_SHORT = {"without": 3, "lack": 3, "lacks": 3, "lacked": 3, "lacking": 3}
"""Cues that deny only so many words after them."""
_BREAKS = frozenset(
    ", ; : ( ) – — . but and however although though because since while whereas which until "
    "unless except".split()
)
_NO_CUE = {
    "not": frozenset(("only", "just", "least")),
    "no": frozenset(("later", "more", "less", "fewer", "earlier", "longer", "doubt", "matter")),
    "nothing": frozenset(("but",)),
}
_OPPOSITES = {
    form: (name, sign)
    for name, up, down in (
        ("rise", "rise rises rose risen rising increase increases increased increasing grow grows "
         "grew grown growing raise raises raised raising gain gains gained climb climbs climbed",
         "fall falls fell fallen falling decrease decreases decreased decreasing decline declines "
         "declined declining drop drops dropped dropping lower lowers lowered lowering reduce "
         "reduces reduced reducing shrink shrinks shrank shrunk"),
        ("high", "high higher highest", "low lowest"),
        ("large", "large larger largest big bigger biggest", "small smaller smallest"),
        ("long", "long longer longest", "short shorter shortest"),
        ("old", "old older oldest", "young younger youngest new newer newest"),
        ("hot", "hot hotter hottest warm warmer", "cold colder coldest cool cooler coolest"),
        ("fast", "fast faster fastest quick quicker", "slow slower slowest"),
        ("early", "early earlier earliest", "late later latest"),
        ("good", "good better best", "bad worse worst"),
        ("many", "more", "fewer less"),
        ("most", "most", "fewest least"),
        ("maximum", "maximum maximal", "minimum minimal"),
        ("open", "open opens opened", "close closes closed"),
        ("allow", "allow allows allowed permit permits permitted",
         "forbid forbids forbidden prohibit prohibits prohibited ban bans banned"),
        ("accept", "accept accepts accepted approve approves approved",
         "reject rejects rejected deny denies denied"),
        ("support", "support supports supported favour favours favored favor",
         "oppose opposes opposed"),
        ("win", "win wins won", "lose loses lost"),
        ("start", "start starts started begin begins began begun",
         "end ends ended finish finishes finished stop stops stopped"),
        ("male", "male males", "female females"),
        ("north", "north northern", "south southern"),
        ("east", "east eastern", "west western"),
        ("left", "left", "right"),
        ("true", "true correct", "false incorrect wrong"),
        ("safe", "safe", "dangerous unsafe"),
        ("always", "always", "never"),
        ("permanent", "permanent", "temporary"),
        ("legal", "legal lawful", "illegal unlawful"),
        ("alive", "alive", "dead"),
        ("success", "succeed succeeds succeeded successful", "fail fails failed unsuccessful"),
        ("public", "public", "private"),
        ("include", "include includes included including", "exclude excludes excluded excluding"),
        ("positive", "positive", "negative"),
        ("strong", "strong stronger", "weak weaker"),
        ("before", "before", "after"),
    )
    for forms, sign in ((up, 1), (down, -1))
    for form in forms.split()
}  # fmt: skip


@dataclass(frozen=True)
class Signs:
    """How words of meaning stand in a text.

    Attributes:
        all: each with 1 where it is stated, -1 where it is denied or its opposite stands there.
        denied: words that a word of negation denies.
    """

    all: dict[str, set[int]]
    denied: set[str]

    @staticmethod
    def of(several: Iterable[Signs]) -> Signs:
        """Those of several sentences together."""
        both = Signs({}, set())
        for one in several:
            for word, found in one.all.items():
                both.all.setdefault(word, set()).update(found)
            both.denied.update(one.denied)
        return both


def signs(tokens: Sequence[Token], known: frozenset[str]) -> Signs:
    """How the words of a sentence stand there.

    Args:
        known: stems in either text: ``incompatible`` is ``compatible`` denied where that is one.
    """
    found = Signs({}, set())
    cues = short = 0  # open to the clause's end; how many words a short one still denies
    for at, token in enumerate(tokens):
        word = token.lower
        if word in _BREAKS:
            cues, short = int(word == "unless"), 0
        name, own = _named(token, known)
        if name:
            odd = (cues + (short > 0)) % 2
            found.all.setdefault(name, set()).add(-own if odd else own)
            if odd or (own < 0 and word not in _OPPOSITES):
                found.denied.add(name)
        short = max(0, short - 1)
        if _is_cue(tokens, at):
            short = _SHORT.get(word, short)
            cues += word not in _SHORT
    return found


def _named(token: Token, known: frozenset[str]) -> tuple[str, int]:
    """The word that stands for a word and its opposite, and which of the two it is."""
    word = token.lower
    if word in _OPPOSITES and word != "never":
        return _OPPOSITES[word]
    if not is_content(token) or word in _CUES:
        return "", 1
    name = stem(word)
    bare = without_prefix(name, known)
    return bare, 1 if bare == name else -1


def denies(tokens: Sequence[Token]) -> bool:
    """Whether a sentence holds a word of negation."""
    return any(_is_cue(tokens, at) for at in range(len(tokens)))


def _is_cue(tokens: Sequence[Token], at: int) -> bool:
    word = tokens[at].lower
    if word not in _CUES and word != "without" and not word.endswith("n't"):
        return False
    following = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    if following in _NO_CUE.get(word, ()):
        return False
    # "did not open until 1890": it opened
    return not any(t.lower == "until" for t in tokens[at + 1 : at + 8])


class Reversed(NamedTuple):
    """A word that one text states and the other denies; whether the first denies it."""

    word: str
    denied: bool


def reversed_word(claimed: Signs, stated: Signs) -> Reversed | None:
    """A word that a claim states and a text denies, or the other way.

    None where there is none, or where both deny something together: then negation stands in both,
    at different words perhaps (``contains no gluten``, ``does not contain gluten``).
    """
    shared = claimed.all.keys() & stated.all.keys()
    negated = claimed.denied | stated.denied
    if any(claimed.all[w] == {-1} and -1 in stated.all[w] for w in shared & negated):
        return None
    clashes = sorted(w for w in shared if not claimed.all[w] & stated.all[w])
    return Reversed(clashes[0], -1 in claimed.all[clashes[0]]) if clashes else None
