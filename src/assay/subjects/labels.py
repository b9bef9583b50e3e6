"""Labels: when a value in the data and a class of a model mean the same.

A model trained on ``True`` meets data that says ``1`` or ``"true"``, and a suite that says
``positive: 1``. Values of one type must be equal; across types they are matched by their text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from assay.core.expr import Scalar


def scalar(value: Any) -> Scalar:
    """A label as a plain value: NumPy scalars unwrapped, bytes decoded, the rest as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def label_text(value: Scalar) -> str:
    """The text that labels are matched by: ``1`` for 1.0, ``true`` for True."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class Labels:
    """The labels of a task, in score order, and which of them a value means.

    All have one type, that of the column they are stored in: text where they come in several.
    """

    def __init__(self, values: Iterable[Scalar]) -> None:
        found = tuple(values)
        kinds = {type(value) for value in found}
        if kinds == {int, float}:
            found = tuple(float(value) for value in found if value is not None)
        elif len(kinds) > 1:
            found = tuple(label_text(value) for value in found)
        self.values: tuple[Scalar, ...] = found
        self._exact = {(type(v), v): i for i, v in enumerate(found)}
        self._text: dict[str, int] = {}
        for i, value in enumerate(found):
            for text in _texts(value):
                self._text.setdefault(text, i)

    def position(self, value: Scalar) -> int | None:
        """Position of the label that the value means, or None."""
        exact = self._exact.get((type(value), value))
        if exact is not None:
            return exact
        return next((self._text[text] for text in _texts(value) if text in self._text), None)

    def arrow(self) -> pa.Array:
        """The labels as a column of their type; text where there are none."""
        import pyarrow as pa

        return pa.array(self.values) if self.values else pa.array([], pa.string())


def _texts(value: Scalar) -> Sequence[str]:
    """The texts a value goes by, the likeliest first; a boolean is also 0 or 1."""
    text = label_text(value)
    if isinstance(value, bool):
        return text, str(int(value))
    if isinstance(value, str):
        lower = text.strip().lower()
        return (text, lower) if lower in ("true", "false") else (text,)
    return {"1": ("1", "true"), "0": ("0", "false")}.get(text, (text,))
