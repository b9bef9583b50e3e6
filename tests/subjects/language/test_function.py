"""Python callables as language models."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assay.core.check import LanguageModelSpec
from assay.core.errors import MissingExtraError, SubjectError, UntrustedError
from assay.core.exchange import Message, Tokens
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.model import LanguageModel, open_language_model
from assay.subjects.language.reply import Reply

QUESTION = (Message(role="user", content="Where?"),)


def opened(function: Any, **more: Any) -> LanguageModel:
    spec = LanguageModelSpec(instance=function, **more)
    return open_language_model(spec, folder=".", allow_code=False)


def ask(model: LanguageModel, messages: tuple[Message, ...] = QUESTION) -> Reply:
    async def call() -> Reply:
        async with model:
            return await model.ask(messages)

    return asyncio.run(call())


class Application:
    """An object that is called, asynchronously."""

    async def __call__(self, messages: list[dict[str, Any]]) -> str:
        await asyncio.sleep(0)
        return f"{len(messages)} {messages[-1]['content']}"


def test_a_function_of_a_text_is_asked() -> None:
    reply = ask(opened(lambda text: text.upper()))
    assert reply.text == "WHERE?"
    assert reply.seconds >= 0


def test_an_asynchronous_object_is_given_the_turns() -> None:
    turns = (Message(role="system", content="s"), *QUESTION)
    assert ask(opened(Application()), turns).text == "2 Where?"


def test_a_lambda_that_hands_back_a_coroutine_is_awaited() -> None:
    application = Application()
    assert ask(opened(lambda messages: application(messages))).text == "1 Where?"


def test_a_mapping_says_more_of_the_answer() -> None:
    reply = ask(opened(lambda text: {"text": text, "finish": "length", "tokens": {"prompt": 3}}))
    assert (reply.finish, reply.tokens) == ("length", Tokens(prompt=3))


@pytest.mark.parametrize("answer", [None, 3, {"txt": "x"}, {"text": 3}, {"finish": "never"}, ["x"]])
def test_what_is_no_answer_is_refused(answer: Any) -> None:
    with pytest.raises(SubjectError, match="returned"):
        ask(opened(lambda text: answer))


def test_a_text_cannot_hold_turns() -> None:
    with pytest.raises(SubjectError, match="several turns"):
        ask(opened(lambda text: text), (*QUESTION, *QUESTION))


class OwnError(Exception):
    """As applications have them."""


@pytest.mark.parametrize("awaits", [False, True])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("bad"), LastingFailure),
        (OwnError("bad"), LastingFailure),
        (ConnectionResetError("bad"), TemporaryFailure),
        (TimeoutError("bad"), TemporaryFailure),
    ],
)
def test_a_functions_failure_keeps_its_words(
    error: Exception, kind: type[Exception], awaits: bool
) -> None:
    def fails(text: str) -> str:
        raise error

    async def fails_later(text: str) -> str:
        raise error

    with pytest.raises(kind, match=r"bad|no answer"):
        ask(opened(fails_later if awaits else fails))


def test_a_function_that_blocks_is_given_up() -> None:
    began = time.monotonic()
    with pytest.raises(TemporaryFailure, match=r"within 0\.1 s"):
        ask(opened(lambda text: time.sleep(1.0), timeout_s=0.1))
    assert time.monotonic() - began < 0.9


def test_an_imported_one_needs_to_be_allowed(tmp_path: Path) -> None:
    (tmp_path / "assay_test_bot.py").write_text("def answer(text):\n    return text[::-1]\n")
    spec = LanguageModelSpec(call="python:assay_test_bot:answer")
    with pytest.raises(UntrustedError, match="--allow-code"):
        open_language_model(spec, folder=str(tmp_path), allow_code=False)
    model = open_language_model(spec, folder=str(tmp_path), allow_code=True)
    assert ask(model).text == "?erehW"
    assert model.fingerprint.startswith("sha256:")
    other = LanguageModelSpec(call="assay_test_bot:answer", system="s")
    again = open_language_model(other, folder=str(tmp_path), allow_code=True)
    assert again.fingerprint != model.fingerprint


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("assay_test_gone:answer", "cannot be imported"),
        ("json", "not an import path"),
        ("json:dumbs", "Did you mean 'dumps'"),
        ("json:JSONDecoder", "is a class"),
        ("sys:version", "not a function"),
    ],
)
def test_what_is_no_callable_is_refused(path: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=words):
        open_language_model(LanguageModelSpec(call=path), folder=str(tmp_path), allow_code=True)


def test_one_way_of_asking_is_needed() -> None:
    for spec in (LanguageModelSpec(), LanguageModelSpec(url="http://h", call="a:b")):
        with pytest.raises(SubjectError, match="exactly one"):
            open_language_model(spec, folder=".", allow_code=True)


def test_an_address_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)  # as where it is not installed
    with pytest.raises(MissingExtraError, match=r"pip install 'assay\[llm\]'"):
        open_language_model(LanguageModelSpec(url="http://h/v1"), folder=".", allow_code=False)
