"""Which words the texts of two tables hold, and in which share of the texts each word is."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.inference.two_sample.events import Events
    from assay.states import SampleState

ROWS = 5_000
"""Texts of each table that are read, drawn by lot."""

MOST = 500
"""Words that are compared one by one."""

# Scripts that write no blanks between words (Han, kana, Thai, Lao, Burmese, Khmer): each letter is
# taken for a word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['’][^\W\d_{_UNSPACED}]+)*")

MISSING, WORDLESS, NEW = "(no text)", "(no word)", "(a rare word that is new)"


def words(text: str | None) -> frozenset[str]:
    """The different words of a text: runs of letters and digits, in lower case."""
    return frozenset(w.replace("’", "'") for w in _WORD.findall((text or "").casefold()))


class Texts(NamedTuple):
    """The texts that were read of one table.

    Attributes:
        missing: of each text, whether there is none. words: its different words.
        group: of each text, the cluster it is of (or its own place), ascending.
        weight: rows of the table that each text stands for.
        rows: of the whole table. clustered: whether groups are clusters.
    """

    missing: tuple[bool, ...]
    words: tuple[frozenset[str], ...]
    group: tuple[int, ...]
    weight: tuple[float, ...]
    rows: int
    clustered: bool

    @property
    def units(self) -> int:
        """Texts, or groups of clusters, that are independent."""
        return self.group[-1] + 1


def texts_of(whole: SampleState, groups: Sequence[SampleState] | None) -> Texts:
    """The texts of a table; where its rows come in groups, about as many of each in all.

    Args:
        groups: the same, of each group of clusters; None where rows are independent.
    """
    if groups is None:
        read = [(whole, whole.n)]
    else:
        there = [state for state in groups if state.n]
        share = max(1, -(-2 * ROWS // max(1, len(there))))
        read = [(state, min(state.n, share)) for state in there]
    missing, found, group, weight = [], [], [], []
    for place, (state, n) in enumerate(read):
        for i, text in enumerate(state.texts[0][:n]):  # in the order of their lots
            missing.append(text is None)
            found.append(words(text))
            group.append(i if groups is None else place)
            weight.append(state.rows / n)
    return Texts(
        tuple(missing), tuple(found), tuple(group), tuple(weight), whole.rows, groups is not None
    )


class Vocabulary(NamedTuple):
    """The same events in both tables: that a text holds a word, or is of some kind.

    Attributes:
        events: what they are called: words, then the three others.
        sides: how often each occurs in the reference and in the current table.
    """

    events: tuple[str, ...]
    sides: tuple[Events, Events]


def vocabulary(reference: Texts, current: Texts) -> Vocabulary:
    """The words that are most frequent in both tables together, and what is beside them.

    By what both tables together hold, so that the choice favours no side. Rarer words count as one
    where the reference lacks them. Chance alone brings some: so of a text of the reference, those
    count as new that no other text (or cluster) of it has. That is the estimate of Good (1953,
    Biometrika 40:237) for what has not been seen.
    """
    weights: dict[str, float] = defaultdict(float)
    for side in (reference, current):
        for mine, weight in zip(side.words, side.weight, strict=True):
            for word in mine:
                weights[word] += weight
    ranked = sorted(weights, key=lambda w: (-weights[w], w))[:MOST]
    place = {word: i for i, word in enumerate(ranked)}
    first, often = _seen(reference)
    known = set(place)
    of_reference = _events(reference, place, known | often)
    return Vocabulary(
        (*ranked, NEW, MISSING, WORDLESS),
        (of_reference, _events(current, place, known | first.keys())),
    )


def _events(side: Texts, place: dict[str, int], known: set[str]) -> Events:
    """Events by group: of clusters, or of texts by lot."""
    import numpy as np

    from assay.inference.two_sample.events import GROUPS, Events

    n = len(side.words)
    groups = side.units if side.clustered else min(n, GROUPS)
    counts, sizes = np.zeros((groups, len(place) + 3)), np.zeros(groups)
    for i, (mine, weight) in enumerate(zip(side.words, side.weight, strict=True)):
        group = side.group[i] if side.clustered else i * groups // n
        at = [place[word] for word in mine if word in place]
        if not mine <= known:
            at.append(-3)
        if not mine:
            at.append(-2 if side.missing[i] else -1)
        counts[group, at] += weight
        sizes[group] += weight
    return Events(counts, sizes, side.units, side.clustered)


def _seen(side: Texts) -> tuple[dict[str, int], set[str]]:
    """Words with the group that has them first, and those that several groups have."""
    first: dict[str, int] = {}
    often: set[str] = set()
    for mine, group in zip(side.words, side.group, strict=True):
        for word in mine:
            if first.setdefault(word, group) != group:
                often.add(word)
    return first, often


class Moved(NamedTuple):
    """An event, and in which shares of the texts it is: before, now."""

    event: str
    before: float
    now: float


def moved(of: Vocabulary) -> list[Moved]:
    """All events, those first whose share of the texts changed most."""
    shares = (side.shares.tolist() for side in of.sides)
    found = map(Moved, of.events, *shares)
    return sorted(found, key=lambda w: (-abs(w.now - w.before), w.event))
