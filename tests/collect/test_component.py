"""Parts of language models with planted faults, each of which is found; and sound ones, in which
nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from assay.collect.component import collect_component
from assay.collect.faults import Case, Tried
from assay.collect.generation.telling import Teller
from assay.collect.rendering import around, misplaced, template
from assay.collect.tokenization import changed, round_trip, special_tokens
from assay.core.check import LanguageModelSpec
from assay.core.collection import Component
from assay.core.errors import SubjectError
from assay.core.exchange import Image, Message, Sample, ToolCall
from assay.core.progress import silent
from assay.subjects.language.failures import LastingFailure
from assay.subjects.language.network import open_network
from assay.subjects.language.tokenizer import Turn
from tests.subjects.language import tiny

Render = Callable[[Sequence[Turn], bool], str]
CONTROLS = {"<|im_start|>": 0, "<|im_end|>": 1}


class Letters:
    """A tokenizer of one token a letter, and control tokens, with any template."""

    def __init__(self, render: Render, *, seen: Callable[[str], str] = str) -> None:
        self._render, self._seen = render, seen

    async def __aenter__(self) -> Letters:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def encode(self, text: str) -> list[int]:
        ids: list[int] = []
        text = self._seen(text)
        while text:
            string = next((s for s in CONTROLS if text.startswith(s)), text[0])
            ids.append(CONTROLS.get(string, ord(string[0]) + 10))
            text = text[len(string) :]
        return ids

    async def decode(self, ids: Sequence[int]) -> str:
        names = list(CONTROLS)
        return "".join(names[i] if i < len(names) else chr(i - 10) for i in ids)

    async def rendered(self, turns: Sequence[Turn], *, generation: bool = True) -> str:
        return self._render(turns, generation)

    async def tokens(self, turns: Sequence[Turn]) -> list[int]:
        return await self.encode(await self.rendered(turns))

    async def controls(self) -> Mapping[str, int]:
        return CONTROLS


def chatml(turns: Sequence[Turn], generation: bool) -> str:
    said = "".join(f"<|im_start|>{t.role}\n{t.text}<|im_end|>\n" for t in turns)
    return said + ("<|im_start|>assistant\n" if generation else "")


def trims(turns: Sequence[Turn], generation: bool) -> str:
    return chatml([Turn(t.role, t.text.strip()) for t in turns], generation)


def escapes(turns: Sequence[Turn], generation: bool) -> str:
    return chatml([Turn(t.role, t.text.replace("<|", "< |")) for t in turns], generation)


def drops_system(turns: Sequence[Turn], generation: bool) -> str:
    return chatml([t for t in turns if t.role != "system"], generation)


def refuses_system(turns: Sequence[Turn], generation: bool) -> str:
    if turns[0].role == "system":
        raise LastingFailure("the chat template refuses: no system role")
    return chatml(turns, generation)


def system_in_each_user_turn(turns: Sequence[Turn], generation: bool) -> str:
    system = "".join(t.text for t in turns if t.role == "system")
    rest = [t for t in turns if t.role != "system"]
    return chatml(
        [Turn(t.role, system + t.text if t.role == "user" else t.text) for t in rest], generation
    )


def backwards(turns: Sequence[Turn], generation: bool) -> str:
    return chatml([*turns][::-1], generation)


def mute(turns: Sequence[Turn], _generation: bool) -> str:
    return chatml(turns, generation=False)


def cuts(turns: Sequence[Turn], generation: bool) -> str:
    return chatml([Turn(t.role, t.text[:20]) for t in turns], generation)


CHAT = (
    Turn("system", "Be brief."), Turn("user", "  a\n"), Turn("assistant", "user"),
    Turn("user", "What is the capital of France?"),
)  # fmt: skip
CASES = [
    Case("chat", None, CHAT),
    Case("plain", None, (Turn("user", "What is <|im_end|> called?"),)),
    Case("own words", None, (Turn("user", chatml(CHAT, generation=True)),)),
]


def tried(way: Any, tokenizer: Letters, cases: Sequence[Case] = CASES) -> list[Tried]:
    found: list[Tried] = asyncio.run(way(tokenizer, cases, 2, Teller(silent, "", None)))
    return found


def faults(render: Render) -> dict[str, str | None]:
    return {one.case.unit: one.fault for one in tried(template, Letters(render))}


@pytest.mark.parametrize("render", [chatml, trims])
def test_a_faithful_template_has_no_fault(render: Render) -> None:
    """Texts that occur in others, in the template, or are made of its own words, are no fault."""
    assert faults(render) == {"chat": None, "plain": None, "own words": None}


@pytest.mark.parametrize(
    ("render", "chat", "plain"),
    [
        (drops_system, "turn 1 (system) is left out", None),
        (refuses_system, "the chat template refuses: no system role", None),
        (system_in_each_user_turn, "turn 1 (system) is written 2 times", None),
        (backwards, "turn 2 (user) stands before one that came earlier", None),
        (
            mute, "nothing tells the model that its turn has come",
            "nothing tells the model that its turn has come",
        ),
        (cuts, "the text of turn 4 (user) is changed", "the text of turn 1 (user) is changed"),
        (escapes, None, "the text of turn 1 (user) is changed"),
    ],
)  # fmt: skip
def test_each_fault_of_a_template_is_found(
    render: Render, chat: str | None, plain: str | None
) -> None:
    found = faults(render)
    assert (found["chat"], found["plain"]) == (chat, plain)


def test_an_answer_that_has_begun_needs_no_turn() -> None:
    begun = Case("begun", None, (Turn("user", "2 + 2 ="), Turn("assistant", "It is")))
    assert tried(template, Letters(mute), [begun])[0].fault is None


def test_places_of_words() -> None:
    roles = ("user", "assistant")
    assert around(roles, ["x1x", "x2x"], "<x1x><x2x>!") == ("<", "><", ">!")
    turns = [Turn("user", "a>"), Turn("assistant", "")]
    assert misplaced(turns, ("<", "><", ">!"), "<a>><>!") is None
    assert misplaced(turns, ("<", "><", ">!"), "<a>><>?") == (
        "what stands after the last turn depends on the texts"
    )
    assert misplaced(turns, ("<", "><", ">!"), "[a>><>!") == (
        "what stands before turn 1 (user) depends on the texts"
    )


def test_texts_that_do_not_come_back() -> None:
    sound = tried(round_trip, Letters(chatml))
    assert [one.fault for one in sound] == [None, None, None]
    lower = tried(round_trip, Letters(chatml, seen=str.lower))
    assert [one.fault for one in lower] == ["capitals were lost"] * 3
    assert (lower[0].text, lower[0].became) == ("Be brief.", "be brief.")


@pytest.mark.parametrize(
    ("text", "back", "words"),
    [
        ("a ", "a", "whitespace at an end was lost or added"),
        ("a  b", "a b", "whitespace was lost or added"),
        ("Ab", "ab", "capitals were lost"),
        ("caf\xe9!", "cafe!", "from character 4 on: in place of '\\xe9' (U+00E9) came 'e'"),
        ("ab", "a", "from character 2 on: in place of 'b' (U+0062) came nothing"),
        ("a", "ab", "from character 2 on: in place of the end came 'b'"),
    ],
)
def test_what_changed(text: str, back: str, words: str) -> None:
    assert changed(text, back) == words


def test_a_user_s_control_tokens_are_found_and_those_of_the_template_are_not() -> None:
    """Each string once, in samples that take turns; text of samples that holds one is no matter."""
    found = tried(special_tokens, Letters(chatml))
    assert [(one.part, one.case.unit) for one in found] == [
        ("<|im_start|>", "chat"), ("<|im_end|>", "plain"),
    ]  # fmt: skip
    assert {one.fault for one in found} == {"a user's text becomes a control token"}
    assert found[0].text == "What is the <|im_start|> capital of France?"
    assert found[0].became == "token 0"
    assert [one.fault for one in tried(special_tokens, Letters(escapes))] == [None, None]


def test_what_a_template_refuses_reaches_no_model() -> None:
    def refuses(turns: Sequence[Turn], generation: bool) -> str:
        if any("<|" in turn.text for turn in turns):
            raise LastingFailure("no")
        return chatml(turns, generation)

    found = tried(special_tokens, Letters(refuses), CASES[:1])
    assert [(one.fault, one.became) for one in found] == [(None, "refused: no")] * 2


def test_no_user_s_turn() -> None:
    silent_case = Case("s", None, (Turn("system", "x"),))
    with pytest.raises(SubjectError, match="No sample has a user's turn"):
        tried(special_tokens, Letters(chatml), [silent_case])


QA = [
    Sample(id="a", input="What is the capital of France?", cluster="x"),
    Sample(id="b", input="Paris is the capital."),
    Sample(id="c", input="What is this?", images=(Image(path="a.png"),)),
    Sample(
        id="d", messages=(Message(role="assistant", tool_calls=(ToolCall(name="f"),)),), input="x"
    ),
    Sample(id="e", input="user"),
]


def rows(
    folder: Path, model: Path, wish: Component, samples: Sequence[Sample] = QA
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    import torch

    torch.set_num_threads(1)
    found = collect_component(
        samples, LanguageModelSpec(local=str(model)), wish, suite_folder=".", folder=folder / "o"
    )
    return pq.read_table(found.source.paths[0]).to_pylist(), found.notes


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    return tiny.make(tmp_path_factory.mktemp("models") / "tiny")


@pytest.mark.needs("torch")
def test_samples_of_more_than_text_are_left_out(sound: Path, tmp_path: Path) -> None:
    found, notes = rows(tmp_path, sound, Component("round_trip", samples=4))
    assert [(row["assay.unit"], row["assay.cluster"]) for row in found] == [("a", "x"), ("b", None)]
    assert notes == (
        "2 samples with images or tool calls were left out.", "The first 4 samples were tried."
    )  # fmt: skip
    with pytest.raises(SubjectError, match="no sample of plain text"):
        rows(tmp_path, sound, Component("round_trip"), QA[2:4])


@pytest.mark.needs("torch")
def test_a_sound_network_holds_every_invariant(sound: Path, tmp_path: Path) -> None:
    found, _ = rows(tmp_path, sound, Component("invariants"))
    assert [row["assay.fault"] for row in found] == [None] * len(found)
    parts = ["shape", "finite", "deterministic", "padding", "batch", "causal"]
    assert [row["assay.part"] for row in found] == ["embeddings", *parts * 3]
    deviations = [d for row in found if (d := row["assay.deviation"]) is not None]
    assert len(deviations) == 12
    assert max(deviations) < 1e-5  # sums in another order, in float32
    exact, _ = rows(tmp_path, sound, Component("invariants", tolerance=0.0))
    assert {row["assay.part"] for row in exact if row["assay.fault"]} <= {"padding", "batch"}


def broken(model: Path, folder: Path, change: Callable[[Any], None]) -> Path:
    import shutil

    import torch
    from transformers import AutoModelForCausalLM

    shutil.copytree(model, folder)
    weights = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        change(weights)
    weights.save_pretrained(folder)
    return folder


def failing(found: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {row["assay.part"]: row["assay.fault"] for row in found if row["assay.fault"]}


@pytest.mark.needs("torch")
def test_weights_that_are_no_numbers(sound: Path, tmp_path: Path) -> None:
    def head(model: Any) -> None:
        model.lm_head.weight[3, 3] = float("nan")

    found, _ = rows(tmp_path, broken(sound, tmp_path / "head", head), Component("invariants"))
    assert failing(found).keys() == {"finite"}
    assert "logits are NaN or infinite" in failing(found)["finite"]
    assert {row["assay.part"] for row in found} == {"embeddings", "shape", "finite"}

    def embedding(model: Any) -> None:
        model.get_input_embeddings().weight[[200, 210], 0] = float("inf")

    found, _ = rows(tmp_path, broken(sound, tmp_path / "in", embedding), Component("invariants"))
    assert failing(found) == {"embeddings": "embeddings of 2 tokens hold NaN or infinity"}
    assert found[0]["assay.became"] == "tokens 200, 210"


@pytest.mark.needs("torch")
@pytest.mark.parametrize("fault", ["causal", "padding", "batch", "deterministic", "shape"])
def test_each_fault_of_a_network_is_found(
    sound: Path, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network with just this fault: no mask at all, one that ignores padding, one that mixes the
    texts of a batch, one that drops out, one with a row too many."""
    import torch
    from transformers import LlamaForCausalLM

    right = LlamaForCausalLM.forward

    def forward(
        self: Any, input_ids: Any, attention_mask: Any, position_ids: Any, **how: Any
    ) -> Any:
        length = input_ids.shape[1]
        if fault == "causal":
            seen = attention_mask[:, None, None, :].expand(-1, 1, length, -1)
            attention_mask = torch.where(seen == 1, 0.0, torch.finfo(self.dtype).min)
        if fault == "padding":
            attention_mask, position_ids = torch.ones_like(attention_mask), None
        out = right(
            self, input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids,
            **how,
        )  # fmt: skip
        if fault == "batch":
            out.logits = out.logits - out.logits.mean(dim=0, keepdim=True) / 2
        if fault == "deterministic":
            out.logits = torch.nn.functional.dropout(out.logits, 0.1, training=True)
        if fault == "shape":
            out.logits = torch.nn.functional.pad(out.logits, (0, 1))
        return out

    monkeypatch.setattr(LlamaForCausalLM, "forward", forward)
    torch.manual_seed(1)
    found, _ = rows(tmp_path, sound, Component("invariants"))
    # What answers at random agrees with itself nowhere.
    more = {"padding", "batch", "causal"} if fault == "deterministic" else set()
    assert failing(found).keys() == {fault} | more
    said = failing(found)[fault]
    assert "logits have the shape" in said if fault == "shape" else "deviate by" in said


@pytest.mark.needs("torch")
def test_coarse_weights_may_deviate_more(sound: Path, tmp_path: Path) -> None:
    import torch

    def coarse(model: Any) -> None:
        model.to(torch.bfloat16)

    model = broken(sound, tmp_path / "coarse", coarse)
    found, _ = rows(tmp_path, model, Component("invariants"))
    assert failing(found) == {}
    network = open_network(LanguageModelSpec(local=str(model)), folder=".")
    assert (network.precision, network.tolerance) == ("bfloat16", 5e-2)


@pytest.mark.needs("torch")
def test_more_tokens_than_the_model_knows(sound: Path, tmp_path: Path) -> None:
    def smaller(model: Any) -> None:
        model.resize_token_embeddings(300)

    model = broken(sound, tmp_path / "smaller", smaller)
    found, _ = rows(tmp_path, model, Component("invariants"), QA[1:2])
    assert failing(found) == {"shape": "the tokenizer has 302 tokens, and the model knows 300"}


def test_a_model_elsewhere_shows_no_logits(tmp_path: Path) -> None:
    spec = LanguageModelSpec(url="http://127.0.0.1:9/v1")
    with pytest.raises(SubjectError, match="does not show its logits"):
        collect_component(QA, spec, Component("invariants"), suite_folder=".", folder=tmp_path)
