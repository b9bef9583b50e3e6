"""METEOR against published figures and the formula of its paper."""

from __future__ import annotations

import time

import pytest

from assay.scorers.meteor import Meteor
from tests.scorers.asked import one

TARGET = "The cat sat on the mat."


@pytest.mark.parametrize(
    ("text", "value"),
    [  # Wikipedia, METEOR: its three examples
        ("on the mat sat the cat", 0.5000),
        ("the cat sat on the mat", 0.9977),
        ("the cat was sat on the mat", 0.9654),
    ],
)
def test_the_published_examples(text: str, value: float) -> None:
    assert one(Meteor(), text, TARGET).value == pytest.approx(value, abs=5e-5)


def test_stems_match_and_synonyms_do_not() -> None:
    # two of two words match in one chunk: 1 - 0.5 (1 / 2)^3
    assert one(Meteor(), "Cats SITTING!", "cat sits").value == pytest.approx(1 - 0.5 / 8)
    assert one(Meteor(), "automobile", "car").value == 0
    # P = 1, R = 1 / 2: 10 P R / (R + 9 P) = 5 / 9.5, less half for the one chunk of one match
    assert one(Meteor(), "car", "red car").value == pytest.approx(5 / 9.5 / 2)


def test_its_ends_and_the_best_of_several_targets() -> None:
    assert one(Meteor(), "", TARGET).value == 0
    assert one(Meteor(), "...", TARGET).value == 0
    assert one(Meteor(), TARGET, "dog", TARGET).value == one(Meteor(), TARGET, TARGET).value


def test_long_answers_take_linear_time() -> None:
    begun = time.process_time()
    one(Meteor(), "a b " * 20_000, "c d " * 20_000)
    assert time.process_time() - begun < 10
