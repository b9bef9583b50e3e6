"""Numbers in English texts, with their units and what they count."""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.scorers.grounding.words import is_content, stem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from assay.scorers.grounding.words import Token

_SMALL = {
    w: float(i)
    for i, w in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    w: 10.0 * i
    for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "millions": 1e6, "billion": 1e9, "bn": 1e9,
    "billions": 1e9, "trillion": 1e12, "dozen": 12.0,
}  # fmt: skip
_ORDINALS = {
    w: float(i)
    for i, w in enumerate(
        "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 2
    )
}
_UNITS: dict[str, tuple[str, float]] = {
    name: (kind, factor)
    for kind, factor, names in (
        ("length", 1.0, "m metre metres meter meters"),
        ("length", 1e3, "km kilometre kilometres kilometer kilometers"),
        ("length", 1e-2, "cm centimetre centimetres centimeter centimeters"),
        ("length", 1e-3, "mm millimetre millimetres millimeter millimeters"),
        ("length", 1609.344, "mile miles mi"),
        ("length", 0.3048, "foot feet ft"),
        ("length", 0.0254, "inch inches"),
        ("mass", 1.0, "g gram grams gramme grammes"),
        ("mass", 1e3, "kg kilogram kilograms kilo kilos"),
        ("mass", 1e-3, "mg milligram milligrams"),
        ("mass", 1e6, "tonne tonnes"),
        ("mass", 453.59237, "lb lbs"),
        ("volume", 1.0, "l litre litres liter liters"),
        ("volume", 1e-3, "ml millilitre millilitres milliliter milliliters"),
        ("time", 1.0, "sec secs seconds"),
        ("time", 60.0, "min mins minute minutes"),
        ("time", 3600.0, "hour hours hr hrs"),
        ("time", 86400.0, "day days"),
        ("time", 604800.0, "week weeks"),
        ("months", 1.0, "month months"),
        ("months", 12.0, "year years yr yrs"),
        ("months", 120.0, "decade decades"),
        ("%", 1.0, "% percent"),
        ("degrees", 1.0, "degree degrees ° c celsius fahrenheit"),
        ("dollars", 1.0, "dollar dollars usd $"),
        ("euros", 1.0, "euro euros eur €"),
        ("pounds", 1.0, "pound pounds gbp £"),
        ("yen", 1.0, "yen jpy ¥"),
    )
    for name in names.split()
}
_MANY = 100
_ABOUT = frozenset("about around approximately roughly nearly almost circa ca some".split())
_OVER = frozenset("over above exceeding".split())
_THAN = {"more": "over", "greater": "over", "less": "under", "fewer": "under"}


class Quantity(NamedTuple):
    """A number.

    Attributes:
        value: in the base unit of its kind.
        kind: what the unit measures; "" for a bare number, "ordinal" for a place in an order.
        noun: stem of what is counted, where the number is bare.
        digits: significant digits that were written.
        sense: how it is meant: as it stands, "about", "over" or "under".
        shown: as it stands in the text.
    """

    value: float
    kind: str
    noun: str
    digits: int
    sense: str
    shown: str

    def agrees(self, other: Quantity) -> bool:
        """Whether a text that says the other quantity bears this one out."""
        if math.isclose(self.value, other.value, rel_tol=1e-3 if self.kind == "length" else 1e-9):
            return True
        if self.sense == "over":
            return self.value < other.value <= 1.5 * self.value
        if self.sense == "under":
            return self.value > other.value >= self.value / 1.5
        if self.sense == "about":
            return math.isclose(self.value, other.value, rel_tol=0.05)
        # 3.8 for 3.78: rounded, with at least two digits, and not to a whole number of tens
        fraction = self.digits >= 2 and "." in self.shown and other.digits > self.digits
        return fraction and self.value == float(f"{other.value:.{self.digits}g}")


def quantity_at(tokens: Sequence[Token], at: int) -> tuple[Quantity, int] | None:
    """The quantity that starts at a token, and how many tokens it takes; None where none does."""
    read = _number(tokens, at)
    if read is None:
        return _ordinal(tokens, at)
    value, taken, digits = read
    after = at + taken
    if _lower(tokens, after) in ("st", "nd", "rd", "th") and not tokens[after].spaced:
        return Quantity(
            value, "ordinal", _noun(tokens, after + 1), digits, "", str(value)
        ), taken + 1
    if _lower(tokens, after) in ("-", "‐", "‑") and _lower(tokens, after + 1) in _UNITS:
        after += 1  # a 35-minute walk
    kind, factor, more = _unit(tokens, at, after)
    noun = "" if kind else _noun(tokens, after)
    shown = " ".join(t.text for t in tokens[at : after + more])
    found = Quantity(value * factor, kind, noun, digits, _sense(tokens, at), shown)
    return found, after + more - at


def _number(tokens: Sequence[Token], at: int) -> tuple[float, int, int] | None:
    """Value, tokens taken, significant digits."""
    token, taken = tokens[at], 1
    if token.is_number:
        value = _digits(token.text)
        if value is None:
            return None
        digits = len(token.text.replace(".", "").replace(",", "").lstrip("0").rstrip("0")) or 1
        if _lower(tokens, at - 1) in ("-", "−") and at and _stands_alone(tokens, at):
            value = -value
    elif token.lower in _TENS:
        value, digits = _TENS[token.lower], 2
        ones = at + 1 + (_lower(tokens, at + 1) == "-")
        if 1 <= _SMALL.get(_lower(tokens, ones), 0) <= 9:
            value, taken = value + _SMALL[_lower(tokens, ones)], ones + 1 - at
    elif token.lower in _SMALL:
        value, digits = _SMALL[token.lower], 2
        scaled = _lower(tokens, at + 1) in _SCALES
        if token.lower == "one" and not scaled:
            return None  # "one of them": hardly ever a number
    else:
        return None
    while (scale := _SCALES.get(_lower(tokens, at + taken))) is not None:
        value, taken = value * scale, taken + 1
    return (value, taken, digits) if math.isfinite(value) else None


def _digits(text: str) -> float | None:
    groups = text.split(",")
    if len(groups) > 1 and not all(len(g.split(".")[0]) == 3 for g in groups[1:]):
        # 3,5 as it is written on the continent; anything else is a list without spaces
        text = text.replace(",", ".") if len(groups) == 2 and "." not in text else ""
    if len(text) > 40 or not text or text.count(".") > 1:
        return None
    return float(text.replace(",", ""))


def _stands_alone(tokens: Sequence[Token], at: int) -> bool:
    return not tokens[at].spaced and (at < 2 or tokens[at - 1].spaced)


def _ordinal(tokens: Sequence[Token], at: int) -> tuple[Quantity, int] | None:
    value = _ORDINALS.get(tokens[at].lower)
    if value is None:
        return None
    word = tokens[at].text
    return Quantity(value, "ordinal", _noun(tokens, at + 1), 1, "", word), 1


def _unit(tokens: Sequence[Token], at: int, after: int) -> tuple[str, float, int]:
    """Kind of the unit, factor to its base unit, and tokens it takes."""
    before = tokens[at - 1].lower if at else ""
    if before in ("$", "€", "£", "¥"):
        return *_UNITS[before], 0
    name = _lower(tokens, after)
    if name in ("square", "cubic") and _lower(tokens, after + 1) in _UNITS:
        kind, factor = _UNITS[_lower(tokens, after + 1)]
        power = 2 if name == "square" else 3
        return f"{name} {kind}", factor**power, 2
    if name not in _UNITS or (name in ("c", "l", "g", "m") and not tokens[after].text.isalpha()):
        return "", 1.0, 0
    kind, factor = _UNITS[name]
    degrees = kind == "degrees" and _lower(tokens, after + 1) in ("c", "f", "celsius", "fahrenheit")
    return kind, factor, 2 if degrees else 1


def _noun(tokens: Sequence[Token], after: int) -> str:
    """The first word of meaning after a number, if no sign or small word stands between."""
    if after < len(tokens) and is_content(tokens[after]):
        return stem(tokens[after].lower)
    return ""


def _sense(tokens: Sequence[Token], at: int) -> str:
    """Whether a number is meant roughly, or as a bound: words before it say so."""
    before = [t.lower for t in tokens[max(0, at - 3) : at] if t.lower not in "$€£¥"]
    if not before:
        return ""
    if before[-1] in _ABOUT:
        return "about"
    if before[-1] in _OVER:
        return "over"
    if before[-1] == "than" and len(before) > 1:
        return _THAN.get(before[-2], "") if "no" not in before else ""
    return ""


def _lower(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].lower if 0 <= at < len(tokens) else ""


def unborne(
    claimed: Sequence[Quantity], stated: Sequence[Quantity], years: AbstractSet[int]
) -> str:
    """Why the quantities of a text do not bear claimed ones out; "" where they do.

    ``years`` are numbers that were read as years. In a list of very many numbers a claimed one
    must stand as it is, whatever it counts there: comparing all pairs would take too long.
    """
    different = list(dict.fromkeys(stated))
    if len(different) > _MANY:
        values = {q.value for q in different} | years
        lacking = (q.shown for q in claimed if q.value not in values)
        return f"no {shown}" if (shown := next(lacking, None)) else ""
    return next(filter(None, (_unborne(q, different, years) for q in dict.fromkeys(claimed))), "")


def _unborne(claimed: Quantity, stated: Sequence[Quantity], years: AbstractSet[int]) -> str:
    if not claimed.kind and claimed.value in years:
        return ""
    alike = [q for q in stated if q.kind == claimed.kind]
    if not claimed.kind:
        same = [q for q in alike if q.noun and q.noun == claimed.noun]
        alike = same or alike
    if any(claimed.agrees(q) for q in alike):
        return ""
    return f"{claimed.shown}, not {alike[0].shown}" if len(alike) == 1 else f"no {claimed.shown}"
