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

# Groups of three digits are held together by a comma, a thin or a narrow space, or an underscore.
_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:\d{1,3}(?:[,_\u2009\u202f]\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?"
    r"(?=[^\w]|_|[a-zA-Z%°€$£]|$)"
)
_APART = str.maketrans({",": None, "_": None, "\u2009": None, "\u202f": None, "−": "-"})


def numbers_in(text: str) -> list[float]:
    """The finite numbers that a text holds, in order: ``1,234.5``, ``-3``, ``6e23``."""
    found = []
    for match in _NUMBER.finditer(text):
        written = match[0].translate(_APART)
        if any(c.isdigit() for c in written):
            value = float(written)
            if math.isfinite(value):
                found.append(value)
    return found


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
    ``1,234`` and ``1234.0`` are the same. A target without a number is an error of the samples: it
    is not scored.
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

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [self._one(e.answer.text, e.sample.target) for e in exchanges]

    def _one(self, text: str, targets: Sequence[str]) -> Score:
        wanted = [numbers[-1] for target in targets if (numbers := numbers_in(target))]
        if not wanted:
            return Score(None, "no target is a number")
        given = numbers_in(text)
        if not given:
            return Score(0.0, "no number in the answer")
        counted = {"last": given[-1:], "first": given[:1], "any": given}[self.take]
        right = any(
            math.isclose(g, w, rel_tol=self.relative, abs_tol=self.tolerance)
            for g in counted
            for w in wanted
        )
        return Score(float(right), "" if right else f"{counted[0]:g}, not {wanted[0]:g}")
