"""Google's generateContent, against a server that words what it says as Google's does."""

from __future__ import annotations

from typing import Any

import pytest

from assay.core.errors import SubjectError
from assay.core.exchange import Tokens, ToolCall
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from tests.servers import behaviours as server
from tests.servers import vendors
from tests.servers.behaviours import Behaviour
from tests.subjects.language.formats import asking
from tests.subjects.language.formats.asking import KEY, PIXEL, TALK

TEXT = {"text": "Paris"}
SAYS = server.body(vendors.candidate(TEXT))


def reply_to(*given: Any, **more: Any) -> Any:
    return asking.reply_to(*given, api="google", base="v1beta", **more)


def test_a_call_says_how_it_is_asked() -> None:
    reply, served = reply_to(
        SAYS, temperature=0, top_p=0.9, max_tokens=5, stop=("\n",), seed=3, logprobs=True,
        options={"generationConfig": {"topK": 4, "topP": None}, "safetySettings": []},
    )  # fmt: skip
    assert (reply.text, reply.finish) == ("Paris", "stop")
    assert reply.tokens == Tokens(prompt=18, completion=9, cached=5)
    call = served.calls[0]
    assert call.path == "/v1beta/models/m:generateContent"
    assert call.headers["x-goog-api-key"] == KEY
    assert call.body == {
        "generationConfig": {
            "temperature": 0, "maxOutputTokens": 5, "stopSequences": ["\n"], "seed": 3,
            "responseLogprobs": True, "topK": 4,
        },
        "safetySettings": [],
        "contents": [{"role": "user", "parts": [{"text": "Where?"}]}],
    }  # fmt: skip


def test_a_model_that_is_tuned_is_asked_by_its_path() -> None:
    _, served = reply_to(SAYS, model="tunedModels/my one")
    assert served.calls[0].path == "/v1beta/tunedModels/my%20one:generateContent"
    assert served.calls[0].body == {
        "contents": [{"role": "user", "parts": [{"text": "Where?"}]}],
    }


def test_a_conversation_with_images_and_tools() -> None:
    """The body, field by field; the types of the package google-genai 3.4.0 accept it."""
    _, served = reply_to(SAYS, TALK)
    assert served.calls[0].body == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [
                {"text": "What is this?"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
            ]},
            {"role": "model", "parts": [
                {"text": "Let me look."},
                {"functionCall": {"name": "look", "args": {"at": 1}, "id": "t1"}},
                {"functionCall": {"name": "look", "args": {}, "id": "t2"}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {
                    "name": "look", "response": {"result": "a cat"}, "id": "t1"}},
                {"functionResponse": {
                    "name": "look", "response": {"result": "a dog"}, "id": "t2"}},
                {"text": "Well?"},
            ]},
        ],
    }  # fmt: skip


def test_thoughts_tool_calls_and_logprobs() -> None:
    chosen = {"chosenCandidates": [{"token": "x", "logProbability": -0.5}, {"logProbability": -1}]}
    parts = ({"text": "Hm.", "thought": True}, TEXT, {"functionCall": {"name": "f", "args": {}}})
    reply, _ = reply_to(server.body(vendors.candidate(*parts, logprobsResult=chosen)))
    assert (reply.text, reply.reasoning, reply.finish) == ("Paris", "Hm.", "tool_calls")
    assert reply.tool_calls == (ToolCall(name="f", arguments="{}"),)
    assert reply.logprobs == (-0.5, -1.0)


def test_a_stream_is_the_same_answer() -> None:
    stream = vendors.google_streams(
        vendors.candidate({"text": "Hm.", "thought": True}, finish=None),
        vendors.candidate({"text": "Pa"}, finish=None),
        vendors.candidate({"text": "ris"}),
    )
    reply, served = reply_to(stream, stream=True)
    assert served.calls[0].path == "/v1beta/models/m:streamGenerateContent?alt=sse"
    assert (reply.text, reply.reasoning, reply.finish) == ("Paris", "Hm.", "stop")
    assert reply.tokens == Tokens(prompt=18, completion=9, cached=5)
    assert reply.first_token_s is not None


@pytest.mark.parametrize(
    ("content", "finish"),
    [
        (vendors.candidate(TEXT, finish="MAX_TOKENS"), "length"),
        (vendors.candidate(finish="SAFETY"), "content_filter"),
        (vendors.candidate(finish="RECITATION"), "content_filter"),
        (vendors.candidate(finish="MALFORMED_FUNCTION_CALL"), "other"),
        ({"candidates": [{"finishReason": "STOP"}]}, "stop"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "content_filter"),
    ],
)
def test_why_an_answer_ended(content: dict[str, Any], finish: str) -> None:
    assert reply_to(server.body(content))[0].finish == finish


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
WRONG_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize(
    ("behaviour", "cause", "wait_s"),
    [
        (vendors.google_refuses(429, "RESOURCE_EXHAUSTED", "quota", RETRY), "rate", 34.5),
        (
            vendors.google_refuses(429, "RESOURCE_EXHAUSTED", "quota", RETRY, retry_after="2"),
            "rate",
            2,
        ),
        (vendors.google_refuses(503, "UNAVAILABLE", "The model is overloaded"), "server", None),
        (server.body({}), "malformed", None),
        (server.body({"candidates": [{"content": 3}]}), "malformed", None),
        (vendors.google_streams(vendors.candidate(TEXT, finish=None)), "malformed", None),
        (
            vendors.google_streams(
                vendors.candidate(TEXT, finish=None), {"error": {"code": 503, "message": "x"}}
            ),
            "server",
            None,
        ),
    ],
)
def test_what_may_succeed_later(behaviour: Behaviour, cause: str, wait_s: float | None) -> None:
    with pytest.raises(TemporaryFailure) as failed:
        reply_to(behaviour)
    assert (failed.value.cause, failed.value.wait_s) == (cause, wait_s)


def test_a_wrong_key_is_told_by_its_reason() -> None:
    wrong = vendors.google_refuses(400, "INVALID_ARGUMENT", f"API key not valid {KEY}", WRONG_KEY)
    with pytest.raises(SubjectError, match="does not accept the key") as failed:
        reply_to(wrong)
    assert KEY not in str(failed.value)
    with pytest.raises(LastingFailure, match="bad image"):
        reply_to(vendors.google_refuses(400, "INVALID_ARGUMENT", "bad image"))
    with pytest.raises(SubjectError, match="no model 'm'"):
        reply_to(vendors.google_refuses(404, "NOT_FOUND", "models/m is not found"))
