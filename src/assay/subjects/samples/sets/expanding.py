"""From the lines of a set to samples: each payload in each carrier, with a canary of its own.

A line is one of three:

- a **payload**: it has ``payload``, the text of an attack, and neither ``input`` nor ``messages``;
- a **carrier**: its turns or its context hold ``{payload}``, and every payload is put there;
- a **sample**, which stands for itself.

In all of them ``{canary}`` is a text of the sample's own, ``{canary_first}`` and
``{canary_second}`` its halves. A set of payloads without a carrier asks each as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.subjects.samples.sets.canaries import canary_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Record = dict[str, Any]

TURNS = ("input", "messages", "context")
"""Fields that hold what a model is shown."""
_PLACES = re.compile(r"\{(payload|canary(?:_first|_second)?)\}")


class BadLine(ValueError):
    """What is wrong with a line of a set: a clause for a person."""


class Line(NamedTuple):
    """A line of a set, and where it stands."""

    place: str
    record: Record


def expanded(lines: Sequence[Line]) -> Iterator[Line]:
    """The samples that the lines of a set make, each with the place of the line it is made of.

    Those of a carrier come one after the other. What is said of a payload and of its carrier
    (metadata, ``target`` …) holds of the sample; where both say it, the payload's word counts.
    Samples of one payload are one cluster, unless payload or carrier names another: attacks made
    of one text succeed or fail together.

    Raises:
        BadLine: there is no payload for a carrier, or a line has no id.
    """
    payloads = [line for line in lines if _is_payload(line.record)]
    carried = any(_holds(line.record, "{payload}") for line in lines)
    for line in lines:
        _hold_to_id(line)
        if _is_payload(line.record):
            if not carried:
                yield _made(line, {"input": "{payload}"})
        elif _holds(line.record, "{payload}"):
            if not payloads:
                raise BadLine(
                    f"{line.place}: it has a place for {{payload}}, and no line has a payload"
                )
            for payload in payloads:
                yield _made(payload, line.record)
        else:
            yield Line(line.place, _filled(line.record, "", str(line.record["id"])))


def _is_payload(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("payload"), str) and not (record.keys() & {"input", "messages"})


def _hold_to_id(line: Line) -> None:
    if not str(line.record.get("id") or ""):
        raise BadLine(f"{line.place}: a line of a set needs an id")


def _made(payload: Line, carrier: Record) -> Line:
    own = dict(payload.record)
    text = own.pop("payload")
    ids = [str(r["id"]) for r in (own, carrier) if "id" in r]
    cluster = own.get("cluster") or carrier.get("cluster") or ids[0]
    merged = {**carrier, **own, "id": "/".join(ids), "cluster": cluster}
    if len(ids) > 1:
        merged["carrier"] = ids[1]
    return Line(payload.place, _filled(merged, text, merged["id"]))


def _filled(record: Record, payload: str, name: str) -> Record:
    """The record with its places filled in, and the canary beside it where it has one."""
    canary = canary_of(name)
    own = record.get("canary")
    whole = own if isinstance(own, str) and own else canary.whole
    values = {
        "canary": whole, "canary_first": canary.first, "canary_second": canary.second,
    }  # fmt: skip
    values["payload"] = _PLACES.sub(lambda found: values.get(found[1], found[0]), payload)
    held = _within(payload, "{canary") or _holds(record, "{canary")
    filled = {key: _replaced(value, values) for key, value in record.items()}
    if held or own:
        filled["canary"] = whole
    return filled


def _replaced(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACES.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [_replaced(item, values) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, values) for key, item in value.items()}
    return value


def _holds(record: Mapping[str, Any], place: str) -> bool:
    """Whether what a model is shown has such a place."""
    return any(_within(record.get(field), place) for field in TURNS)


def _within(value: Any, place: str) -> bool:
    if isinstance(value, str):
        return place in value
    if isinstance(value, list):
        return any(_within(item, place) for item in value)
    return isinstance(value, dict) and any(_within(item, place) for item in value.values())
