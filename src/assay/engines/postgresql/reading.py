"""Whether a text reads as a value, and as which: what DuckDB reads, in PostgreSQL's words.

PostgreSQL's own casts raise an error where a text does not read, and read more than ISO 8601
(``today``, ``Jan 8``). So expressions guard them, and ``pg_input_is_valid`` (PostgreSQL 16) says
whether a day exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.errors import EngineError
from assay.engines.postgresql.kinds import decimal
from assay.engines.sql.typed import case, cast, conjunction, function, operand

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGITS = "[0-9](?:_?[0-9])*"
_NUMBER = rf"^[ \t\n\v\f\r]*[+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?[ \t\n\v\f\r]*$"  # noqa: E501
_NO_NUMBER = (
    "^[ \t\n\v\f\r]*[+-]?(?:[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])[ \t\n\v\f\r]*$"
)
_DAY = "[0-9]{1,7}(?:-[0-9]{1,2}-|/[0-9]{1,2}/| [0-9]{1,2} )[0-9]{1,2}"
_CLOCK = r"(?:(?:[01]?[0-9]|2[0-3]):[0-5]?[0-9](?::[0-5]?[0-9](?:\.[0-9]{0,9})?)?|24:00(?::00)?)"
_ZONE = "(?: ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?|[A-Z][a-z]+/[A-Za-z_]+))?"
_WORDS = "-?[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[eE][pP][oO][cC][hH]"
_MOMENT = f"(?:{_DAY}(?:[ T]{_CLOCK}{_ZONE})?|{_WORDS})"
_TIME = f"^(?:{_DAY}(?:[ T]{_CLOCK}{_ZONE})?|{_CLOCK}{_ZONE}|[eE][pP][oO][cC][hH])$"
_BOOLEAN = (
    "^(?:[tT]|[fF]|[yY]|[nN]|0|1|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[yY][eE][sS]|[nN][oO])$"
)
_FIRST_DAY = "^([0-9]+)[-/ ]([0-9]+)[-/ ]([0-9]+).*$"

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ALONE = "(?![0-9])"  # strptime takes as many digits as it may, and never gives one back


def _any_case(names: tuple[str, ...]) -> str:
    letters = ("".join(f"[{c.lower()}{c.upper()}]" for c in name) for name in names)
    return f"(?:{'|'.join(letters)})"


_DIRECTIVES = {
    "Y": f"(?:[0-9]{{4}}|[0-9]{{1,3}}{_ALONE})",
    "y": f"(?:[0-9]{{2}}|[0-9]{_ALONE})",
    "m": f"(?:0[1-9]|1[0-2]|[1-9]{_ALONE})",
    "d": f"(?:0[1-9]|[12][0-9]|3[01]|[1-9]{_ALONE})",
    "H": f"(?:[01][0-9]|2[0-3]|[0-9]{_ALONE})",
    "I": f"(?:0[1-9]|1[0-2]|[1-9]{_ALONE})",
    "M": f"(?:[0-5][0-9]|[0-9]{_ALONE})",
    "S": f"(?:[0-5][0-9]|[0-9]{_ALONE})",
    "f": f"(?:[0-9]{{6}}|[0-9]{{1,5}}{_ALONE})",
    "p": "(?:[aA][mM]|[pP][mM])",
    "b": _any_case(tuple(name[:3] for name in _MONTHS)),
    "B": _any_case(_MONTHS),
    "a": _any_case(tuple(name[:3] for name in _DAYS)),
    "A": _any_case(_DAYS),
    "j": f"(?:00[1-9]|0[1-9][0-9]|[12][0-9]{{2}}|3[0-5][0-9]|36[0-6]|(?:0[1-9]|[1-9][0-9]?){_ALONE})",  # noqa: E501
    "z": "[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?",
}
_PART_OF_DAY = {"Y": "year", "y": "year", "m": "month", "b": "month", "B": "month", "d": "day"}


def number(text: exp.Expr) -> exp.Expr:
    """A text as a double; null where it does not read as one."""
    plain = function("replace", text, _string("_"), _string(""))
    double = cast(plain, "DOUBLE")
    large = exp.Not(this=exp.Paren(this=_is(text, "[eE]-")))
    infinite = case([(_is(text, "^[^0-9.]*-"), _double("-Infinity"))], _double("Infinity"))
    return case(
        [
            (conjunction(_is(text, _NUMBER), _valid(plain, "double precision")), double),
            (conjunction(_is(text, _NUMBER), large), infinite),  # more than a double holds
            (_is(text, _NUMBER), _double("0")),  # less than a double tells from 0
            (_is(text, _NO_NUMBER), cast(exp.Trim(this=text.copy()), "DOUBLE")),
        ]
    )


def reads(text: exp.Expr, kind: str) -> exp.Expr:
    """Whether a text without blanks around it, which is not null, reads as a kind."""
    return _KINDS[kind](text)


def _decimal(text: exp.Expr) -> exp.Expr:
    value = function("abs", decimal(function("replace", text, _string("_"), _string(""))))
    small = exp.LT(this=value, expression=exp.Literal.number("1e26"))
    usual = _is(text, "[eE][+-]?[0-9]{4}")  # exponents that need no look
    return case([(_is(text, _NUMBER), case([(usual, exp.false())], small))], exp.false())


def _moment(text: exp.Expr) -> exp.Expr:
    return case([(_is(text, f"^{_MOMENT}$"), _exists(text))], exp.false())


def _time(text: exp.Expr) -> exp.Expr:
    return case([(_is(text, _TIME), _exists(text))], exp.false())


def _interval(text: exp.Expr) -> exp.Expr:
    return conjunction(
        _is(text, "^-?[0-9]"), exp.Not(this=_is(text, "^[0-9]+-")), _valid(text, "interval")
    )


_KINDS: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "float": lambda text: exp.Or(this=_is(text, _NUMBER), expression=_is(text, _NO_NUMBER)),
    "decimal": _decimal,
    "boolean": lambda text: _is(text, _BOOLEAN),
    "date": _moment,
    "timestamp": _moment,
    "time": _time,
    "interval": _interval,
}


def _exists(text: exp.Expr) -> exp.Expr:
    """Whether the day exists that a text begins with, if it begins with one.

    Zeros before the year keep 24 from meaning 2024.
    """
    day = function("regexp_replace", text, _string(_FIRST_DAY), _string(r"00\1-\2-\3"))
    return case([(_is(text, f"^{_DAY}"), _valid(day, "date"))], exp.true())


def written(text: exp.Expr, form: str) -> exp.Expr:
    """Whether a text is a date or time as ``strptime`` reads this format.

    Raises:
        EngineError: there is a directive that cannot be told.
    """
    pattern, order = _expression(form)
    fits = _is(text, pattern)
    if "day" not in order or "month" not in order:
        return fits
    # every 400 years the calendar repeats: 20000 and a year of four digits has the year's days,
    # and PostgreSQL knows no year 0
    year: exp.Expr = _string("1900")
    if "year" in order:
        found = function("regexp_replace", text, _string(pattern), _string(f"\\{order['year']}"))
        year = function("lpad", found, exp.Literal.number(4), _string("0"))
    rest = function(
        "regexp_replace", text, _string(pattern),
        _string(f"-\\{order['month']}-\\{order['day']}"),
    )  # fmt: skip
    day = function("concat", _string("2"), year, rest)
    return case([(fits, _valid(day, "date"))], exp.false())


def _expression(form: str) -> tuple[str, dict[str, int]]:
    """A format as an expression, and which group holds the year, the month and the day."""
    parts: list[str] = []
    order: dict[str, int] = {}
    groups = 0
    at = 0
    while at < len(form):
        char = form[at]
        at += 1
        if char == "%" and form[at : at + 1] != "%":
            letter = form[at : at + 1]
            at += 1
            if letter not in _DIRECTIVES:
                known = " ".join(f"%{known}" for known in _DIRECTIVES)
                raise EngineError(
                    f"The engine postgresql cannot hold a text to %{letter}.",
                    hint=f"It knows {known} %%.",
                )
            part = _PART_OF_DAY.get(letter)
            if part:
                groups += 1
                order[part] = groups
            parts.append(f"({_DIRECTIVES[letter]})" if part else _DIRECTIVES[letter])
            continue
        if char == "%":
            at += 1
        if char.isspace():
            parts.append("[ \t\n\v\f\r]+" if not parts or parts[-1] != "[ \t\n\v\f\r]+" else "")
        else:
            parts.append(char if char.isalnum() else f"\\u{ord(char):04x}")
    return f"^[ \t\n\v\f\r]*{''.join(parts)}[ \t\n\v\f\r]*$", order


def _is(text: exp.Expr, pattern: str) -> exp.Expr:
    return exp.RegexpLike(this=operand(text), expression=_string(pattern))


def _valid(text: exp.Expr, kind: str) -> exp.Expr:
    return function("pg_input_is_valid", text, _string(kind))


def _string(text: str) -> exp.Expr:
    return exp.Literal.string(text)


def _double(text: str) -> exp.Expr:
    return cast(_string(text), "DOUBLE")
