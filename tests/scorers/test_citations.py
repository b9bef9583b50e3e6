"""Citations: the passage is there, and says so."""

from __future__ import annotations

import time

import pytest

from assay.scorers.citations import Citations, _numbers
from tests.scorers.asked import one

CONTEXT = (
    "The Eiffel Tower is 330 metres tall.",
    "Cologne Cathedral was finished in 1880. It is not made of brick.",
    "Bees dance.",
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The Eiffel Tower is 330 metres tall [1].", 1),
        ("The Eiffel Tower is 330 metres tall. [1] Bees dance.[3]", 1),
        ("The Eiffel Tower is 330 metres tall [2].", 0),
        ("The Eiffel Tower is 331 metres tall [1].", 0),
        ("The Eiffel Tower is 330 metres tall [7].", 0),
        ("The Eiffel Tower is 330 metres tall [3, 1].", 1),
        ("Bees dance [1-3].", 1),
        ("Bees dance, and Cologne Cathedral was finished in 1880 [2][3].", 1),
        ("Bees dance [3], and Cologne Cathedral was finished in 1881 [2].", 0.5),
        ("Cologne Cathedral is made of brick [2].", 0),
        ("Cologne Cathedral is not made of brick [2].", 1),
        ("Bees dance.", 0),
    ],
)
def test_claims_and_their_passages(text: str, value: float) -> None:
    assert one(Citations(), text, context=CONTEXT).value == value


def test_reasons() -> None:
    said = one(Citations(), "Bees dance [9]. It is 3 [1]", context=CONTEXT).reason
    assert said == "not supported: 'Bees dance.': there is no passage 9 (2 of 2 claims)"
    assert "it cites nothing" in one(Citations(), "Bees dance.", context=CONTEXT).reason
    wrong = one(Citations(), "The Eiffel Tower is 3 metres tall [1].", context=CONTEXT).reason
    assert "[1] 3 metres, not 330 metres" in wrong


def test_parameters() -> None:
    assert one(Citations(first=0), "Bees dance [2].", context=CONTEXT).value == 1
    text = "Bees dance [3]. Bees sing."
    assert one(Citations(), text, context=CONTEXT).value == 0.5
    assert one(Citations(uncited="left_out"), text, context=CONTEXT).value == 1


@pytest.mark.parametrize("text", ["", "[1]", "Why [1]?", "\u200b"])
def test_no_claim(text: str) -> None:
    assert one(Citations(), text, context=CONTEXT).value is None


def test_markers() -> None:
    assert _numbers("a [1] b [2, 4–6] [1]") == [1, 2, 4, 5, 6]
    assert _numbers("[] [a] [12345] [3-1]") == []
    assert len(_numbers("[1-9999]")) == 50


@pytest.mark.parametrize(
    "piece", ["[1]", "[", "[1,", ".[1] ", ". ", "Bees dance [1-50]. ", "\ud800"]
)
def test_hostile_text(piece: str) -> None:
    text = (piece * 200_000)[:40_000]
    start = time.process_time()
    one(Citations(), text, context=CONTEXT)
    assert time.process_time() - start < 3
