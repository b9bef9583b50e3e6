"""Answers that are, or hold, what was wanted."""

from __future__ import annotations

import pytest

from assay.scorers.matching import ExactMatch, Includes
from tests.scorers.asked import one


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("Paris", "Paris", 1),
        ("  Paris\n", "Paris", 1),
        ("paris", "Paris", 0),
        ("Paris.", "Paris", 0),
        ("Zu\u0308rich", "Zürich", 1),
        ("", "Paris", 0),
    ],
)
def test_exact(text: str, target: str, value: int) -> None:
    assert one(ExactMatch(), text, target).value == value


def test_exact_with_several_targets_says_what_was_wanted() -> None:
    score = one(ExactMatch(), "Milan", "Rome", "Roma")
    assert score == (0.0, "not 'Rome', 'Roma'")
    assert one(ExactMatch(), "Roma", "Rome", "Roma").value == 1


@pytest.mark.parametrize(
    ("text", "target"), [("the Beatles!", "Beatles"), ("A  cat", "cat"), ("«Œuvre»", "œuvre")]
)
def test_exact_normalized(text: str, target: str) -> None:
    assert one(ExactMatch(normalize=True), text, target).value == 1


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("The capital is Paris.", "paris", 1),
        ("Romania", "Oman", 0),
        ("It is C++!", "C++", 1),
        ("It is 12.5 %", "12.5", 1),
        ("about 112.5", "12.5", 0),
        ("naïve", "naïf", 0),
    ],
)
def test_includes_words(text: str, target: str, value: int) -> None:
    assert one(Includes(), text, target).value == value


def test_includes_parts_of_words_and_case() -> None:
    assert one(Includes(words=False), "東京です", "東京").value == 1
    assert one(Includes(words=False), "Romania", "oman").value == 1
    assert one(Includes(ignore_case=False), "paris", "Paris").value == 0


def test_includes_every_target() -> None:
    assert one(Includes(), "red", "red", "blue").value == 1
    score = one(Includes(every=True), "red", "red", "blue")
    assert score == (0.0, "without 'blue'")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("東京です", "東京"),
        ("首都は北京。", "北京"),
        ("파리입니다", "파리"),
        ("เมืองหลวงคือกรุงเทพ", "กรุงเทพ"),
    ],
)
def test_words_that_no_space_ends_are_found(text: str, target: str) -> None:
    assert one(Includes(), text, target).value == 1
    assert one(Includes(), text, f"{target}x").value == 0


def test_an_empty_target_is_no_target() -> None:
    assert one(Includes(), "Rome", "").value is None
    assert one(Includes(), "Rome", "  ", "Paris").value == 0
    assert one(Includes(every=True), "Rome", "", "Rome").value == 1
