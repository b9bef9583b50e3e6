"""Who did what to whom, where both are named: ``Amundsen beat Scott``.

A few safe forms of English, and nothing else: a name, a verb, another name; or the same in the
passive. All other sentences name no roles, and say nothing of whether they were exchanged.
"""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.scorers.grounding.statements import named
from assay.scorers.grounding.words import is_content, is_irregular

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay.scorers.grounding.statements import Statement
    from assay.scorers.grounding.words import Token

_NEAR = 6
"""Tokens from the verb within which a name must begin or end."""
_BE = frozenset("is are was were be been being got gets".split())
_PLACES = frozenset("in at on near around within across".split())
_DETERMINERS = frozenset("the a an".split())
# What one does, the other does too: nothing is exchanged by exchanging the names.
_MUTUAL = frozenset(
    named(w)
    for w in "met meets married marries divorced joined merged faced played resembled equalled "
    "equals tied bordered borders linked connected touched matched differed competed shared "
    "cooperated collaborated agreed argued talked debated".split()
)


class Roles(NamedTuple):
    """One did something to the other: names as stems, the verb as one."""

    agent: frozenset[str]
    verb: str
    patient: frozenset[str]


def exchanged(claim: Statement, evidence: Sequence[Statement]) -> str:
    """A verb of which the claim exchanges the two names, and no evidence has them so; or ""."""
    stated = [roles for statement in evidence for roles in roles_in(statement)]
    for mine in roles_in(claim):
        same = [s for s in stated if s.verb == mine.verb]
        borne = any(mine.agent & s.agent and mine.patient & s.patient for s in same)
        if not borne and any(mine.agent & s.patient and mine.patient & s.agent for s in same):
            return mine.verb
    return ""


def roles_in(statement: Statement) -> Iterator[Roles]:
    """The roles that a statement names."""
    tokens = statement.tokens
    for at, token in enumerate(tokens):
        if not _is_verb(tokens, at):
            continue
        first, second = _name_before(tokens, at), _name_after(tokens, at)
        if not first or not second or first & second:
            continue
        after = tokens[at + 1 : at + 1 + _NEAR]
        until = next((i for i, t in enumerate(after) if _is_name(t)), len(after))
        by = any(t.lower == "by" for t in after[:until])
        passive = any(t.lower in _BE for t in tokens[max(0, at - 2) : at])
        if not by and (passive or (after and after[0].lower in _PLACES)):
            continue  # by whom is not said; or it is where, and not whom
        yield Roles(*((second, named(token.lower), first) if by else
                      (first, named(token.lower), second)))  # fmt: skip


def _is_verb(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    if not (token.is_word and token.text.islower() and is_content(token)):
        return False
    if named(token.lower) in _MUTUAL or (at and tokens[at - 1].text == "-"):
        return False
    if token.lower.endswith("ed") or is_irregular(token.lower):
        return True
    rest = [t for t in tokens[at + 1 : at + 3] if t.lower not in _DETERMINERS]
    between = at > 0 and _is_name(tokens[at - 1]) and bool(rest) and _is_name(rest[0])
    return token.lower.endswith("s") and between


def _is_name(token: Token) -> bool:
    return token.is_word and token.text[0].isupper() and is_content(token)


def _name_before(tokens: Sequence[Token], at: int) -> frozenset[str]:
    """The words of the name that ends nearest before a place."""
    last = next((i for i in range(at - 1, max(-1, at - 1 - _NEAR), -1) if _is_name(tokens[i])), -1)
    found = set()
    while last >= 0 and _is_name(tokens[last]):
        found.add(named(tokens[last].lower))
        last -= 1
    return frozenset(found)


def _name_after(tokens: Sequence[Token], at: int) -> frozenset[str]:
    """The words of the name that begins nearest after a place."""
    begin = at + 1
    until = min(len(tokens), begin + _NEAR)
    first = next((i for i in range(begin, until) if _is_name(tokens[i])), len(tokens))
    found = set()
    while first < len(tokens) and _is_name(tokens[first]):
        found.add(named(tokens[first].lower))
        first += 1
    return frozenset(found)
