"""What people see of a vocabulary that moved: which words, and how many texts were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Table, Text
from assay.metrics.drift.vocabulary import MOST, moved

if TYPE_CHECKING:
    from assay.core.evidence import Evidence
    from assay.metrics.drift.vocabulary import Texts, Vocabulary

_SHOWN = 25


def pictures(reference: Texts, current: Texts, of: Vocabulary) -> tuple[Evidence, ...]:
    """The words that moved, and what was read."""
    found = [m for m in moved(of) if m.before or m.now][:_SHOWN]
    table = Table(
        title="Words whose share of the texts changed most",
        columns=["word", "share of texts, reference", "current", "change"],
        rows=[
            [m.event, round(m.before, 4), round(m.now, 4), round(m.now - m.before, 4)]
            for m in found
        ],
    )
    return table, _read(reference, current)


def _read(reference: Texts, current: Texts) -> Text:
    """How many texts were read of how many, and how many words there are."""
    said = [
        f"all {side.rows:,} texts of the {table} table"
        if len(side.words) == side.rows
        else f"{len(side.words):,} of {side.rows:,} texts of the {table} table, drawn by lot"
        for side, table in ((current, "current"), (reference, "reference"))
    ]
    kinds = [len(set[str]().union(*side.words)) for side in (current, reference)]
    more = "" if max(kinds) <= MOST else f", of which the {MOST} most frequent count one by one"
    return Text(
        title="What was compared",
        text=f"{' and '.join(said)}: {kinds[0]:,} and {kinds[1]:,} different words{more}.",
    )
