"""Server-sent events, wherever the network cuts them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.exchange import Tokens, ToolCall
from assay.subjects.language.formats.events import Events
from assay.subjects.language.formats.openai import Pieces
from assay.subjects.language.formats.protocol import Malformed
from tests.servers.behaviours import event, pieces_of


def put_together(stream: bytes, size: int = 10**9) -> Pieces:
    events, answer = Events(), Pieces()
    for at in range(0, len(stream), size):
        for data in events.feed(stream[at : at + size]):
            answer.add(data)
    if left := events.left():
        answer.add(left)
    return answer


@given(text=st.text(max_size=20), size=st.integers(1, 50), crlf=st.booleans())
def test_an_answer_is_the_same_however_it_is_cut(text: str, size: int, crlf: bool) -> None:
    stream = b"".join(pieces_of(text))
    stream = stream.replace(b"\n", b"\r\n") if crlf else stream
    got = put_together(b": comment\n\n" + stream, size).reply(seconds=1.0, first_token_s=0.1)
    assert got.text == text
    assert got.finish == "stop"
    assert got.tokens == Tokens(prompt=10, completion=2)


def test_a_tool_call_in_pieces_is_put_together() -> None:
    deltas = [
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "look", "arguments": ""}}]},
        {"tool_calls": [{"index": 1, "id": "b", "function": {"name": "go", "arguments": "{}"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"at":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": " 1}"}}]},
    ]
    stream = b"".join(event(d) for d in deltas) + event(finish_reason="tool_calls")
    got = put_together(stream).reply(seconds=1.0, first_token_s=None)
    assert got.tool_calls == (
        ToolCall(name="look", arguments='{"at": 1}', id="a"),
        ToolCall(name="go", arguments="{}", id="b"),
    )
    assert got.finish == "tool_calls"


def test_an_end_without_done_is_an_end() -> None:
    answer = put_together(event({"content": "x"}) + event(finish_reason="length"))
    assert answer.reply(seconds=1.0, first_token_s=None).finish == "length"


@pytest.mark.parametrize("kept", [1, 3, 5])
def test_a_stream_that_stops_before_its_end_is_no_answer(kept: int) -> None:
    with pytest.raises(Malformed, match="ended before"):
        put_together(b"".join(pieces_of("Paris")[:kept])).reply(seconds=1.0, first_token_s=None)


def test_an_error_in_place_of_going_on_is_seen() -> None:
    stream = event({"content": "x"}) + b"data: " + json.dumps({"error": "down"}).encode() + b"\n\n"
    assert put_together(stream).error == "down"
