"""Which drafts are checks that Assay can run: the metric has the last word on its parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assay.metrics import find
from assay.suite.nodes import Entries, node_of
from assay.suite.parameters import read_parameters
from assay.suite.reader import Reader
from assay.suite.wiring import KEYS

if TYPE_CHECKING:
    from assay.suite.exchange.entries import Draft, Imported


def only_usable(imported: Imported) -> Imported:
    """The same, with each entry that a metric refuses named as not mapped, in the metric's words.

    An entry of several checks needs them all: half of it would not say what it says.
    """
    entries = []
    for entry in imported.entries:
        reason = next((r for draft in entry.checks if (r := refusal(draft))), None)
        entries.append(entry if reason is None else replace(entry, checks=(), reason=reason))
    return replace(imported, entries=tuple(entries))


def refusal(draft: Draft) -> str | None:
    """Why the metric cannot take a draft's parameters, or None."""
    reader = Reader()
    node = node_of(draft.params)
    assert isinstance(node, Entries)
    read_parameters(reader, find(draft.metric), node, ignore=KEYS)
    if not reader.errors:
        return None
    return f"{reader.errors[0].message}".rstrip(".")
