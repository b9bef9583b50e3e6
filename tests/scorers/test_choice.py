"""Options picked."""

from __future__ import annotations

import pytest

from assay.scorers.choice import Choice
from tests.scorers.asked import one

CITIES = ("London", "Paris", "New York", "York")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("B", 1),
        ("(B)", 1),
        ("B) Paris", 1),
        ("**B**", 1),
        ("Answer: B", 1),
        ("I first thought the answer is A, but the answer is (B).", 1),
        ("It must be Paris, of course.", 1),
        ("paris", 1),
        ("A", 0),
        ("Paris or London", 0),
        ("A good question", 0),
        ("", 0),
        ("E", 0),
        ("I do not know", 0),
    ],
)
def test_what_is_picked(text: str, value: int) -> None:
    assert one(Choice(), text, "B", choices=CITIES).value == value
    assert one(Choice(), text, "Paris", choices=CITIES).value == value


def test_an_option_within_another_is_not_picked_by_it() -> None:
    assert one(Choice(), "New York", "C", choices=CITIES) == (0.0, "picks no option")
    assert one(Choice(), "C", "New York", choices=CITIES).value == 1


def test_a_target_that_is_no_choice() -> None:
    assert one(Choice(), "A", "Rome", choices=CITIES).value is None
