"""What stands beside a check's metric and criterion: severity, id, claim, family, weight …"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from assay.core.check import Severity
from assay.core.identifier import id_fault
from assay.core.layer import LAYERS
from assay.core.metric import Claim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.suite.nodes import Node
    from assay.suite.reader import Reader

BESIDE = ("severity", "id", "claim", "family", "description", "weight", "layer")
SEVERITIES = get_args(Severity)
CLAIMS = get_args(Claim)
_CHOICES = (("severity", SEVERITIES), ("claim", CLAIMS), ("layer", LAYERS))
MOST_WEIGHT = 1000


def read_beside(reader: Reader, items: Mapping[str, Node]) -> dict[str, Any]:
    """Those of the keys :data:`BESIDE` that are given; None for one that has an error."""
    given: dict[str, Any] = {}
    for key, options in _CHOICES:
        if key in items:
            given[key] = reader.choice(items[key], key, options)
    for key in ("id", "family", "description"):
        if key in items:
            given[key] = reader.text(items[key], key)
    if "weight" in items:
        weight = given["weight"] = reader.number(items["weight"], "weight")
        if weight is not None and not 0 <= weight <= MOST_WEIGHT:
            reader.wanted(items["weight"], "weight", f"from 0 to {MOST_WEIGHT}")
    fault = id_fault(given["id"]) if given.get("id") else None
    if fault:
        reader.note(items["id"].at, f"An id {fault}.")
    return given
