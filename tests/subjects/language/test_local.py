"""Weights in this process, on a tiny model; its scores are worked out again by hand."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.core.check import LanguageModelSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Message
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.model import LanguageModel, open_language_model
from assay.subjects.language.reply import Reply
from tests.subjects.language import tiny

pytestmark = pytest.mark.needs("torch")

QUESTION = (Message(role="system", content="Be brief."), Message(role="user", content="France?"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make(tmp_path_factory.mktemp("models") / "tiny").parent


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def opened(folder: Path, name: str = "tiny", **more: Any) -> LanguageModel:
    spec = LanguageModelSpec(**({"local": name, "temperature": 0, "max_tokens": 8} | more))
    return open_language_model(spec, folder=str(folder), allow_code=False)


def replies(
    folder: Path, *questions: tuple[Message, ...], name: str = "tiny", **more: Any
) -> list[Reply]:
    async def call() -> list[Reply]:
        async with opened(folder, name, **more) as model:
            return list(await asyncio.gather(*(model.ask(q) for q in questions)))

    return asyncio.run(call())


def test_an_answer_and_its_logprobs_are_those_of_the_weights(folder: Path) -> None:
    """Greedy search by hand: the likeliest token, one forward pass after the other."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    (reply,) = replies(folder, QUESTION, logprobs=True)
    tokenizer = AutoTokenizer.from_pretrained(folder / "tiny")
    model = AutoModelForCausalLM.from_pretrained(folder / "tiny").eval()
    prompt = "<|system|>Be brief.</s><|user|>France?</s><|assistant|>"
    ids = tokenizer(prompt, add_special_tokens=False).input_ids
    asked, scores = len(ids), []
    with torch.inference_mode():
        while len(ids) < asked + 8:
            found = torch.log_softmax(model(torch.tensor([ids])).logits[0, -1].float(), dim=-1)
            ids.append(int(found.argmax()))
            scores.append(float(found.max()))
            if ids[-1] == 0:
                break
    assert reply.text == tokenizer.decode(ids[asked:], skip_special_tokens=True)
    assert reply.logprobs == pytest.approx(scores, abs=1e-4)
    assert (reply.tokens.prompt, reply.tokens.completion) == (asked, len(scores))
    assert reply.finish == ("stop" if ids[-1] == 0 else "length")
    assert reply.first_token_s is not None
    assert 0 < reply.first_token_s < reply.seconds


def test_a_seed_makes_chance_repeatable(folder: Path) -> None:
    hot = {"temperature": 5.0, "seed": 11}
    first = replies(folder, QUESTION, **hot)[0].text
    assert replies(folder, QUESTION, **hot)[0].text == first
    others = {replies(folder, QUESTION, **hot | {"seed": seed})[0].text for seed in range(3)}
    assert len(others | {first}) > 1


def test_questions_at_once_do_not_disturb_each_other(folder: Path) -> None:
    other = (Message(role="user", content="Paris is the capital."),)
    alone = [replies(folder, q)[0].text for q in (QUESTION, other)]
    together = replies(folder, QUESTION, other, QUESTION)
    assert [r.text for r in together] == [*alone, alone[0]]


def test_a_stop_is_left_out_of_the_answer(folder: Path) -> None:
    whole = replies(folder, QUESTION)[0].text
    stop = whole[2:4]
    assert len(stop) == 2
    (reply,) = replies(folder, QUESTION, stop=(stop,))
    assert reply.text == whole[: whole.index(stop)]
    assert reply.finish == "stop"
    assert reply.tokens.completion is not None
    assert reply.tokens.completion <= 8


def test_options_are_those_of_generation(folder: Path) -> None:
    plain, penalised = (
        replies(folder, QUESTION, max_tokens=30, options=options)[0].text
        for options in ({}, {"repetition_penalty": 5.0})
    )
    assert plain != penalised
    for name in ("nonsense", "custom_generate", "trust_remote_code"):
        with pytest.raises(SubjectError, match="no setting"):
            replies(folder, QUESTION, options={name: True})


def test_an_answer_that_takes_too_long_is_given_up(folder: Path) -> None:
    with pytest.raises(TemporaryFailure, match="no answer within") as failed:
        replies(folder, QUESTION, timeout_s=1e-4, max_tokens=60)
    assert failed.value.cause == "timeout"


def test_a_question_that_is_left_stops_the_thread(folder: Path) -> None:
    import threading

    before = threading.active_count()

    async def call() -> None:
        async with opened(folder, max_tokens=100, options={"min_new_tokens": 100}) as model:
            asking = asyncio.create_task(model.ask(QUESTION))
            while not threading.active_count() > before:  # an answer takes milliseconds
                await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    asyncio.run(call())
    for thread in threading.enumerate():
        if thread.name == "assay-language-model":
            thread.join(5)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ((Message(role="user", content="word " * 200),), "the model reads 128 with its answer"),
        ((Message(role="tool", content="x"),), "the chat template refuses: .*no tools here"),
        ((Message(role="user", content=[{"type": "image", "path": "a.png"}]),), "text alone"),
    ],
)
def test_what_cannot_be_asked(folder: Path, question: tuple[Message, ...], words: str) -> None:
    with pytest.raises(LastingFailure, match=words):
        replies(folder, question)


def test_an_answer_ends_where_the_window_does(folder: Path) -> None:
    long = (Message(role="user", content="France? " * 28),)
    (reply,) = replies(folder, long, max_tokens=500, options={"eos_token_id": None})
    assert reply.tokens.prompt is not None
    assert reply.tokens.completion is not None
    assert reply.tokens.prompt + reply.tokens.completion <= 128


def test_weights_that_are_not_numbers_are_no_answer(folder: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    tiny.make(tmp_path / "broken")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "broken")
    with torch.no_grad():
        model.lm_head.weight[3, 3] = float("nan")
    model.save_pretrained(tmp_path / "broken")
    with pytest.raises(LastingFailure, match=r"NaN|nan"):
        replies(tmp_path, QUESTION, name="broken", logprobs=True)
    with pytest.raises(LastingFailure, match="nan"):
        replies(tmp_path, QUESTION, name="broken", temperature=1.0)


def test_a_model_without_a_template_goes_on_with_a_text(tmp_path: Path) -> None:
    tiny.make(tmp_path / "base", template=None)
    (reply,) = replies(tmp_path, (QUESTION[1],), name="base")
    assert reply.text
    with pytest.raises(SubjectError, match="no chat template"):
        replies(tmp_path, QUESTION, name="base")


def test_fingerprints_tell_weights_and_settings_apart(folder: Path, tmp_path: Path) -> None:
    same = opened(folder).fingerprint
    assert opened(folder, max_tokens=8).fingerprint == same
    tiny.make(tmp_path / "tiny", window=64)
    others = {
        opened(folder, temperature=1.0).fingerprint,
        opened(folder, seed=1).fingerprint,
        opened(tmp_path).fingerprint,
    }
    assert len(others | {same}) == 4
    assert opened(folder).description == "tiny in transformers"


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "config.json").write_text("{}")
    (tmp_path / "old" / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(SubjectError, match=r"'pytorch_model.bin' is a pickle"):
        opened(tmp_path, "old")


def test_a_model_that_brings_code_is_not_loaded(folder: Path, tmp_path: Path) -> None:
    import json

    shutil.copytree(folder / "tiny", tmp_path / "coded")
    config = json.loads((tmp_path / "coded" / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {
        "AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}}  # fmt: skip
    (tmp_path / "coded" / "config.json").write_text(json.dumps(config))
    (tmp_path / "coded" / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(SubjectError, match="cannot be loaded"):
        replies(tmp_path, QUESTION, name="coded")
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_damaged_are_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "tiny", tmp_path / "cut")
    (tmp_path / "cut" / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(SubjectError, match=r"'cut' cannot be loaded: SafetensorError"):
        replies(tmp_path, QUESTION, name="cut")


@pytest.mark.parametrize("name", ["nowhere", "./nowhere", "a.gguf", "no/where/here"])
def test_a_model_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(SubjectError, match="There is no model"):
        opened(tmp_path, name)


def test_no_hub_to_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(SubjectError, match="hub cannot be reached") as refused:
        opened(tmp_path, "owner/model")
    assert "hf download owner/model" in str(refused.value.hint)
