"""Calls of tools against those that were wanted."""

from __future__ import annotations

import json
from itertools import permutations, product

import pytest

from assay.core.exchange import ToolCall
from assay.scorers.tool_call import ToolCalls, _first_unmatched
from tests.scorers.asked import one


def call(name: str, **arguments: object) -> ToolCall:
    return ToolCall(name=name, arguments=json.dumps(arguments))


def target(*calls: ToolCall) -> str:
    return json.dumps([{"name": c.name, "arguments": json.loads(c.arguments)} for c in calls])


PARIS, ROME, BOOK = call("weather", city="Paris"), call("weather", city="Rome"), call("book", n=2)


@pytest.mark.parametrize(
    ("given", "wanted", "reason"),
    [
        ([PARIS], [PARIS], ""),
        ([PARIS, ROME], [ROME, PARIS], ""),
        ([call("book", n=2.0)], [BOOK], ""),
        ([], [], ""),
        ([PARIS], [ROME], "'weather' is called with other arguments"),
        ([PARIS], [PARIS, PARIS], "'weather' is called too few times, or too early"),
        ([call("book", n="2")], [BOOK], "'book' is called with other arguments"),
        ([call("book", n=True)], [call("book", n=1)], "'book' is called with other arguments"),
        ([call("book", n=2, x=[1])], [BOOK], "'book' is called with other arguments"),
        ([PARIS], [BOOK], "no call of 'book'"),
        ([PARIS], [], "1 call, not 0"),
        ([PARIS, ROME], [PARIS], "2 calls, not 1"),
        ([ToolCall(name="book", arguments="{")], [BOOK], "'book' is called with other arguments"),
        ([ToolCall(name="\ud800", arguments="")], [BOOK], "no call of 'book'"),
    ],
)
def test_calls(given: list[ToolCall], wanted: list[ToolCall], reason: str) -> None:
    score = one(ToolCalls(), "", target(*wanted), tool_calls=tuple(given))
    assert score == (float(not reason), reason)


def test_parameters() -> None:
    given = (PARIS, call("book", n=2, seats=[1, {"a": None}]))
    assert one(ToolCalls(extra=True), "", target(PARIS), tool_calls=given).value == 1
    assert one(ToolCalls(arguments="subset"), "", target(PARIS, BOOK), tool_calls=given).value == 1
    assert one(ToolCalls(arguments="ignored"), "", target(ROME, BOOK), tool_calls=given).value == 1
    both = target(BOOK, PARIS)
    assert one(ToolCalls(arguments="subset"), "", both, tool_calls=given).value == 1
    assert one(ToolCalls(arguments="subset", ordered=True), "", both, tool_calls=given).value == 0


def test_targets() -> None:
    assert one(ToolCalls(), "", target(ROME), target(PARIS), tool_calls=(PARIS,)).value == 1
    single = '{"name": "book", "arguments": "{\\"n\\": 2}"}'
    assert one(ToolCalls(), "", single, tool_calls=(BOOK,)).value == 1
    for bad in ("", "Paris", "[1]", '{"name": 1}', '{"name": "a", "arguments": 3}', "[" * 100_000):
        assert one(ToolCalls(), "", bad, tool_calls=(BOOK,)).value is None


@pytest.mark.parametrize("ordered", [False, True])
def test_matching_agrees_with_trying_all(ordered: bool) -> None:
    for bits in product([False, True], repeat=9):
        fits = [bits[0:3], bits[3:6], bits[6:9]]
        tried = [(0, 1, 2)] if ordered else permutations(range(3))
        possible = any(all(fits[row][at] for row, at in enumerate(p)) for p in tried)
        assert (_first_unmatched(fits, ordered=ordered) is None) == possible
