"""Samples from files: every format gives the same, and what is wrong is said with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.check import SamplesSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Message, Sample, ToolCall
from assay.subjects.samples.reading import open_samples

TWO = [
    {"id": "fr", "input": "Capital of France?", "target": "Paris", "level": "easy"},
    {"id": "it", "input": "Capital of Italy?", "target": ["Rome", "Roma"], "cluster": "south"},
]
AS_SAMPLES = [
    Sample(id="fr", input="Capital of France?", target=("Paris",), metadata={"level": "easy"}),
    Sample(id="it", input="Capital of Italy?", target=("Rome", "Roma"), cluster="south"),
]


def lines(folder: Path, *records: Any, name: str = "qa.jsonl") -> SamplesSpec:
    text = "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records)
    (folder / name).write_text(text, encoding="utf-8")
    return SamplesSpec(path=name)


def read(spec: SamplesSpec, folder: Path) -> list[Sample]:
    return list(open_samples(spec, folder=str(folder)))


def refused(spec: SamplesSpec, folder: Path) -> str:
    with pytest.raises(SubjectError) as caught:
        read(spec, folder)
    return str(caught.value)


def test_json_lines(tmp_path: Path) -> None:
    assert read(lines(tmp_path, TWO[0], "", TWO[1]), tmp_path) == AS_SAMPLES


def test_a_json_list(tmp_path: Path) -> None:
    (tmp_path / "qa.json").write_text(json.dumps(TWO))
    assert read(SamplesSpec(path="qa.json"), tmp_path) == AS_SAMPLES


def test_parquet(tmp_path: Path) -> None:
    rows = [
        {**r, "target": [r["target"]] if isinstance(r["target"], str) else r["target"]} for r in TWO
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema({
        "id": pa.string(), "input": pa.string(), "target": pa.list_(pa.string()),
        "level": pa.string(), "cluster": pa.string(),
    })), tmp_path / "qa.parquet")  # fmt: skip
    assert read(SamplesSpec(path="qa.parquet"), tmp_path) == AS_SAMPLES


@pytest.mark.parametrize(("ending", "mark"), [("csv", ","), ("tsv", "\t")])
def test_csv(tmp_path: Path, ending: str, mark: str) -> None:
    header = mark.join(["id", "input", "target", "level", "cluster"])
    first = mark.join(["fr", "Capital of France?", "Paris", "easy", ""])
    second = mark.join(["it", '"Capital\nof Italy?"', "Rome", "", "south"])
    (tmp_path / f"qa.{ending}").write_text(f"\ufeff{header}\n{first}\n{second}\n")
    found = read(SamplesSpec(path=f"qa.{ending}"), tmp_path)
    assert found[0] == AS_SAMPLES[0]
    assert found[1].input == "Capital\nof Italy?"
    assert found[1].cluster == "south"


def test_lists_in_cells_of_text_are_json(tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text('input,choices,context\nq,"[""a"", ""b""]",[not json\n')
    (sample,) = read(SamplesSpec(path="qa.csv"), tmp_path)
    assert sample.choices == ("a", "b")
    assert sample.context == ("[not json",)


def test_other_names_of_fields(tmp_path: Path) -> None:
    lines(tmp_path, {"question": "2 + 2?", "answer": 4, "id": 7})
    spec = SamplesSpec(path="qa.jsonl", fields={"input": "question", "target": "answer"})
    assert read(spec, tmp_path) == [Sample(id="7", input="2 + 2?", target=("4",))]


def test_turns_and_calls_of_tools(tmp_path: Path) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "assistant", "tool_calls": [{"name": "sum", "arguments": "[1]", "id": "x"}]},
        {"role": "tool", "content": "1", "tool_call_id": "x"},
    ]
    (sample,) = read(lines(tmp_path, {"messages": turns}), tmp_path)
    assert sample.id == "1"
    assert sample.messages[0] == Message(role="system", content="Be brief.")
    assert sample.messages[1].tool_calls == (ToolCall(name="sum", arguments="[1]", id="x"),)


def test_a_long_prompt_comes_whole(tmp_path: Path) -> None:
    long = "ü" * 500_000
    (sample,) = read(lines(tmp_path, {"input": long}), tmp_path)
    assert sample.input == long
    (tmp_path / "qa.csv").write_text(f"input\n{long}\n")
    (sample,) = read(SamplesSpec(path="qa.csv"), tmp_path)
    assert sample.input == long


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ('{"input": "x"', "line 2: it is not valid JSON"),
        ("[1]", "line 2: it must be a mapping"),
        ({"id": "a", "target": "x"}, "line 2: it asks nothing"),
        ({"inptu": "x"}, "Did you mean 'inptu'"),
        ({"input": {"a": 1}}, "'input' must be text, not a mapping"),
        ({"input": "x", "target": [{"a": 1}]}, "'target[0]' must be text"),
        ({"input": "x", "messages": []}, "'messages' must be a list"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0] is no turn"),
        ('{"input": "\\ud83d"}', "line 2"),
        ({"input": "x", "metadata": "y"}, "'metadata' must be a mapping"),
        ({"input": "x", "level": 1, "metadata": {"level": 2}}, "'level' stands in the record and"),
        ({"input": "x", "id": ""}, "its id must have"),
        ({"input": "x", "id": "first"}, "the id 'first' was given in line 1 already"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, record: Any, said: str) -> None:
    message = refused(lines(tmp_path, {"id": "first", "input": "good"}, record), tmp_path)
    assert message.startswith("qa.jsonl")
    assert said in message


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "qa.jsonl").write_bytes(b'{"input": "ok"}\n{"input": "caf\xe9"}\n')
    assert "qa.jsonl, line 2" in refused(SamplesSpec(path="qa.jsonl"), tmp_path)
    (tmp_path / "qa.csv").write_bytes(b"input\nok\ncaf\xe9\n")
    assert "is not UTF-8" in refused(SamplesSpec(path="qa.csv"), tmp_path)


def test_csv_with_a_cell_too_many(tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text("id,input\n1,a\n2,b,c\n")
    assert "qa.csv, line 3: it has more cells" in refused(SamplesSpec(path="qa.csv"), tmp_path)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (SamplesSpec(path="qb.jsonl"), "Did you mean 'qa.jsonl'"),
        (SamplesSpec(path="qa.jsonl", fields={"inputs": "x"}), "Did you mean 'input'"),
        (SamplesSpec(path="qa.txt"), "The ending of 'qa.txt' is not known"),
    ],
)
def test_a_file_that_cannot_be_opened(tmp_path: Path, spec: SamplesSpec, said: str) -> None:
    lines(tmp_path, TWO[0])
    (tmp_path / "qa.txt").write_text("x")
    assert said in refused(spec, tmp_path)


def test_the_fingerprint_is_that_of_content_and_names(tmp_path: Path) -> None:
    spec = lines(tmp_path, TWO[0])
    one = open_samples(spec, folder=str(tmp_path)).fingerprint
    renamed = SamplesSpec(path="qa.jsonl", fields={"input": "q"})
    assert open_samples(renamed, folder=str(tmp_path)).fingerprint != one
    lines(tmp_path, TWO[1])
    assert open_samples(spec, folder=str(tmp_path)).fingerprint != one
