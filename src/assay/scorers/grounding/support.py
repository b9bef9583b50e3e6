"""Whether sentences bear a claim out: numbers, dates, names, negation, quantifiers, words."""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from assay.scorers.grounding.dates import said
from assay.scorers.grounding.polarity import Signs, denies, reversed_word, signs
from assay.scorers.grounding.quantities import unborne
from assay.scorers.grounding.roles import exchanged
from assay.scorers.grounding.statements import Statement, named, taken_apart
from assay.scorers.grounding.words import is_content, without_prefix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.scorers.grounding.passages import Passages

_RUN = 3
"""So many words of meaning in a row that the context lacks are a statement of their own."""
_LONGEST = 400
_ALL = frozenset(
    "all every always each entirely exclusively completely everyone everything".split()
)
_SOME = frozenset(
    "some most many often usually sometimes several nearly almost partly generally few".split()
)
_HEDGES = frozenset("may might could possibly perhaps probably likely reportedly allegedly".split())
_PART = re.compile(r"[,;]\s++|(?<![\d\s])\s++(?:and|but)\s+")


def unsupported(claim: Statement, passages: Passages, coverage: float) -> str:
    """Why the passages do not bear a claim out, in a clause; "" where they do.

    Args:
        coverage: share of the claim's words of meaning that must stand in the sentences that
            speak of the same.
    """
    evidence = passages.about(claim)
    if not evidence:
        return "the context does not speak of it"
    held = frozenset().union(*(s.vocabulary for s in evidence))
    return (
        _wrong_name(claim, evidence, held, passages)
        or _wrong_number(claim, evidence)
        or _wrong_date(claim, evidence)
        or _wrong_sign(claim, evidence, held)
        or _wrong_extent(claim, evidence[0])
        or _wrong_place(claim, evidence)
        or _exchanged(claim, evidence)
        or _unsaid(claim, held, coverage)
    )


def _wrong_name(
    claim: Statement, evidence: Sequence[Statement], held: frozenset[str], passages: Passages
) -> str:
    for name in claim.capitalised:
        word = name.casefold()
        if named(word) not in held and not any(word in s.initials for s in evidence):
            return f"{name} is not named there"
    # A sentence's first word has a capital letter anyway: a name only if it stands nowhere.
    if claim.opening and named(claim.opening.casefold()) not in passages:
        initials = any(claim.opening.casefold() in s.initials for s in evidence)
        return "" if initials else f"{claim.opening} is not named there"
    return ""


def _wrong_number(claim: Statement, evidence: Sequence[Statement]) -> str:
    stated = [q for s in evidence for q in s.quantities]
    return unborne(claim.quantities, stated, {d.year for s in evidence for d in s.dates if d.year})


def _wrong_date(claim: Statement, evidence: Sequence[Statement]) -> str:
    stated = {d: None for s in evidence for d in s.dates}
    numbers = {q.value for s in evidence for q in s.quantities}
    for date in dict.fromkeys(claim.dates):
        bare = date.month is None and date.last is None and date.year in numbers
        if not said(date, stated) and not bare:
            others = ", ".join(str(d) for d in islice(stated, 3))
            return f"{date}, not {others}" if others else f"no {date}"
    return ""


def _wrong_sign(claim: Statement, evidence: Sequence[Statement], held: frozenset[str]) -> str:
    known = claim.vocabulary | held
    mine = signs(claim.tokens, known)
    theirs = Signs.of(signs(s.tokens, known) for s in evidence)
    if found := reversed_word(mine, theirs):
        return f"the {'claim' if found.denied else 'context'} denies {found.word!r}"
    if not denies(claim.tokens) or any(denies(s.tokens) for s in evidence):
        return ""
    elsewhere = mine.denied - theirs.all.keys()
    return "the context does not deny it" if elsewhere else ""


def _wrong_extent(claim: Statement, best: Statement) -> str:
    """Said of all where the context says some; as certain where it says perhaps; "only"."""
    mine, theirs = ({t.lower for t in s.tokens} for s in (claim, best))
    if mine & _ALL and theirs & _SOME and not theirs & _ALL:
        return f"{min(mine & _ALL)!r} where the context says {min(theirs & _SOME)!r}"
    if "only" in mine and not theirs & {"only", "solely", "just", "exclusively", "alone"}:
        return "the context does not say 'only'"
    if mine & (_HEDGES | {"can", "potentially"}):
        return ""
    for at, token in enumerate(best.tokens):
        following = [t for t in best.tokens[at + 1 : at + 4] if is_content(t)]
        if token.text in _HEDGES and following and named(following[0].lower) in claim.vocabulary:
            return f"certain, where the context says {token.text!r}"
    return ""


def _wrong_place(claim: Statement, evidence: Sequence[Statement]) -> str:
    """A number or year that the context gives for something else: ``13 percent in Peru``.

    The part of the sentence that holds it speaks of what the claim does not, and another part,
    with another number of the same kind, of what the claim does.
    """
    for statement in evidence:
        if len(statement.quantities) + len(statement.dates) < 2:
            continue
        if len(statement.tokens) + len(claim.tokens) > _LONGEST:
            continue  # a list; comparing all its parts would take too long
        parts = [taken_apart(part) for part in _PART.split(statement.text)]
        for mine in map(taken_apart, _PART.split(claim.text)):
            for kind, value in _figures(mine):
                own = [p for p in parts if (kind, value) in _figures(p)]
                others = [p for p in parts if any(k == kind for k, _ in _figures(p))]
                if len(own) != 1 or not own[0].vocabulary - claim.vocabulary:
                    continue
                for part in others:
                    spoken = (mine.vocabulary & part.vocabulary) - own[0].vocabulary
                    if part is not own[0] and spoken:
                        return f"the context says that of {own[0].text[:60]!r}"
    return ""


def _figures(statement: Statement) -> set[tuple[str, float]]:
    """Its numbers by kind, and years."""
    years = {("year", float(d.year)) for d in statement.dates if d.year and d.last is None}
    return years | {(q.kind or q.noun, q.value) for q in statement.quantities}


def _sides(statement: Statement) -> tuple[frozenset[str], frozenset[str]]:
    """Words before and after ``than``; empty where it compares nothing."""
    lower = [t.lower for t in statement.tokens]
    if lower.count("than") != 1:
        return frozenset(), frozenset()
    at = lower.index("than")
    first, second = (
        frozenset(named(t.lower) for t in part if is_content(t))
        for part in (statement.tokens[:at], statement.tokens[at + 1 : at + 6])
    )
    return first, second


def _exchanged(claim: Statement, evidence: Sequence[Statement]) -> str:
    """A comparison, or who did it to whom, turned round: ``iron … better than copper``."""
    left, right = _sides(claim)
    for statement in evidence if left and right else ():
        theirs = _sides(statement)
        if right & theirs[0] - theirs[1] and left & theirs[1] - theirs[0]:
            return "the context compares the other way round"
    return "the context says it the other way round" if exchanged(claim, evidence) else ""


def _unsaid(claim: Statement, held: frozenset[str], coverage: float) -> str:
    lacking = [w for w in claim.words if without_prefix(w, held) not in held]
    if len(lacking) > (1 - coverage) * len(claim.words):
        return "the context does not say it in these words"
    run: list[str] = []
    for token in claim.tokens:
        if is_content(token):
            run = [] if without_prefix(named(token.lower), held) in held else [*run, token.text]
            if len(run) == _RUN:
                return f"nothing of {' '.join(run)!r}"
    return ""
