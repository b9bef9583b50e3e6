"""Whether an answer is the number that was wanted."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.scorer import Score, Scorer, scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange

Decimal = Literal[".", ","]

_NUMBER = {
    mark: re.compile(
        rf"(?<![\w{point}])[-+−]?(?:\d{{1,3}}(?:[{groups}_'’\u00a0\u2009\u202f]\d{{3}})+|\d+)?"
        rf"(?:{point}\d+)?(?:[eE][-+]?\d+)?(?=[^\w]|_|[a-zA-Z%°€$£]|$)"
    )
    for mark, point, groups in ((".", r"\.", ","), (",", ",", "."))
}
"""By the mark before decimals. Groups of three digits are held together by the other mark, an
apostrophe, an underscore, or a space that does not break."""
_APART = str.maketrans(dict.fromkeys("_'’\u00a0\u2009\u202f", "") | {"−": "-"})


def numbers_in(text: str, decimal: Decimal = ".") -> list[float]:
    """The finite numbers that a text holds, in order: ``1,234.5``, ``-3``, ``6e23``.

    Args:
        decimal: the mark before decimals; with ``,`` the first of these is ``1.234,5``.
    """
    found = []
    groups = "," if decimal == "." else "."
    for match in _NUMBER[decimal].finditer(text):
        written = match[0].translate(_APART).replace(groups, "").replace(decimal, ".")
        if any(c.isdigit() for c in written):
            value = float(written)
            if math.isfinite(value):
                found.append(value)
    return found


def _target(text: str, decimal: Decimal) -> float | None:
    """The number that a target is, or else the last that it holds."""
    try:
        plain = float(text)
    except ValueError:
        held = numbers_in(text, decimal)
        return held[-1] if held else None
    return plain if math.isfinite(plain) else None


@scorer(
    "numeric",
    needs=("target",),
    binary=True,
    unit="share",
    formula="answers whose number is within the tolerance of a target / answers",
    reference="Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems (GSM8K): the last "
    "number of an answer counts",
)
class Numeric(Scorer):
    """Share of answers whose number equals a target, but for a tolerance.

    By default the last number of the answer counts, since models reason before they conclude.
    ``1,234`` and ``1234.0`` are the same; with ``decimal: ","``, ``1.234,0`` is. A target without a
    number is an error of the samples: it is not scored. Percent, fractions and units are not read:
    ``50 %`` is 50.
    """

    tolerance: Annotated[
        float, Meta(ge=0, description="Difference that does not matter, in the number's unit.")
    ] = 0.0
    relative: Annotated[
        float, Meta(ge=0, description="Difference that does not matter, as a share of the target.")
    ] = 1e-9
    take: Annotated[
        Literal["last", "first", "any"], Meta(description="Which number of the answer counts.")
    ] = "last"
    decimal: Annotated[
        Decimal,
        Meta(description="The mark before decimals; with the comma, 1.234,5 is 1234.5."),
    ] = "."

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [self._one(e.answer.text, e.sample.target) for e in exchanges]

    def _one(self, text: str, targets: Sequence[str]) -> Score:
        read = (_target(target, self.decimal) for target in targets)
        wanted = [number for number in read if number is not None]
        if not wanted:
            return Score(None, "no target is a number")
        given = numbers_in(text, self.decimal)
        if not given:
            return Score(0.0, "no number in the answer")
        counted = {"last": given[-1:], "first": given[:1], "any": given}[self.take]
        right = any(
            math.isclose(g, w, rel_tol=self.relative, abs_tol=self.tolerance)
            for g in counted
            for w in wanted
        )
        return Score(float(right), "" if right else f"{counted[0]:g}, not {wanted[0]:g}")
