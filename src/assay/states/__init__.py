"""The closed set of aggregates, each beside the mergeable state it folds to.

One file holds one kind. Engines fold them; metrics ask for them; states cross processes as JSON.
"""

from __future__ import annotations

import msgspec

from assay.states.comoments import Comoments, ComomentsState
from assay.states.count import Count, CountState
from assay.states.distinct import Distinct, DistinctState
from assay.states.extremes import Extremes, ExtremesState
from assay.states.frequencies import Frequencies, FrequenciesState
from assay.states.moments import Moments, MomentsState
from assay.states.quantiles import Quantiles, QuantilesState
from assay.states.sample import Sample, SampleState

AnyState = (
    CountState
    | MomentsState
    | ExtremesState
    | ComomentsState
    | DistinctState
    | FrequenciesState
    | QuantilesState
    | SampleState
)

__all__ = [
    "AnyState",
    "Comoments",
    "ComomentsState",
    "Count",
    "CountState",
    "Distinct",
    "DistinctState",
    "Extremes",
    "ExtremesState",
    "Frequencies",
    "FrequenciesState",
    "Moments",
    "MomentsState",
    "Quantiles",
    "QuantilesState",
    "Sample",
    "SampleState",
    "from_json",
    "to_json",
]


def to_json(state: AnyState) -> bytes:
    """A state as JSON; ``from_json`` gives an equal one."""
    return msgspec.json.encode(state)


def from_json(text: bytes | str) -> AnyState:
    """The state in a JSON text.

    Raises:
        msgspec.ValidationError: the text is not a state.
    """
    state: AnyState = msgspec.json.decode(text, type=AnyState)
    return state
