"""What would help follows from which part of a score's change is seen for sure."""

from __future__ import annotations

import pytest
from tests.metrics.drift.test_performance import check, rows, run

from assay.core.evidence import REMEDY, Text

REPAIR, WEIGHT = "repair it there", "weight the old ones"
LABELS, NEWER = "Collect labels", "Weights do not help"
UNSEEN = "It is not seen for sure that moved columns change log_loss."


def said(*, labelled: bool, shift: float = 0.0, concept: float = 1.0) -> str:
    current = rows(3000, 2, shift=shift, concept=concept)
    if not labelled:
        current = current.drop(columns="y")
    found = run([check("impact", score="log_loss")], current, rows(3000, 1)).result("it")
    [text] = [e.text for e in found.evidence if isinstance(e, Text) and e.title == REMEDY]
    return text


@pytest.mark.parametrize(
    ("given", "there", "absent"),
    [
        ({"shift": 1.0, "labelled": False}, (REPAIR, LABELS, "x alone"), (NEWER, UNSEEN)),
        ({"shift": 1.0, "labelled": True}, (REPAIR, WEIGHT, "x alone"), (NEWER, LABELS)),
        ({"concept": -1.0, "labelled": True}, (UNSEEN, NEWER), (REPAIR, WEIGHT, LABELS)),
        ({"shift": 1.0, "concept": -1.0, "labelled": True}, (REPAIR, NEWER), (WEIGHT, LABELS)),
        ({"labelled": True}, (UNSEEN, "More labelled rows would tell"), (REPAIR, NEWER)),
        ({"labelled": False}, (UNSEEN, LABELS), (REPAIR, NEWER)),
    ],
)
def test_it_names_what_helps_against_what_is_seen(
    given: dict, there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    text = said(**given)
    assert all(words in text for words in there), text
    assert not any(words in text for words in absent), text
