"""What metrics of two columns of categories share: how often each pair of values occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.expr import Column
from assay.core.schema import NUMERIC, TEMPORAL
from assay.metrics.data.parameters import describe, not_null
from assay.states import Frequencies

if TYPE_CHECKING:
    from assay.core.schema import Schema
    from assay.inference.contingency import Contingency
    from assay.states import FrequenciesState

MOST_PAIRS = 100_000
"""Pairs of values that are taken into memory."""

CATEGORIES = frozenset({"string", "boolean"})
NUMBERS = NUMERIC | TEMPORAL


def frequencies(x: str, y: str) -> Frequencies:
    """How often each pair of values occurs; rows that lack either are left out."""
    return Frequencies(of=(Column(x), Column(y)), where=not_null((x, y)))


def contingency(state: FrequenciesState) -> Contingency:
    """The table of what :func:`frequencies` folded to, of one pair at least."""
    import numpy as np

    from assay.inference.contingency import Contingency

    places: tuple[dict[object, int], dict[object, int]] = {}, {}
    cells = [
        [seen.setdefault(value, len(seen)) for seen, value in zip(places, key, strict=True)]
        for key, _ in state.counts
    ]
    row, column = np.array(cells).T
    return Contingency.of(row, column, np.array([n for _, n in state.counts], dtype=np.float64))


def not_related(schema: Schema, *names: str) -> str | None:
    """Why columns cannot be related: one holds neither categories nor numbers, or is not there."""
    for name in names:
        info = schema.find(name)
        if info is None:
            return f"there is no column {name!r}"
        if info.kind not in CATEGORIES | NUMBERS:
            return f"column {name!r} holds {describe(info)}, neither categories nor numbers"
    return None


def in_categories(schema: Schema, name: str) -> bool:
    """Whether the column holds texts or booleans."""
    info = schema.find(name)
    return info is not None and info.kind in CATEGORIES
