"""Plain text for people: figures, intervals, keys; and values of unknown origin made inert."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.measurement import number_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import CorrectionMethod
    from assay.core.evidence import Cell
    from assay.core.measurement import Measurement
    from assay.core.result import Correction, Drawn, Result

# Joiners are needed to spell Persian, Hindi and many emoji; alone they reorder and hide nothing.
_JOINERS = "\u200c\u200d"


def visible(text: str, *, lines: bool = False) -> str:
    r"""The text with everything invisible spelled out, as ``repr`` would: ``\x1b``, ``\u202e``.

    Terminal escapes, direction overrides, zero-width characters and lone surrogates can then
    neither act nor hide, and the result can be encoded and is valid in XML. With ``lines`` line
    breaks and tabs stay.
    """
    if text.isprintable():
        return text
    keep = _JOINERS + "\n\t" if lines else _JOINERS
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode("ascii")
        for c in text
    )


def short(text: str, limit: int) -> str:
    """The text on one line, cut in the middle where it is longer than ``limit`` characters."""
    text = visible(text)
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def figure(value: float) -> str:
    """A number for a person; also the numbers that are none."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return number_text(value).replace("-", "−", 1) if value < 0 else number_text(value)


def cell_text(cell: Cell) -> str:
    """A table cell: null as ``∅``, floats rounded, whole numbers and text as they are."""
    if cell is None:
        return "∅"
    if isinstance(cell, bool | int):
        return str(cell)
    return figure(cell) if isinstance(cell, float) else visible(cell)


def score_text(value: float) -> str:
    """A score with three decimals, rounded down: 1.000 is only what has no fault at all."""
    return f"{math.floor(value * 1000 + 1e-9) / 1000:.3f}"


def unit_text(unit: str) -> str:
    """The unit as it follows a figure; a share and a pure number have none."""
    return "" if unit in {"", "share"} else f" {visible(unit)}"


def value_text(measurement: Measurement) -> str:
    """The value with its unit."""
    return figure(measurement.value) + unit_text(measurement.unit)


def interval_text(measurement: Measurement) -> str:
    """``[0.88, 0.94]``; ``exact`` for a census, which has no sampling error."""
    if measurement.level is None and measurement.low == measurement.high:
        return "exact"
    low = "−∞" if measurement.low is None else figure(measurement.low)
    high = "∞" if measurement.high is None else figure(measurement.high)
    return f"[{low}, {high}]"


def key_text(key: Mapping[str, str]) -> str:
    """``afam = yes, sex = f``; "" for the whole."""
    return ", ".join(f"{visible(name)} = {visible(value)}" for name, value in key.items())


def level_text(level: float) -> str:
    """``95 %``; a level corrected for many checks keeps its decimals: ``99.75 %``."""
    return f"{level * 100:.6g} %"


_CORRECTIONS: dict[CorrectionMethod, str] = {
    "holm": "Holm", "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli", "none": "uncorrected",
}  # fmt: skip


def correction_text(correction: Correction) -> str:
    """``Holm over 12``: how many measurements were judged together, and how."""
    return f"{_CORRECTIONS[correction.method]} over {correction.size:,}"


def drawn_text(drawn: Drawn) -> str:
    """``1,250 of 20,000 rows in 3 rounds, 94 % saved``: what rounds of drawing came to."""
    many = counted(drawn.of, drawn.counted.removesuffix("s"))
    text = f"{drawn.rows:,} of {many} in {counted(drawn.rounds, 'round')}"
    if drawn.rows >= drawn.of:
        return text
    calls = f" ({counted(drawn.calls_saved, 'call')})" if drawn.calls_saved else ""
    return f"{text}, {drawn.saved * 100:.0f} % saved{calls}"


def together_text(result: Result) -> str:
    """How the intervals were corrected for what was judged beside them; "" where none was."""
    correction = result.correction
    if correction is None:
        return ""
    family = f"Judged with its family, {visible(result.family)}: {correction_text(correction)}"
    return f"{family} measurements; intervals at up to {level_text(correction.level)}."


def counted(n: int, noun: str) -> str:
    """``1 check``, ``2,380 rows``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def duration_text(seconds: float) -> str:
    """``340 ms``, ``3.2 s``, ``4 min 10 s``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
