"""Texts read as values: as the embedded engine reads them, not as Spark's casts do.

Spark casts ``2024`` and ``2024-01`` to dates and ``1d`` to a double, and a text that does not read
is an error there. Here a pattern says first what may be read at all. The patterns are our own and
take no time to fail: what has matched is never given back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.errors import EngineError
from assay.engines.sql.typed import case, cast, conjunction, function, literal, operand

if TYPE_CHECKING:
    from assay.engines.sql.typed import Typed

_DIGITS = "[0-9](?:_?[0-9])*+"
_DECIMAL = rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?[0-9]++)?"
_DOUBLE = rf"\A\s*+[+-]?(?:{_DECIMAL}|(?i:inf|infinity|nan))\s*+\z"
_DATE = r"([0-9]{1,5}+)([-/ \\])([0-9]{1,2}+)\2([0-9]{1,2}+)"
_CLOCK = r"([0-9]{1,2}+):([0-9]{1,2}+)(?::([0-9]{1,2}+)(?:\.[0-9]*+)?)?"
_ZONE = r"(?: *+(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2}){0,2}))?"
_UNITS = (
    "microseconds?|us|milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|"
    "weeks?|w|months?|mons?|years?|y|yrs?|decades?|centuries|century|millennia|millennium"
)
_INTERVAL = (
    rf"(?i)\A(?:(?:[+-]?[0-9]++(?:\.[0-9]++)? *+(?:{_UNITS})\b *+)++"
    rf"(?:[+-]?[0-9]++:[0-9]++(?::[0-9.]++)?)?(?:ago)?|[+-]?[0-9]++(?::[0-9]++){{0,2}})\z"
)
_WORDS = ("true", "t", "1", "yes", "y", "false", "f", "0", "no", "n")

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "f": 6, "j": 3}
_NAMES = {
    "b": tuple(m[:3] for m in _MONTHS), "B": _MONTHS, "a": tuple(d[:3] for d in _DAYS), "A": _DAYS,
}  # fmt: skip
_OTHERS = {"p": "(?i:[ap]m)", "z": "[+-][0-9]{2}(?::?[0-9]{2})?", "%": "%"}


def seconds(value: Typed) -> exp.Expr:
    """A date, timestamp, time or interval as seconds (since 1970 UTC, or midnight)."""
    tree = value.tree
    match value.kind:
        case "date":
            days = cast(function("unix_date", tree), "DOUBLE")
            return exp.Mul(this=days, expression=literal(86_400.0).tree)
        case "timestamp":
            # what has no zone is taken for UTC, which is the zone of the session
            moment = tree if value.native == "timestamp" else cast(tree, "TIMESTAMPTZ")
            return exp.Div(
                this=cast(function("unix_micros", moment), "DOUBLE"), expression=literal(1e6).tree
            )
        case "interval" if "year" in value.native or "month" in value.native:
            return _parts(tree, {"YEAR": 31_557_600.0, "MONTH": 2_592_000.0})
        case "interval":
            units = {"DAY": 86_400.0, "HOUR": 3_600.0, "MINUTE": 60.0, "SECOND": 1.0}
            return _parts(tree, {u: s for u, s in units.items() if _holds(value.native, u)})
        case _:
            return _parts(tree, {"HOUR": 3_600.0, "MINUTE": 60.0, "SECOND": 1.0})


def _holds(native: str, unit: str) -> bool:
    """Whether an interval such as ``interval day to second`` has a unit."""
    order = ["DAY", "HOUR", "MINUTE", "SECOND"]
    named = [u for u in order if u.lower() in native] or order
    return order.index(named[0]) <= order.index(unit) <= order.index(named[-1])


def _parts(tree: exp.Expr, units: dict[str, float]) -> exp.Expr:
    whole: exp.Expr | None = None
    for unit, length in units.items():
        part = cast(exp.Extract(this=exp.var(unit), expression=tree.copy()), "DOUBLE")
        some = exp.Mul(this=part, expression=literal(length).tree)
        whole = some if whole is None else exp.Add(this=whole, expression=some)
    return exp.Paren(this=whole)


def double(text: exp.Expr) -> exp.Expr:
    """A text as a double; null where it does not read as one."""
    bare = function("replace", text, _text("_"), _text(""))
    return case([(_like(text, _DOUBLE), cast(bare, "DOUBLE", safely=True))])


def reads(text: exp.Expr, kind: str) -> exp.Expr:
    """Whether a text without spaces around it, which is not null, reads as a kind."""
    match kind:
        case "float":
            return _known(double(text))
        case "decimal":
            fits = cast(
                function("replace", text, _text("_"), _text("")), "DECIMAL(38, 12)", safely=True
            )
            return conjunction(_like(text, rf"\A\s*+[+-]?{_DECIMAL}\s*+\z"), _known(fits))
        case "boolean":
            return exp.In(this=exp.Lower(this=text.copy()), expressions=list(map(_text, _WORDS)))
        case "date" | "timestamp":
            return _moment(text)
        case "time":  # the time of a whole timestamp will do
            form = rf"\A{_CLOCK}{_ZONE}\z"
            clock = [_number(text, form, i, 0) for i in (1, 2, 3)]
            alone = conjunction(_like(text, form), _exists([], clock))
            return exp.Or(this=operand(alone), expression=operand(_moment(text)))
        case _:
            return _like(text, _INTERVAL)


def _moment(text: exp.Expr) -> exp.Expr:
    """Whether a text is a date, or a date and a time of day."""
    form = rf"\A{_DATE}(?:[ T]++{_CLOCK}{_ZONE})?\z"
    date = [_number(text, form, i, 1) for i in (1, 3, 4)]
    clock = [_number(text, form, i, 0) for i in (5, 6, 7)]
    return conjunction(_like(text, form), _exists(date, clock))


def is_json(text: exp.Expr) -> exp.Expr:
    """Whether a text is valid JSON; null where it is null.

    Spark's parser stops where the first value ends. Whatever follows that would have to continue
    a list and an object alike for both of these to be read, and nothing does.
    """
    parsed = [
        _known(function("try_parse_json", function("concat", _text(a), text, _text(b))))
        for a, b in (("[", "]"), ('{"a":', "}"))
    ]
    return case([(_known(text), conjunction(*parsed))])


def written(text: exp.Expr, form: str) -> exp.Expr:
    """Whether a text is a date or time as ``strptime`` reads this format.

    Raises:
        EngineError: the format holds a directive that is not known here.
    """
    pattern, places = _pattern(form)
    number = {
        letter: _number(text, pattern, place, 0)
        for letter, place in places.items()
        if letter in _MOST
    }
    conditions = [_like(text, pattern)]
    for letter, (low, high) in {"I": (1, 12), "S": (0, 59), "j": (1, 366)}.items():
        if letter in number:
            conditions.append(
                exp.Between(
                    this=number[letter],
                    low=exp.Literal.number(low),
                    high=exp.Literal.number(high),
                )
            )
    one = exp.Literal.number(1)
    month = number.get("m") or next(
        (_position(text, pattern, places[n], _NAMES[n]) for n in "bB" if n in places), one
    )
    year = number.get("Y") or exp.Literal.number(2000 if "y" in number else 1900)
    if "y" in number:  # 69 to 99 are of the twentieth century
        late = exp.GTE(this=number["y"], expression=exp.Literal.number(69))
        century = case([(late, exp.Literal.number(1900))], exp.Literal.number(2000))
        year = exp.Add(this=number["y"], expression=exp.Paren(this=century))
    zero = exp.Literal.number(0)
    clock = [number.get("H", zero), number.get("M", zero), number.get("S", zero)]
    conditions.append(_exists([year, month, number.get("d", one)], clock))
    return conjunction(*conditions)


def _pattern(form: str) -> tuple[str, dict[str, int]]:
    """The pattern of a format, and which of its groups holds which directive."""
    parts: list[str] = []
    places: dict[str, int] = {}
    for found in re.finditer(r"%(.?)|\s+|[^%\s]", form, re.DOTALL):
        letter = found[1]
        if letter is None:
            parts.append(r"\s++" if found[0].isspace() else _plain(found[0]))
        elif letter == "%":
            parts.append("%")
        elif letter in places:
            raise EngineError(f"The format {form!r} holds %{letter} twice.")
        elif letter in _MOST or letter in _NAMES or letter in _OTHERS:
            places[letter] = len(places) + 1
            names = "|".join(sorted(_NAMES.get(letter, ()), key=len, reverse=True))
            digits = f"[0-9]{{1,{_MOST.get(letter)}}}+"
            parts.append(f"({_OTHERS.get(letter) or (f'(?i:{names})' if names else digits)})")
        else:
            known = " ".join(f"%{x}" for x in (*_MOST, *_NAMES, *_OTHERS))
            raise EngineError(
                f"The format {form!r} holds %{letter}, which Spark is not asked for.",
                hint=f"Known: {known}.",
            )
    return rf"\A\s*+{''.join(parts)}\s*+\z", places


def _plain(letter: str) -> str:
    return letter if letter.isalnum() else f"\\x{{{ord(letter):x}}}"


def _text(letters: str) -> exp.Expr:
    return exp.Literal.string(letters)


def _known(tree: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=operand(tree), expression=exp.Null()))


def _like(text: exp.Expr, pattern: str) -> exp.Expr:
    return exp.RegexpLike(this=operand(text), expression=_text(pattern))


def _group(text: exp.Expr, pattern: str, place: int) -> exp.Expr:
    return function("regexp_extract", text, _text(pattern), exp.Literal.number(place))


def _number(text: exp.Expr, pattern: str, place: int, otherwise: int) -> exp.Expr:
    number = cast(_group(text, pattern, place), "INT", safely=True)
    return exp.Coalesce(this=number, expressions=[exp.Literal.number(otherwise)])


def _position(text: exp.Expr, pattern: str, place: int, names: tuple[str, ...]) -> exp.Expr:
    found = exp.Lower(this=_group(text, pattern, place))
    words = exp.Array(expressions=[_text(name.lower()) for name in names])
    return cast(function("array_position", words, found), "INT")


def _exists(date: list[exp.Expr], clock: list[exp.Expr]) -> exp.Expr:
    """Whether there is such a day, and such a time on it."""
    numbers = [*(date or [exp.Literal.number(n) for n in (2000, 1, 1)])]
    numbers += clock or [exp.Literal.number(0)] * 3
    made = function("try_make_timestamp", *numbers)
    exists = _known(made)
    if not clock:
        return exists
    sixty = exp.LT(this=clock[2].copy(), expression=exp.Literal.number(60))
    return conjunction(exists, sixty)
