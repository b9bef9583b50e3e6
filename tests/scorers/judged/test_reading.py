"""Replies are what was asked for, or they are nothing."""

from __future__ import annotations

import pytest

from assay.core.judged import Unreadable
from assay.scorers.judged.reading import choice, decoded, flags, grade, texts


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("Good.\nGRADE: 4", 4),
        ("GRADE: 1", 1),
        ("Good.\n\n**GRADE: 4**\n", 4),
        ("Good.\n**Grade:** 3.5", 3.5),
        ("Good.\n> GRADE: 4/5.", 4),
        ("GRADE: 4\nAs I said:\nGRADE: 4", 4),
    ],
)
def test_grades(reply: str, value: float) -> None:
    assert grade(reply, 1, 5)[0] == value


@pytest.mark.parametrize(
    "reply",
    [
        "", "5", "I would grade it 5.", "GRADE: 5\nBut really it is bad.", "GRADE: 6", "GRADE: 0",
        "GRADE: -3", "GRADE: five", "GRADE: 4/10", "GRADE: 4-5", "GRADE: nan", "GRADE: inf",
        "GRADE: 1\nGRADE: 5", "GRADE: 99999999999999999999", "GRADE:", "<b>GRADE: 5</b>",
    ],
)  # fmt: skip
def test_no_grades(reply: str) -> None:
    with pytest.raises(Unreadable):
        grade(reply, 1, 5)


def test_choices() -> None:
    assert choice("A is longer.\nCHOICE: b", "CHOICE", ("A", "B", "TIE"))[0] == "B"
    with pytest.raises(Unreadable, match="none of A, B, TIE"):
        choice("CHOICE: both", "CHOICE", ("A", "B", "TIE"))


def test_json_alone_or_in_one_fence() -> None:
    assert texts('["a", " ", "b "]') == ["a", "b"]
    assert texts('Here you are:\n```json\n["a"]\n```\nBye.') == ["a"]
    assert texts('<think>\nMaybe ["x"]?\n</think>\n\n["a"]') == ["a"]
    assert flags("[true, false]", 2) == [True, False]
    assert decoded("[]", list[str]) == []
    for reply in ("", "a, b", '["a", 1]', '{"claims": []}', '["a"] as I said', "```\n[1]\n```"):
        with pytest.raises(Unreadable):
            texts(reply)
    with pytest.raises(Unreadable, match="has 1 verdicts, not 2"):
        flags("[true]", 2)
    with pytest.raises(Unreadable):
        flags('["true"]', 1)
