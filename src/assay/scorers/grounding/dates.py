"""Dates in English texts: days, months, years, decades, centuries."""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.scorers.grounding.words import Token

_NAMES = (
    "january february march april may june july august september october november december".split()
)
_MONTHS = {name: i for i, name in enumerate(_NAMES, 1)}
_MONTHS |= {name[:3]: i for name, i in _MONTHS.items()} | {"sept": 9}
_BEFORE = frozenset("in of since until till by during from to between and late early mid".split())
_MANY = 100
_SUFFIXES = frozenset(("st", "nd", "rd", "th"))
_CENTURIES = {
    w: i
    for i, w in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
        "twentieth".split(),
        1,
    )
}


class Date(NamedTuple):
    """A day, month or year as far as the text says; ``last`` is the last year of a longer time."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    last: int | None = None

    def within(self, other: Date) -> bool:
        """Whether all that this date says is said by the other, which may say more."""
        if self.last is not None:
            if other.year is None or self.year is None:
                return False
            return self.year <= other.year and (other.last or other.year) <= self.last
        return (
            (self.year is None or (self.year == other.year and other.last is None))
            and self.month in (None, other.month)
            and self.day in (None, other.day)
        )

    def __str__(self) -> str:
        if self.last is not None:
            return f"{self.year}-{self.last}"
        month = _NAMES[self.month - 1].capitalize() if self.month else ""
        return " ".join(str(p) for p in (self.day, month, self.year) if p)


def date_at(tokens: Sequence[Token], at: int) -> tuple[Date, int] | None:
    """The date that starts at a token, and how many tokens it takes; None where none does."""
    token = tokens[at]
    if token.is_number:
        return _from_number(tokens, at)
    if token.lower in _MONTHS and token.text[0].isupper():
        return _from_month(tokens, at)
    if token.lower in _CENTURIES and _lower(tokens, at + 1) in ("century", "centuries"):
        return _century(_CENTURIES[token.lower]), 2
    return None


def _from_number(tokens: Sequence[Token], at: int) -> tuple[Date, int] | None:
    text = tokens[at].text
    whole = _whole(text)
    if whole is None:
        return _dotted(text)
    following = _lower(tokens, at + 1)
    if len(text) == 4 and following == "s" and not tokens[at + 1].spaced and text.endswith("0"):
        return Date(whole, last=whole + (99 if text.endswith("00") else 9)), 2
    suffixed = following in _SUFFIXES and not tokens[at + 1].spaced
    after = at + 1 + suffixed
    if suffixed and _lower(tokens, after) in ("century", "centuries"):
        return _century(whole), 3
    if found := _signed(tokens, at):
        return found
    if 1 <= whole <= 31 and len(text) <= 2:
        skipped = _lower(tokens, after) == "of"
        month = _month(tokens, after + skipped)
        if month:
            year, taken = _year(tokens, after + skipped + 1)
            return Date(year, month, whole), after + skipped + 1 + taken - at
        return None
    if len(text) == 4 and 1000 <= whole <= 2199:
        return Date(whole), 1
    return None


def _from_month(tokens: Sequence[Token], at: int) -> tuple[Date, int] | None:
    month = _MONTHS[tokens[at].lower]
    after = at + 1 + (_lower(tokens, at + 1) == ".")
    if after < len(tokens) and (day := _whole(tokens[after].text)) and day <= 31:
        suffixed = _lower(tokens, after + 1) in _SUFFIXES
        year, taken = _year(tokens, after + 1 + suffixed)
        return Date(year, month, day), after + 1 + suffixed + taken - at
    year, taken = _year(tokens, after)
    # "May" and "March" are months only where a year follows, or a word that stands before times.
    doubtful = len(tokens[at].text) < 4 or tokens[at].lower in ("may", "march")
    if year is None and doubtful and (at == 0 or tokens[at - 1].lower not in _BEFORE):
        return None
    return Date(year, month), after - at + taken if year else 1


def _signed(tokens: Sequence[Token], at: int) -> tuple[Date, int] | None:
    """``1919-06-28``, ``28/06/1919``; where day and month cannot be told apart, the year alone."""
    parts = [t.text for t in tokens[at : at + 5]]
    if len(parts) < 5 or parts[1] != parts[3] or parts[1] not in ("-", "/"):
        return None
    if any(t.spaced for t in tokens[at + 1 : at + 5]):
        return None
    numbers = [_whole(p) for p in parts[::2]]
    if None in numbers:
        return None
    first, second, third = (n or 0 for n in numbers)
    if len(parts[0]) == 4 and 1 <= second <= 12 and 1 <= third <= 31:
        return Date(first, second, third), 5
    if len(parts[4]) == 4:
        return _day_first(first, second, third), 5
    return None


def _dotted(text: str) -> tuple[Date, int] | None:
    parts = text.split(".") if len(text) <= 10 else []
    if len(parts) == 3 and all(p.isdigit() for p in parts) and len(parts[2]) == 4:
        return _day_first(*map(int, parts)), 1
    return None


def _day_first(first: int, second: int, year: int) -> Date:
    if first > 12 and second <= 12:
        return Date(year, second, first)
    if second > 12 and first <= 12:
        return Date(year, first, second)
    return Date(year, first, first) if first == second <= 12 else Date(year)


def _century(number: int) -> Date:
    return Date((number - 1) * 100, last=number * 100)


def _month(tokens: Sequence[Token], at: int) -> int | None:
    if at < len(tokens) and tokens[at].text[0].isupper():
        return _MONTHS.get(tokens[at].lower)
    return None


def _year(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    """A year after a month, with a comma between or without, and how many tokens it takes."""
    skipped = _lower(tokens, at) in (",", "of")
    if at + skipped < len(tokens):
        text = tokens[at + skipped].text
        year = _whole(text) if len(text) == 4 else None
        if year is not None:
            return year, 1 + skipped
    return None, 0


def _whole(text: str) -> int | None:
    return int(text) if len(text) <= 4 and text.isascii() and text.isdigit() else None


def _lower(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].lower if at < len(tokens) else ""


def said(date: Date, others: Mapping[Date, object]) -> bool:
    """Whether one of some different dates says what this one does; of very many, the very same."""
    if len(others) > _MANY:
        return date in others
    return any(date.within(other) for other in others)
