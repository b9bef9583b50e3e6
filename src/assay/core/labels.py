"""How class labels compare: by their text, since a file, a table and a model type them apart.

``1``, ``1.0``, ``True``, ``"1"`` and ``"true"`` are spellings of one label, unless a model has two
labels that are spelt so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.expr import Scalar

_TRUE = ("1", "1.0", "true", "True", "TRUE")
_FALSE = ("0", "0.0", "false", "False", "FALSE")


def label_text(label: Scalar) -> str:
    """The label for a person: ``"yes"``, ``"true"``, ``"3"`` (whole floats lose their ``.0``)."""
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def spellings(label: Scalar) -> tuple[str, ...]:
    """Every text the label may have in a column of another type, its own first."""
    text = label_text(label)
    for alike in (_TRUE, _FALSE):
        if text in alike:
            return (text, *(s for s in alike if s != text))
    whole = text.removesuffix(".0")
    if whole.lstrip("-").isdecimal():
        return (text, f"{whole}.0" if text == whole else whole)
    return (text,)


def label_positions(labels: Sequence[Scalar]) -> Mapping[str, int]:
    """Position in ``labels`` by spelling; look values up by their :func:`label_text`.

    A label's own text wins over another label's further spelling.
    """
    positions: dict[str, int] = {}
    for own in (True, False):
        for position, label in enumerate(labels):
            for text in spellings(label)[:1] if own else spellings(label)[1:]:
                positions.setdefault(text, position)
    return positions
