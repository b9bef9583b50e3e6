"""An application behind HTTP: asked with its own JSON, and read by pointers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.check import ApplicationSpec, LanguageModelSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Message, Sample, Tokens, ToolCall
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.formats.application import pointed
from assay.subjects.language.model import open_language_model
from assay.subjects.language.reply import Reply
from assay.subjects.language.requests import filled_in
from assay.subjects.language.turns import turns_of
from tests.servers import behaviours as server
from tests.servers.behaviours import Behaviour
from tests.servers.endpoint import Served, serving

SAMPLE = Sample(
    id="a7", input="Where?", context=("One.", "Two."), choices=("x", "y"),
    messages=(Message(role="user", content="Hi"), Message(role="assistant", content="Hello")),
    metadata={"language": "en", "rank": 3},
)  # fmt: skip
BODY = {
    "question": "{input}", "history": "{messages}", "with": ["{context}"],
    "meta": {"user": "{id}", "rank": "{metadata.rank}", "none": "{metadata.none}"},
    "note": "in {metadata.language}, {id}: {context} {unknown} {choices}", "top": 3, "deep": True,
}  # fmt: skip
SAYS: dict[str, Any] = {
    "reply": {"text": "Paris"},
    "docs": [{"text": "Paris is it."}, {"no": 1}, {"text": "Rome is not."}],
    "calls": [{"name": "find", "arguments": {"q": 1}}, {"id": "b", "function": {"name": "g"}}],
    "usage": {"in": 10, "out": 2},
}


def reply_to(
    behaviour: Behaviour, sample: Sample = SAMPLE, *, body: Any = BODY, **more: Any
) -> tuple[Reply, Served]:
    pointers = {"answer": "/reply/text"} | more

    async def call(url: str) -> Reply:
        spec = LanguageModelSpec(
            url=url.removesuffix("/v1") + "/ask/", system="Be brief.", timeout_s=5,
            application=ApplicationSpec(body=body, **pointers),
        )  # fmt: skip
        async with open_language_model(spec, folder=".", allow_code=False) as model:
            return await model.ask(turns_of(sample, spec))

    with serving(None, behaviour) as served:
        return asyncio.run(call(served.url)), served


def test_an_application_is_asked_in_its_own_words() -> None:
    _, served = reply_to(server.body(SAYS))
    assert served.calls[0].path == "/ask/"
    assert served.calls[0].body == {
        "question": "Where?",
        "history": [
            {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Where?"},
        ],
        "with": [["One.", "Two."]],
        "meta": {"user": "a7", "rank": 3, "none": None},
        "note": "in en, a7: One.\n\nTwo. {unknown} x\n\ny",
        "top": 3,
        "deep": True,
    }  # fmt: skip


def test_the_answer_is_read_by_pointers() -> None:
    reply, _ = reply_to(
        server.body(SAYS), context="/docs/*/text", tool_calls="/calls",
        prompt_tokens="/usage/in", completion_tokens="/usage/out",
    )  # fmt: skip
    assert reply.text == "Paris"
    assert reply.context == ("Paris is it.", "Rome is not.")
    assert reply.tool_calls == (
        ToolCall(name="find", arguments='{"q":1}'),
        ToolCall(name="g", arguments="{}", id="b"),
    )
    assert reply.tokens == Tokens(prompt=10, completion=2)


def test_passages_may_be_a_plain_list_or_none() -> None:
    listed, _ = reply_to(server.body({"reply": {"text": 3}, "docs": ["a", "b"]}), context="/docs")
    assert (listed.text, listed.context) == ("3", ("a", "b"))
    assert reply_to(server.body({"reply": {"text": ""}}), context="/docs/*/text")[0].context == ()


def test_what_a_sample_holds_is_not_taken_for_a_place() -> None:
    sneaky = Sample(id="{input}", input="{id} {metadata.x} \u202e<b>", metadata={"x": "secret"})
    _, served = reply_to(server.body(SAYS), sneaky, body={"q": "{input}", "as": "<{input}>"})
    assert served.calls[0].body == {
        "q": "{id} {metadata.x} \u202e<b>", "as": "<{id} {metadata.x} \u202e<b>>",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("behaviour", "cause", "words"),
    [
        (server.body({"reply": {}}), "malformed", "no answer at '/reply/text'"),
        (server.body({"reply": {"text": None}}), "malformed", "no answer"),
        (server.body({"reply": {"text": {"a": 1}}}), "malformed", "points at a mapping"),
        (server.body(["x"]), "malformed", "no answer"),
        (server.raw(b"<html>"), "malformed", "not valid JSON"),
        (server.body({"error": "index is down"}), "server", "index is down"),
        (server.streams(b"data: x\n\n"), "malformed", "in a stream"),
        (server.refuses(503), "server", "503"),
        (server.body({"detail": "slow"}, status=429, retry_after="2"), "rate", "slow"),
    ],
)
def test_what_may_succeed_later(behaviour: Behaviour, cause: str, words: str) -> None:
    with pytest.raises(TemporaryFailure, match=words) as failed:
        reply_to(behaviour)
    assert failed.value.cause == cause


def test_what_will_not_succeed_later() -> None:
    with pytest.raises(LastingFailure, match="field required"):
        reply_to(server.body({"detail": [{"msg": "field required"}]}, status=422))
    with pytest.raises(SubjectError, match="There is nothing to ask at 127"):
        reply_to(server.body({}, status=404))


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/reply/text", ["Paris"]), ("/docs/2/text", ["Rome is not."]), ("/docs/9", []),
        ("/docs/*/text/*", []), ("/usage/*", []), ("/docs/x", []),
    ],
)  # fmt: skip
def test_pointers(pointer: str, found: list[Any]) -> None:
    assert list(pointed(SAYS, pointer)) == found


def test_names_with_slashes_are_written_as_the_rfc_says() -> None:
    """The examples of RFC 6901, section 5."""
    document = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, " ": 7}
    for pointer, value in (("", document), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1),
                           ("/m~0n", 8), ("/ ", 7)):  # fmt: skip
        assert list(pointed(document, pointer)) == [value]


@given(st.recursive(st.none() | st.integers() | st.text(alphabet="abc {}"), st.lists))
def test_data_without_places_stays_as_it_is(template: Any) -> None:
    assert filled_in(template, {}) == template


def test_two_applications_are_told_apart() -> None:
    def fingerprint(**more: Any) -> str:
        application = ApplicationSpec(**({"body": {"q": "{input}"}, "answer": "/a"} | more))
        spec = LanguageModelSpec(url="http://h/ask", application=application)
        return open_language_model(spec, folder=".", allow_code=False).fingerprint

    others = [{"answer": "/b"}, {"body": {"p": "{input}"}}, {"context": "/c"}]
    assert len({fingerprint(), *(fingerprint(**more) for more in others)}) == 4
