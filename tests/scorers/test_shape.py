"""What answers look like."""

from __future__ import annotations

import time

import pytest

from assay.core.binding import bind
from assay.core.errors import SuiteError
from assay.core.exchange import ToolCall
from assay.metrics import find
from assay.scorers.pattern import Matches
from assay.scorers.shape import Empty, IsJson, Length, Truncated, WithinLength
from tests.scorers.asked import one


def test_length() -> None:
    text = "one two\nthree"
    assert one(Length(), text).value == 3
    assert one(Length(count="characters"), text).value == 13
    assert one(Length(count="lines"), text).value == 2
    assert one(Length(), "").value == 0


def test_sentences_are_counted() -> None:
    assert one(Length(count="sentences"), "It is 3.5 metres. Dr. Ray said so! Is it?").value == 3
    assert one(Length(count="sentences"), "").value == 0


def test_limits_of_length() -> None:
    text = "one two\nthree"
    assert one(WithinLength(most=3), text).value == 1
    assert one(WithinLength(most=2), text) == (0, "3 words, not 2 at most")
    assert one(WithinLength(least=3, most=3), text).value == 1
    assert one(WithinLength(least=4), text) == (0, "3 words, not 4 at least")
    assert one(WithinLength(most=1, count="lines"), text).value == 0
    assert one(WithinLength(most=0), "").value == 1


@pytest.mark.parametrize(
    ("limits", "said"),
    [({}, "give `least`"), ({"least": 3, "most": 2}, "below"), ({"most": -1}, "most must be")],
)
def test_limits_that_are_none(limits: dict[str, int], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        bind(find("llm.within_length"), limits)


def test_truncated() -> None:
    assert one(Truncated(), "x", finish="length").value == 1
    assert one(Truncated(), "x").value == 0


def test_empty() -> None:
    assert one(Empty(), " \n").value == 1
    assert one(Empty(), "x").value == 0
    assert one(Empty(), "", tool_calls=(ToolCall(name="f"),)).value == 0


@pytest.mark.parametrize("text", ['{"a": 1}', " [1, 2] ", "3", '"x"'])
def test_json(text: str) -> None:
    assert one(IsJson(), text).value == 1


@pytest.mark.parametrize(
    "text", ["", "{a: 1}", "Sure! {}", "NaN", "[" * 100_000, "```json\n{}\n```"]
)
def test_not_json(text: str) -> None:
    score = one(IsJson(), text)
    assert score.value == 0
    assert score.reason.startswith("not JSON")


def test_json_in_a_fence() -> None:
    assert one(IsJson(fenced=True), "```json\n{}\n```").value == 1
    assert one(IsJson(fenced=True), "```\n[1]\n```\n").value == 1
    assert one(IsJson(fenced=True), "Here:\n```json\n{}\n```").value == 0


def test_matches() -> None:
    assert one(Matches(pattern=r"^\d+ items$"), "12 items").value == 1
    assert one(Matches(pattern="paris"), "Paris").value == 0
    assert one(Matches(pattern="paris", ignore_case=True), "Paris").value == 1
    assert one(Matches(pattern="a.b"), "a\nb").value == 1


def test_a_pattern_takes_linear_time() -> None:
    begun = time.process_time()
    assert one(Matches(pattern="(a+)+$"), "a" * 50_000 + "b").value == 0
    assert time.process_time() - begun < 5


def test_a_pattern_that_is_none() -> None:
    with pytest.raises(ValueError, match="not one of RE2"):
        Matches(pattern="(?=x)")
