"""The closed set of aggregates, each beside the mergeable state it folds to.

One file holds one kind. Engines fold them; metrics ask for them; states cross processes as JSON,
and are kept between runs in a compact binary form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assay.states.comoments import Comoments, ComomentsState
from assay.states.count import Count, CountState
from assay.states.distinct import Distinct, DistinctState
from assay.states.extremes import Extremes, ExtremesState
from assay.states.frequencies import Frequencies, FrequenciesState
from assay.states.moments import Moments, MomentsState
from assay.states.quantiles import Quantiles, QuantilesState
from assay.states.sample import Sample, SampleState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Key

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

FORMAT = 5
"""Of states that are kept. Raised whenever a kind's fields, or what they mean, change: what another
format wrote is not read."""

__all__ = [
    "FORMAT",
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
    "merged",
    "pack",
    "to_json",
    "unpack",
]

# Made once, while there is one thread: msgspec crashes the process where several threads are the
# first to ask for the same type (0.22).
_PACKED = msgspec.msgpack.Decoder(
    list[tuple[tuple[str | int | float | bool | None, ...], AnyState]]
)
_JSON: msgspec.json.Decoder[AnyState] = msgspec.json.Decoder(AnyState)


def to_json(state: AnyState) -> bytes:
    """A state as JSON; ``from_json`` gives an equal one."""
    return msgspec.json.encode(state)


def from_json(text: bytes | str) -> AnyState:
    """The state in a JSON text.

    Raises:
        msgspec.ValidationError: the text is not a state.
    """
    return _JSON.decode(text)


def merged(mine: Mapping[Key, Any], other: Mapping[Key, Any]) -> dict[Key, Any]:
    """States of two parts by key, as those of both; a key of one part only keeps its state."""
    both = dict(mine)
    for key, state in other.items():
        both[key] = both[key].merge(state) if key in both else state
    return both


def pack(states: Mapping[Key, AnyState]) -> bytes:
    """The states of one aggregate by key, as bytes (MessagePack); ``unpack`` gives equal ones."""
    return msgspec.msgpack.encode(list(states.items()))


def unpack(packed: bytes) -> dict[Key, AnyState]:
    """The states by key.

    Raises:
        msgspec.DecodeError: the bytes are not packed states.
    """
    return dict(_PACKED.decode(packed))
