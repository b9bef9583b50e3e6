"""Texts that do not have a pattern's form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import call
from assay.core.metric import metric
from assay.metrics.data.parameters import ColumnName, needs_text_form, text_of
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema

# What other dialects have and RE2 leaves out, because it cannot be matched in linear time (or is
# mere notation). https://github.com/google/re2/wiki/Syntax
_GROUPS = (
    (r"\(\?[=!]", "lookahead"),
    (r"\(\?<[=!]", "lookbehind"),
    (r"\(\?>", "an atomic group"),
    (r"\(\?\(", "a conditional group"),
    (r"\(\?#", "a comment"),
    (r"\(\?P=", "a backreference"),
    (r"\(\?(P>|[&R+\d])", "recursion"),
    (r"\(\?\|", "a branch reset"),
)
_ESCAPES = {
    **dict.fromkeys("123456789gk", "a backreference"),
    **dict.fromkeys("GKXRZhHNV", "an escape of another dialect"),
}
_OPENING = re.compile(r"\(\?(P?<\w+>|[imsU-]*:)|\(")
_FLAGS = re.compile(r"\(\?[imsU-]*\)")
# A bracket right after the opening one (or its ^) is a member, and [:alpha:] nests.
_CLASS = re.compile(r"\[\^?\]?(\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_QUOTE = re.compile(r"\\Q.*?(\\E|$)", re.DOTALL)
_QUANTIFIER = re.compile(r"([*+?]|\{(?P<least>\d+)(,(?P<most>\d*))?\})\??")


@metric(
    "matches",
    unit="share",
    higher_is_better=True,
    formula="values that match / non-null values",
    interval="wilson",
    reference="RE2 syntax, https://github.com/google/re2/wiki/Syntax",
    example={"column": "email", "pattern": r"[^@]+@[^@]+\.[a-z]+"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class Matches(ShareOfValues):
    """Share of non-null values that match a regular expression as a whole.

    The dialect is RE2: matching takes time linear in the text, whatever the pattern, so no pattern
    can stall a run. It has no lookaround and no backreferences. Values that are not text are
    matched in their text form.
    """

    column: ColumnName
    pattern: Annotated[str, Meta(description="Regular expression (RE2) for the whole value.")]

    def __post_init__(self) -> None:
        usable(self.pattern)

    def applicable(self, schema: Schema) -> str | None:
        return needs_text_form(schema, self.column)

    def good(self, schema: Schema) -> Expr:
        return call("matches", text_of(schema, self.column), self.pattern)


def usable(pattern: str) -> None:
    """Refuse a pattern that RE2 cannot take.

    Raises:
        ValueError: the pattern, and what is wrong with it.
    """
    problem = refusal(pattern)
    if problem:
        raise ValueError(f"the pattern {pattern!r} cannot be used: {problem}")


def refusal(pattern: str) -> str | None:
    """Why RE2 cannot take a pattern, as far as that is seen from its text; None where it may.

    Finds what other dialects have, and brackets and quantifiers that belong to nothing; the rest
    the engine tells when it binds the query.
    """
    at, depth = 0, 0
    before: Literal["nothing", "item", "quantifier"] = "nothing"
    while at < len(pattern):
        char, rest = pattern[at], pattern[at : at + 4]
        if char == "\\":
            problem = _escape(rest)
            found = _QUOTE.match(pattern, at)
            at, before = found.end() if found else at + 2, "item"
        elif char == "[":
            found = _CLASS.match(pattern, at)
            problem = None if found else "a '[' is never closed"
            at, before = found.end() if found else at, "item"
        elif char == "(":
            problem = _group(rest)
            flags, opening = _FLAGS.match(pattern, at), _OPENING.match(pattern, at)
            depth += flags is None
            end = flags or opening
            # flags are not an item, but a quantifier behind them may repeat what stands before
            at, before = end.end() if end else at + 1, "item" if flags else "nothing"
        elif char == ")":
            depth -= 1
            problem = "a ')' closes nothing" if depth < 0 else None
            at, before = at + 1, "item"
        elif found := _QUANTIFIER.match(pattern, at):
            problem = _quantifier(found, before)
            at, before = found.end(), "quantifier"
        else:
            problem = None
            at, before = at + 1, "nothing" if char == "|" else "item"
        if problem:
            return problem
    return "a '(' is never closed" if depth else None


def _escape(rest: str) -> str | None:
    if len(rest) < 2:
        return "it ends in the middle of an escape"
    if re.match(r"\\[1-7][0-7]", rest):
        return None  # a character by its octal code
    what = _ESCAPES.get(rest[1])
    return f"it uses {what}, {rest[:2]!r}, which RE2 does not have" if what else None


def _group(rest: str) -> str | None:
    for form, what in _GROUPS:
        found = re.match(form, rest)
        if found:
            return f"it uses {what}, {found.group()!r}, which RE2 does not have"
    return None


def _quantifier(found: re.Match[str], before: str) -> str | None:
    if before == "nothing":
        return f"the {found.group()!r} repeats nothing"
    if before == "quantifier":
        return f"the {found.group()!r} repeats another quantifier, which RE2 does not allow"
    least, most = found["least"], found["most"]
    if max(int(least or 0), int(most or 0)) > 1000:
        return "it repeats more than 1000 times, which RE2 does not allow"
    if least and most and int(least) > int(most):
        return f"the {found.group()!r} has its least number above its greatest"
    return None
