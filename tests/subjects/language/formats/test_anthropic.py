"""Anthropic's Messages API, against a server that words what it says as Anthropic's does."""

from __future__ import annotations

from typing import Any

import pytest

from assay.core.errors import SubjectError
from assay.core.exchange import Message, Tokens, ToolCall
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from tests.servers import behaviours as server
from tests.servers import vendors
from tests.servers.behaviours import Behaviour
from tests.subjects.language.formats import asking
from tests.subjects.language.formats.asking import KEY, PIXEL, TALK

TEXT = {"type": "text", "text": "Paris"}


def reply_to(*given: Any, **more: Any) -> Any:
    return asking.reply_to(*given, api="anthropic", **more)


def test_a_call_says_how_it_is_asked() -> None:
    reply, served = reply_to(
        vendors.message(TEXT), temperature=0.5, top_p=0.9, max_tokens=5, stop=("\n",),
        options={"top_k": 4, "temperature": None},
    )  # fmt: skip
    assert (reply.text, reply.finish) == ("Paris", "stop")
    assert reply.tokens == Tokens(prompt=18, completion=2, cached=5)
    call = served.calls[0]
    assert call.path == "/v1/messages"
    assert call.headers["x-api-key"] == KEY
    assert call.headers["anthropic-version"] == "2023-06-01"
    assert "Authorization" not in call.headers
    assert call.body == {
        "model": "m", "max_tokens": 5, "top_p": 0.9, "stop_sequences": ["\n"], "top_k": 4,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Where?"}]}],
    }  # fmt: skip


def test_a_conversation_with_images_and_tools() -> None:
    """The body, field by field; the types of the package anthropic 2.12.0 accept it."""
    _, served = reply_to(vendors.message(TEXT), TALK)
    image = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    assert served.calls[0].body == {
        "model": "m",
        "max_tokens": 4096,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"}, {"type": "image", "source": image},
            ]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 1}},
                {"type": "tool_use", "id": "t2", "name": "look", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "a cat"},
                {"type": "tool_result", "tool_use_id": "t2", "content": "a dog"},
                {"type": "text", "text": "Well?"},
            ]},
        ],
    }  # fmt: skip


def test_an_image_elsewhere_is_named() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://h/cat.png"}}
    _, served = reply_to(vendors.message(TEXT), (Message(role="user", content=[part]),))
    source = {"type": "url", "url": "https://h/cat.png"}
    assert served.calls[0].body["messages"][0]["content"] == [{"type": "image", "source": source}]


def test_thoughts_and_tool_calls_are_kept_apart() -> None:
    reply, _ = reply_to(
        vendors.message(
            {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"},
            {"type": "redacted_thinking", "data": "Emw"},
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 1}},
            stop="tool_use",
        )
    )
    assert (reply.text, reply.reasoning, reply.finish) == ("Let me look.", "Hm.", "tool_calls")
    assert reply.tool_calls == (ToolCall(name="look", arguments='{"at":1}', id="t1"),)


def test_a_stream_is_the_same_answer() -> None:
    pieces = vendors.anthropic_pieces()
    reply, served = reply_to(server.streams(*pieces, every_s=0.01), stream=True)
    assert served.calls[0].body["stream"] is True
    assert (reply.text, reply.reasoning, reply.finish) == ("Let me look.", "Hm.", "tool_calls")
    assert reply.tool_calls == (ToolCall(name="look", arguments='{"at": 1}', id="t1"),)
    assert reply.tokens == Tokens(prompt=18, completion=2, cached=5)
    # The first piece of the answer is its text: thoughts are none of it.
    assert 0.06 < reply.first_token_s < reply.seconds - 0.06


@pytest.mark.parametrize(
    ("said", "finish"),
    [("max_tokens", "length"), ("stop_sequence", "stop"), ("refusal", "content_filter"),
     ("pause_turn", "other"), ("model_context_window_exceeded", "length")],
)  # fmt: skip
def test_why_an_answer_ended(said: str, finish: str) -> None:
    assert reply_to(vendors.message(stop=said))[0].finish == finish


@pytest.mark.parametrize(
    ("behaviour", "cause", "wait_s"),
    [
        (vendors.anthropic_refuses(429, "rate_limit_error", "slow", retry_after="7"), "rate", 7),
        (vendors.anthropic_refuses(529, "overloaded_error", "Overloaded"), "server", None),
        (vendors.anthropic_refuses(500, "api_error", "oops"), "server", None),
        (vendors.anthropic_refuses(504, "timeout_error", "late"), "server", None),
        (server.streams(*vendors.anthropic_pieces()[:9]), "malformed", None),
        (server.streams(*vendors.anthropic_pieces()[:9], cut=True), "network", None),
        (
            server.streams(
                *vendors.anthropic_pieces()[:9],
                vendors.anthropic_event("error", error={"type": "overloaded_error"}),
            ),
            "server",
            None,
        ),
        (server.body({"type": "message"}), "malformed", None),
        (server.body({"content": 3}), "malformed", None),
        (server.raw(b"<html>"), "malformed", None),
    ],
)
def test_what_may_succeed_later(behaviour: Behaviour, cause: str, wait_s: float | None) -> None:
    with pytest.raises(TemporaryFailure) as failed:
        reply_to(behaviour, stream=True)
    assert (failed.value.cause, failed.value.wait_s) == (cause, wait_s)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (vendors.anthropic_refuses(401, "authentication_error", f"bad {KEY}"), "accept the key"),
        (vendors.anthropic_refuses(404, "not_found_error", "model: m"), "no model 'm'"),
        (vendors.anthropic_refuses(403, "permission_error", "no"), "does not allow"),
        (vendors.anthropic_refuses(402, "billing_error", "pay"), "does not allow"),
    ],
)
def test_what_ends_all(behaviour: Behaviour, words: str) -> None:
    with pytest.raises(SubjectError, match=words) as failed:
        reply_to(behaviour)
    assert KEY not in str(failed.value)


def test_a_question_that_is_refused() -> None:
    too_long = vendors.anthropic_refuses(400, "invalid_request_error", "prompt is too long")
    with pytest.raises(LastingFailure, match="prompt is too long"):
        reply_to(too_long)
    blocked = "Output blocked by content filtering policy"
    filtered = vendors.anthropic_refuses(400, "invalid_request_error", blocked)
    assert reply_to(filtered)[0].finish == "content_filter"


def test_a_call_in_the_question_must_be_json() -> None:
    said = ToolCall(name="f", arguments="{oops", id="t")
    with pytest.raises(LastingFailure, match="'f' in the question"):
        reply_to(vendors.message(TEXT), (Message(role="assistant", tool_calls=(said,)),))


@pytest.mark.parametrize("more", [{"seed": 3}, {"logprobs": True}])
def test_what_the_format_cannot_say_is_said(more: dict[str, Any]) -> None:
    with pytest.raises(SubjectError, match=f"`{next(iter(more))}` cannot be asked for"):
        reply_to(vendors.message(TEXT), **more)
