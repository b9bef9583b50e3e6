"""What comes of a call, over every way that a real server may behave."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import re
import socket
from typing import Any

import pytest

from assay.core.check import LanguageModelSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Message, Tokens, ToolCall
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.model import LanguageModel, open_language_model
from assay.subjects.language.reply import Reply
from tests.servers import behaviours as server
from tests.servers.behaviours import Behaviour
from tests.servers.endpoint import Served, serving

KEY = "sk-very-secret-0123456789"
QUESTION = (Message(role="user", content="Where?"),)


def opened(url: str, **more: Any) -> LanguageModel:
    spec = LanguageModelSpec(**({"url": url, "model": "m", "api_key": KEY, "timeout_s": 5} | more))
    return open_language_model(spec, folder=".", allow_code=False)


def reply_to(
    behaviour: Behaviour, question: tuple[Message, ...] = QUESTION, **more: Any
) -> tuple[Reply, Served]:
    """The reply of a server that behaves so, and what it saw."""

    async def call(url: str) -> Reply:
        async with opened(url, **more) as model:
            return await model.ask(question)

    with serving(None, behaviour) as served:
        return asyncio.run(call(served.url)), served


def test_a_call_says_how_it_is_asked() -> None:
    reply, served = reply_to(
        server.says("Paris"), system="s", temperature=0, max_tokens=5, stop=("\n",), seed=3,
        logprobs=True, options={"top_k": 4, "seed": None}, headers={"X-Own": "7"},
    )  # fmt: skip
    assert (reply.text, reply.finish, reply.tokens) == (
        "Paris", "stop", Tokens(prompt=10, completion=2),
    )  # fmt: skip
    assert 0 < reply.seconds < 5
    assert reply.first_token_s is None
    call = served.calls[0]
    assert call.body == {
        "model": "m", "temperature": 0, "max_tokens": 5, "stop": ["\n"], "logprobs": True,
        "top_k": 4, "messages": [{"role": "user", "content": "Where?"}],
    }  # fmt: skip
    assert call.headers["Authorization"] == f"Bearer {KEY}"
    assert call.headers["X-Own"] == "7"
    assert call.path == "/v1/chat/completions"


def test_tool_calls_refusals_and_logprobs_are_read() -> None:
    message = {
        "content": None, "refusal": "I will not.",
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
            {"function": {"name": "g", "arguments": {"y": 2}}},
        ],
    }  # fmt: skip
    content = server.completion(message, finish="tool_calls")
    content["choices"][0]["logprobs"] = {"content": [{"logprob": -0.5}, {"logprob": -1}]}
    content["choices"][0]["logprobs"]["content"].append({"logprob": -math.inf})
    reply, _ = reply_to(server.body(content))
    assert reply.tool_calls == (
        ToolCall(name="f", arguments='{"x": 1}', id="a"),
        ToolCall(name="g", arguments='{"y":2}'),
    )
    assert (reply.refusal, reply.text, reply.finish) == ("I will not.", "", "tool_calls")
    assert reply.logprobs == (-0.5, -1.0, -9999.0)


@pytest.mark.parametrize(
    ("said", "finish"),
    [("length", "length"), ("content_filter", "content_filter"), ("abort", "other")],
)
def test_why_an_answer_ended_is_kept(said: str, finish: str) -> None:
    reply, _ = reply_to(server.says("x", finish=said))
    assert reply.finish == finish


def test_an_empty_completion_is_an_answer() -> None:
    assert reply_to(server.says(""))[0].text == ""
    assert reply_to(server.says(None))[0].text == ""


def test_a_prompt_that_the_filter_refused_is_an_answer() -> None:
    reply, _ = reply_to(server.refuses(400, "filtered", "content_filter"))
    assert (reply.text, reply.finish) == ("", "content_filter")


def test_text_that_misbehaves_comes_through_as_it_is() -> None:
    text = "\u202eevil\u202c \x1b[31mred\x07 <script>alert(1)</script> \x00 \U0001f600"
    assert reply_to(server.says(text))[0].text == text
    got, served = reply_to(server.echoes(), (Message(role="user", content=text),))
    assert got.text == text
    assert served.asked() == [text]


def test_lone_surrogates_become_replacement_characters() -> None:
    text = json.dumps(server.completion({"content": "a\ud800b"})).encode()
    assert rb"\ud800" in text
    assert reply_to(server.raw(text))[0].text == "a\ufffdb"
    _, served = reply_to(server.says("ok"), (Message(role="user", content="x\udfffy"),))
    assert served.asked() == ["x\ufffdy"]


def test_a_prompt_of_a_megabyte_is_sent_whole() -> None:
    prompt = "wörd " * 220_000
    reply, served = reply_to(server.says("ok"), (Message(role="user", content=prompt),))
    assert reply.text == "ok"
    assert served.asked() == [prompt]


def test_a_stream_tells_the_time_to_its_first_token() -> None:
    reply, served = reply_to(server.streams(*server.pieces_of("Paris"), every_s=0.02), stream=True)
    assert (reply.text, reply.tokens) == ("Paris", Tokens(prompt=10, completion=2))
    assert reply.first_token_s is not None
    assert 0.03 < reply.first_token_s < reply.seconds - 0.05
    assert served.calls[0].body["stream"] is True
    assert served.calls[0].body["stream_options"] == {"include_usage": True}


def test_a_server_that_does_not_stream_is_understood() -> None:
    reply, _ = reply_to(server.says("whole"), stream=True)
    assert (reply.text, reply.first_token_s) == ("whole", None)


BAD_SHAPE = {"choices": [{"message": {"content": 3}}]}


@pytest.mark.parametrize(
    ("behaviour", "cause", "words"),
    [
        (server.refuses(429, "slow down"), "rate", "429: slow down"),
        (server.refuses(500, "oops"), "server", "500: oops"),
        (server.refuses(503), "server", "503"),
        (server.raw(b"<html>bad gateway</html>", status=502, kind="text/html"), "server", "502$"),
        (server.raw(b"over\x1b[31mloaded", status=503, kind="text/plain"), "server", "over "),
        (server.raw(b'{"choices": [{"mess'), "malformed", "not valid JSON$"),
        (server.raw(b"<html>log in</html>", kind="text/html"), "malformed", "text/html"),
        (server.raw(b"\xff\xfe\x00"), "malformed", "not valid JSON"),
        (server.raw(b"[" * 100_000), "malformed", "not valid JSON"),
        (server.body(BAD_SHAPE), "malformed", "not in OpenAI's format"),
        (server.body({}), "malformed", "no answer"),
        (server.body({"choices": []}), "malformed", "no answer"),
        (server.body({"error": {"message": "boom"}}), "server", "500: boom"),
        (server.body({"error": {"message": "x", "code": 429}}), "rate", "429: x"),
        (server.body({"error": "overloaded"}), "server", "overloaded"),
        (server.drops(), "network", "connection broke"),
        (server.cuts_short(), "network", "ended early"),
        (server.streams(*server.pieces_of("Paris")[:3]), "malformed", "ended before"),
        (server.streams(*server.pieces_of("Paris")[:3], cut=True), "network", "ended early"),
        (server.streams(b"data: {nonsense\n\n"), "malformed", "not valid JSON"),
        (server.streams(b'data: {"error": {"message": "died"}}\n\n'), "server", "died"),
        (server.says("late", after_s=2.0), "timeout", "no answer within 0.3 s"),
        (server.streams(*server.pieces_of("late"), every_s=0.2), "timeout", "within 0.3 s"),
    ],
)  # fmt: skip
def test_what_may_succeed_later_is_temporary(behaviour: Behaviour, cause: str, words: str) -> None:
    timeout = 0.3 if cause == "timeout" else 5
    with pytest.raises(TemporaryFailure, match=words) as failed:
        reply_to(behaviour, timeout_s=timeout)
    assert failed.value.cause == cause
    assert "\x1b" not in str(failed.value)


def test_the_servers_hint_is_kept() -> None:
    with pytest.raises(TemporaryFailure) as failed:
        reply_to(server.refuses(429, retry_after="3"))
    assert failed.value.wait_s == 3.0


@pytest.mark.parametrize(
    "behaviour",
    [
        server.refuses(400, "too long", "context_length_exceeded"),
        server.refuses(413),
        server.refuses(422, "no"),
        server.refuses(501),
        server.body({"error": {"message": "too long", "code": "context_length_exceeded"}}),
        server.raw(b"x" * (33 * 2**20)),
    ],
)
def test_what_would_fail_again_is_lasting(behaviour: Behaviour) -> None:
    with pytest.raises(LastingFailure):
        reply_to(behaviour)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (server.refuses(401, f"Incorrect API key provided: {KEY}"), "does not accept the key"),
        (server.refuses(403, "not in your country"), "not in your country"),
        (server.refuses(404, "The model `m` does not exist"), "no model 'm'"),
        (server.refuses(429, "pay", "insufficient_quota"), "nothing left to spend"),
        (server.body({"error": {"code": "invalid_api_key", "message": KEY}}), "the key"),
        (server.refuses(405), "no address to send"),
    ],
)
def test_what_every_call_would_meet_ends_all(behaviour: Behaviour, words: str) -> None:
    with pytest.raises(SubjectError, match=words) as failed:
        reply_to(behaviour)
    assert KEY not in str(failed.value)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_key_that_a_server_repeats_is_hidden(status: int) -> None:
    masked = "sk-very-******6789"
    with pytest.raises((LastingFailure, TemporaryFailure, SubjectError)) as failed:
        reply_to(server.refuses(status, f"bad key {KEY} or {masked}, Bearer {KEY}"))
    assert "secret" not in str(failed.value)
    assert "6789" not in str(failed.value)


def test_a_key_in_an_answer_is_hidden() -> None:
    assert KEY not in reply_to(server.says(f"your key is {KEY}"))[0].text
    calls = [{"function": {"name": "f", "arguments": KEY}}]
    assert reply_to(server.says("", tool_calls=calls))[0].tool_calls[0].arguments == "***"
    calls = [{"id": f"c-{KEY}", "function": {"name": f"f-{KEY}", "arguments": "{}"}}]
    (call,) = reply_to(server.says("", tool_calls=calls))[0].tool_calls
    assert (call.id, call.name) == ("c-***", "f-***")
    headers = {"X-Gateway": "Token another-secret"}
    assert reply_to(server.says("is another-secret"), headers=headers)[0].text == "is ***"


def test_a_redirect_is_not_followed() -> None:
    with serving() as other:
        away = server.raw(b"", status=307, Location=f"{other.url}/chat/completions")
        with pytest.raises(SubjectError, match="redirects"):
            reply_to(away)
    assert other.calls == []


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"

        async def call() -> Reply:
            async with opened(url) as model:
                return await model.ask(QUESTION)

        with pytest.raises(
            TemporaryFailure, match=r"nobody answers at .*\(Connection refused\)"
        ) as failed:
            asyncio.run(call())
    assert failed.value.cause == "unreachable"


def test_what_is_there_does_not_speak_http() -> None:
    async def call() -> Reply:
        async def rude(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
            await writer.drain()
            writer.close()

        listener = await asyncio.start_server(rude, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        async with listener, opened(f"http://127.0.0.1:{port}/v1") as model:
            return await model.ask(QUESTION)

    with pytest.raises(TemporaryFailure) as failed:
        asyncio.run(call())
    assert failed.value.cause in ("malformed", "network")


def test_fingerprints_tell_models_apart_and_hold_no_secret() -> None:
    plain = opened("http://h/v1")
    assert re.fullmatch("sha256:[0-9a-f]{64}", plain.fingerprint)
    assert plain.description == "m at h/v1"
    same = [{"api_key": "other-key"}, {"concurrency": 3}, {"headers": {"X-A": "b"}}]
    for more in same:
        assert opened(**({"url": "http://h/v1"} | more)).fingerprint == plain.fingerprint
    other = [
        {"url": "http://h/v2"}, {"model": "n"}, {"temperature": 0.0}, {"system": "s"},
        {"template": "{input}!"}, {"options": {"top_k": 1}}, {"seed": 1}, {"stop": ("a",)},
    ]  # fmt: skip
    found = {opened(**({"url": "http://h/v1"} | more)).fingerprint for more in other}
    assert len(found | {plain.fingerprint}) == len(other) + 1
    assert KEY not in repr(plain)


@pytest.mark.parametrize("said", [-5, 10**25])
def test_counts_of_tokens_that_cannot_be_were_not_said(said: int) -> None:
    body = server.completion({"content": "Paris"})
    body["usage"] = {"prompt_tokens": 7, "completion_tokens": said}
    reply = reply_to(server.body(body))[0]
    assert (reply.text, reply.tokens.prompt, reply.tokens.completion) == ("Paris", 7, None)


def test_an_answer_that_unpacks_to_more_than_it_says_is_refused() -> None:
    packed = gzip.compress(b" " * (40 * 2**20))  # 40 kB on the wire, with their length in a header
    with pytest.raises(LastingFailure, match="larger than 32 MB"):
        reply_to(server.raw(packed, Content_Encoding="gzip"))
