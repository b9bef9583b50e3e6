"""What would help against a change of a score, by which part of it is seen for sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import REMEDY, Text
from assay.core.measurement import Estimation, Measurement, number_text
from assay.metrics.drift.changes import difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.metrics.drift.changes import Asked
    from assay.metrics.drift.shifted import Shifted

_HOW = Estimation(level=0.95)
_REPAIR = "If a column is broken where it comes from, repair it there, and do not train on it."
_LABEL = (
    "Collect labels of current rows: only they show whether the inputs still mean what they meant."
    " If so, train on newer rows or weight the old ones towards them; else only newer rows help."
)
_WEIGHT = "Else train on newer rows, or weight the old ones towards them."
_NEWER = (
    "for the same inputs, outcomes are not what they were. Weights do not help against that: train"
    " on newer rows with labels."
)
_MORE = "More labelled rows would tell where the change comes from."


def remedy(sides: Shifted, columns: Sequence[Measurement]) -> Text:
    """What would help; ``columns`` are their own impacts, the greatest first."""
    explained, rest = _seen(sides, "explained"), _seen(sides, "rest")
    steps = [_inputs(sides.name, explained, columns)]
    if explained:
        steps.append(_REPAIR)
    if not sides.labelled:
        steps.append(_LABEL)
    elif rest:
        steps.append(f"They do not account for {number_text(rest.value)}: {_NEWER}")
    else:
        steps.append(_WEIGHT if explained else _MORE)
    return Text(title=REMEDY, text=" ".join(steps))


def _seen(sides: Shifted, part: Asked) -> Measurement | None:
    """A part of the change, if its interval excludes 0."""
    found = difference(sides, part, _HOW)
    return found if isinstance(found, Measurement) and _is_seen(found) else None


def _is_seen(m: Measurement) -> bool:
    return m.low is not None and m.high is not None and not m.low <= 0 <= m.high


def _inputs(score: str, explained: Measurement | None, columns: Sequence[Measurement]) -> str:
    """What the moved columns do, and which of them by itself does most of it."""
    if explained is None:
        return f"It is not seen for sure that moved columns change {score}."
    said = f"Moved columns change {score} by {number_text(explained.value)}"
    same = [m for m in columns if _is_seen(m) and m.value * explained.value > 0][:3]
    if not same:
        return f"{said}, none of them by itself for sure."
    names = ", ".join(f"{m.key['column']} alone {number_text(m.value)}" for m in same)
    return f"{said} ({names})."
