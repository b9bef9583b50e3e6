"""Bedrock's Converse, against a server that words what it says as AWS's does."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assay.core.check import LanguageModelSpec
from assay.core.errors import MissingExtraError, SubjectError
from assay.core.exchange import Message, Tokens, ToolCall
from assay.subjects.language.endpoint import open_endpoint
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.signing import Signer
from tests.servers import behaviours as server
from tests.servers import vendors
from tests.servers.behaviours import Behaviour
from tests.servers.endpoint import serving
from tests.subjects.language.formats import asking
from tests.subjects.language.formats.asking import KEY, PIXEL, TALK

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
"""The example of AWS's own documentation."""
TEXT = {"text": "Paris"}
URL = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a.b-v1%3A0/converse"


def reply_to(*given: Any, **more: Any) -> Any:
    return asking.reply_to(*given, api="bedrock", base="gateway", **more)


def test_a_call_says_how_it_is_asked() -> None:
    reply, served = reply_to(
        vendors.converse(TEXT), model="a.b-v1:0", temperature=0, top_p=0.9, max_tokens=5,
        stop=("\n",), options={"additionalModelRequestFields": {"top_k": 4}},
    )  # fmt: skip
    assert (reply.text, reply.finish) == ("Paris", "stop")
    assert reply.tokens == Tokens(prompt=18, completion=2, cached=5)
    call = served.calls[0]
    assert call.path == "/gateway/model/a.b-v1%3A0/converse"
    assert call.headers["Authorization"] == f"Bearer {KEY}"
    assert call.body == {
        "inferenceConfig": {
            "temperature": 0, "topP": 0.9, "maxTokens": 5, "stopSequences": ["\n"],
        },
        "additionalModelRequestFields": {"top_k": 4},
        "messages": [{"role": "user", "content": [{"text": "Where?"}]}],
    }  # fmt: skip


def test_a_conversation_with_images_and_tools() -> None:
    """The body, field by field; the model of the service in botocore 1.44.5 accepts it."""
    _, served = reply_to(vendors.converse(TEXT), TALK)
    assert served.calls[0].body == {
        "system": [{"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [
                {"text": "What is this?"},
                {"image": {"format": "png", "source": {"bytes": PIXEL}}},
            ]},
            {"role": "assistant", "content": [
                {"text": "Let me look."},
                {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"at": 1}}},
                {"toolUse": {"toolUseId": "t2", "name": "look", "input": {}}},
            ]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "t1", "content": [{"text": "a cat"}]}},
                {"toolResult": {"toolUseId": "t2", "content": [{"text": "a dog"}]}},
                {"text": "Well?"},
            ]},
        ],
    }  # fmt: skip


def test_an_image_elsewhere_cannot_be_sent() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://h/cat.png"}}
    with pytest.raises(LastingFailure, match="give its path"):
        reply_to(vendors.converse(TEXT), (Message(role="user", content=[part]),))


def test_thoughts_and_tool_calls_are_kept_apart() -> None:
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}}
    use = {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"at": 1}}}
    reply, _ = reply_to(vendors.converse(thought, TEXT, use, stop="tool_use"))
    assert (reply.text, reply.reasoning, reply.finish) == ("Paris", "Hm.", "tool_calls")
    assert reply.tool_calls == (ToolCall(name="look", arguments='{"at":1}', id="t1"),)


def test_a_stream_is_the_same_answer() -> None:
    reply, served = reply_to(vendors.bedrock_streams(*vendors.bedrock_frames()), stream=True)
    assert served.calls[0].path == "/gateway/model/m/converse-stream"
    assert (reply.text, reply.reasoning, reply.finish) == ("Let me look.", "Hm.", "tool_calls")
    assert reply.tool_calls == (ToolCall(name="look", arguments='{"at": 1}', id="t1"),)
    assert reply.tokens == Tokens(prompt=18, completion=2, cached=5)
    assert reply.first_token_s is not None


@pytest.mark.parametrize(
    ("said", "finish"),
    [("max_tokens", "length"), ("guardrail_intervened", "content_filter"),
     ("content_filtered", "content_filter"), ("malformed_tool_use", "other")],
)  # fmt: skip
def test_why_an_answer_ended(said: str, finish: str) -> None:
    assert reply_to(vendors.converse(stop=said))[0].finish == finish


FRAMES = vendors.bedrock_frames()
BAD = FRAMES[1][:-1] + bytes([FRAMES[1][-1] ^ 1])


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        (vendors.bedrock_refuses(429, "ThrottlingException", "slow"), "rate"),
        (vendors.bedrock_refuses(503, "ServiceUnavailableException", "x"), "server"),
        (vendors.bedrock_refuses(424, "ModelErrorException", "x"), "server"),
        (server.body({}), "malformed"),
        (vendors.bedrock_streams(*FRAMES[:5]), "malformed"),
        (vendors.bedrock_streams(FRAMES[0], BAD), "malformed"),
        (
            vendors.bedrock_streams(
                *FRAMES[:3], vendors.frame("throttlingException", {"message": "x"}, exception=True)
            ),
            "rate",
        ),
    ],
)
def test_what_may_succeed_later(behaviour: Behaviour, cause: str) -> None:
    with pytest.raises(TemporaryFailure) as failed:
        reply_to(behaviour)
    assert failed.value.cause == cause


def test_a_question_that_is_refused() -> None:
    with pytest.raises(LastingFailure, match="too long"):
        reply_to(vendors.bedrock_refuses(400, "ValidationException", "too long"))
    with pytest.raises(SubjectError, match="no access"):
        reply_to(vendors.bedrock_refuses(403, "AccessDeniedException", "no access"))


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment alone: a profile or a role of this machine is not looked at."""
    for name in ("AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def signature(headers: Mapping[str, str], body: bytes) -> str:
    """Signature Version 4, worked out step by step from AWS's own description of it."""
    values = {name.lower(): value for name, value in headers.items()}
    values["host"] = "bedrock-runtime.eu-west-1.amazonaws.com"
    names = values["authorization"].split("SignedHeaders=")[1].split(",")[0]
    assert {"content-type", "host", "x-amz-date"} <= set(names.split(";"))
    request = "\n".join(
        [
            "POST", "/model/a.b-v1%253A0/converse", "",
            *(f"{name}:{values[name]}" for name in names.split(";")), "", names,
            hashlib.sha256(body).hexdigest(),
        ]
    )  # fmt: skip
    date = values["x-amz-date"]
    scope = f"{date[:8]}/eu-west-1/bedrock/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = b"AWS4" + SECRET.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}".encode(), "sha256").hex()


@pytest.mark.usefixtures("credentials")
def test_a_signature_is_that_of_the_specification() -> None:
    body = json.dumps({"messages": []}).encode()
    signed = Signer(URL).headers(body, {"Content-Type": "application/json"})
    assert signed["Authorization"].endswith(f"Signature={signature(signed, body)}")
    assert SECRET not in str(signed)


@pytest.mark.usefixtures("credentials")
def test_a_call_is_signed_as_it_is_sent() -> None:
    """The call of an open model, but to a server on this machine in the place of AWS's."""
    import yarl

    spec = LanguageModelSpec(url=URL.partition("/model")[0], model="a.b-v1:0")

    async def call(url: str) -> None:
        model = open_endpoint(spec)
        async with model:
            model._url = yarl.URL(f"{url}/model/a.b-v1%3A0/converse", encoded=True)
            assert (await model.ask(asking.QUESTION)).text == f"*** {len(SECRET)}"

    leaky = vendors.converse({"text": f"{SECRET} {len(SECRET)}"})
    with serving(None, leaky) as served:
        asyncio.run(call(served.url.removesuffix("/v1")))
    (sent,) = served.calls
    body = json.dumps(sent.body, separators=(",", ":")).encode()
    assert sent.headers["Authorization"].endswith(f"Signature={signature(sent.headers, body)}")
    assert SECRET not in str(sent)


def test_without_credentials_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SubjectError, match="There are no credentials of AWS"):
        Signer(URL)


def test_what_needs_botocore_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    spec = LanguageModelSpec(url="https://h", api="bedrock", model="m")
    open_endpoint(spec)
    aws = dataclasses.replace(spec, url=URL.partition("/model")[0])
    for needy in (dataclasses.replace(spec, stream=True), aws):
        with pytest.raises(MissingExtraError, match="bedrock"):
            open_endpoint(needy)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/model/m/converse",
        "https://bedrock-runtime.eu-west-1.amazonaws.com.example.com/model/m/converse",
        "http://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse",
    ],
)
def test_credentials_are_for_aws_alone(url: str) -> None:
    with pytest.raises(SubjectError, match="to its own hosts alone"):
        Signer(url)


@pytest.mark.usefixtures("credentials")
def test_a_gateway_is_sent_no_signature() -> None:
    _, served = reply_to(vendors.converse(TEXT), api_key=None)
    assert "Authorization" not in served.calls[0].headers
    assert "X-Amz-Date" not in served.calls[0].headers
