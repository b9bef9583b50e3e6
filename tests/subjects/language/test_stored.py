"""Answers from files: what they hold, and what is said of lines that hold none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.check import LanguageModelSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Answer, Tokens, ToolCall
from assay.subjects.language.model import open_language_model
from assay.subjects.language.stored import open_stored


def read(folder: Path, *records: Any, name: str = "a.jsonl", **more: Any) -> list[Answer]:
    lines = (r if isinstance(r, str) else json.dumps(r) for r in records)
    if records:
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return list(open_stored(LanguageModelSpec(answers=name, **more), folder=str(folder)))


def refused(folder: Path, *records: Any, **more: Any) -> str:
    with pytest.raises(SubjectError) as caught:
        read(folder, *records, **more)
    return str(caught.value)


def test_all_fields(tmp_path: Path) -> None:
    record = {
        "id": 7, "output": "Paris", "seconds": 0.5, "first_token_s": 0.1, "cost": 0.002,
        "tokens": {"prompt_tokens": 9, "completion_tokens": 2}, "finish": "max_tokens",
        "logprobs": [-0.1, 0], "context": ["a", "b"],
        "tool_calls": [{"id": "1", "type": "function",
                        "function": {"name": "f", "arguments": "{}"}}],
    }  # fmt: skip
    assert read(tmp_path, record) == [
        Answer(
            unit="7", text="Paris", finish="length", seconds=0.5, first_token_s=0.1, cost=0.002,
            tokens=Tokens(prompt=9, completion=2), logprobs=(-0.1, 0.0), context=("a", "b"),
            tool_calls=(ToolCall(name="f", arguments="{}", id="1"),),
        )
    ]  # fmt: skip


def test_time_that_is_not_told_is_not_none_at_all(tmp_path: Path) -> None:
    told, untold = read(tmp_path, {"id": "a", "output": "x", "seconds": 0}, {"output": "y"})
    assert told.seconds == 0.0
    assert untold.seconds is None


def test_several_lines_of_one_sample_are_repeats(tmp_path: Path) -> None:
    found = read(
        tmp_path, *({"id": i, "output": t} for i, t in (("a", "1"), ("b", "2"), ("a", "3")))
    )
    assert [(a.unit, a.repeat, a.text) for a in found] == [
        ("a", 0, "1"), ("b", 0, "2"), ("a", 1, "3"),
    ]  # fmt: skip


def test_without_ids_lines_are_counted(tmp_path: Path) -> None:
    assert [a.unit for a in read(tmp_path, {"output": "x"}, {"output": "y"})] == ["1", "2"]


def test_fields_have_other_names_and_stand_deep(tmp_path: Path) -> None:
    record = {"request": {"id": "q"}, "response": {"choices": [{"message": {"content": "hi"}}]}}
    fields = {"id": "request.id", "output": "response.choices.0.message.content"}
    assert read(tmp_path, record, answers_fields=fields) == [
        Answer(unit="q", text="hi", seconds=None)
    ]


def test_csv_and_parquet_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,output,seconds,tokens\na,"x, y",0.25,3\nb,,,\n')
    table = pa.table({"id": ["a", "b"], "output": ["x, y", None], "seconds": [0.25, None],
                      "tokens": [3, None]})  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    found = read(tmp_path, name="a.csv")
    assert found == read(tmp_path, name="a.parquet")
    assert found[0] == Answer(unit="a", text="x, y", seconds=0.25, tokens=Tokens(completion=3))
    assert found[1].error == "the file has no output of it"


def test_half_a_character_is_mended(tmp_path: Path) -> None:
    (found,) = read(tmp_path, '{"id": "a", "output": "x \\ud800 y"}')
    assert found.text == "x \ufffd y"


def test_an_error_is_no_empty_answer(tmp_path: Path) -> None:
    empty, failed, null, refusal = read(
        tmp_path, {"id": "a", "output": ""}, {"id": "b", "error": "timeout"},
        {"id": "c", "output": None}, {"id": "d", "refusal": "No."},
    )  # fmt: skip
    assert (empty.text, empty.error) == ("", "")
    assert failed.error == "timeout"
    assert null.error == "the file has no output of it"
    assert (refusal.refusal, refusal.error) == ("No.", "")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"id": "a", "output": "x", "seconds": "soon"}, "'seconds' must be a number of 0 or more"),
        ({"id": "a", "output": "x", "seconds": -1}, "'seconds' must be a number of 0 or more"),
        ({"id": "a", "output": "x", "cost": True}, "'cost' must be a number"),
        ({"id": "a", "output": {"b": 1}}, "'output' must be text, not a mapping"),
        ({"id": "a", "output": "x", "tokens": 1.5}, "'tokens' must be a whole number, not 1.5"),
        ({"id": "a", "output": "x", "tokens": 1e300}, "'tokens' must be a whole number"),
        ({"id": "a", "output": "x", "logprobs": [0.3]}, "must be logarithms of probabilities"),
        ({"id": "a", "output": "x", "tool_calls": [{}]}, "tool_calls[0] names no tool"),
        ({"id": "", "output": "x"}, "its id must have from 1 to 500 characters"),
        ({"id": "a", "outputs": "x"}, "it has no 'output'. Did you mean 'outputs'?"),
        ("{broken", "it is not valid JSON"),
        ("[1]", "it must be a mapping with 'id' and 'output'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, record: Any, said: str) -> None:
    message = refused(tmp_path, {"id": "0", "output": "fine"}, "", record)
    assert message.startswith("a.jsonl, line 3: ")
    assert said in message


def test_one_answer_cannot_stand_there_twice(tmp_path: Path) -> None:
    line = {"id": "a", "repeat": 1, "output": "x"}
    assert "the answer 1 to 'a' was given in line 1 already" in refused(tmp_path, line, line)


def test_a_csv_without_the_column_is_no_file_of_failures(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,response\na,x\n")
    message = refused(tmp_path, name="a.csv")
    assert "none of its 1 records has 'output'." in message
    assert "fields: {output: …}" in message


def test_fields_and_formats_are_known(tmp_path: Path) -> None:
    assert "Did you mean 'output'?" in refused(tmp_path, {}, answers_fields={"ouput": "x"})
    assert "Did you mean 'inspect'?" in refused(tmp_path, {}, answers_format="inspekt")
    (tmp_path / "p.yaml").write_text("prompts: [a]\n")
    assert "hold samples and no answers" in refused(tmp_path, name="p.yaml")
    assert "There is no file" in refused(tmp_path, name="none.jsonl")


def test_they_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="exist already: they cannot be asked"):
        open_language_model(
            LanguageModelSpec(answers="a.jsonl"), folder=str(tmp_path), allow_code=False
        )


def test_the_fingerprint_is_of_content_and_names(tmp_path: Path) -> None:
    read(tmp_path, {"id": "a", "output": "x", "o": "y"})

    def fingerprint(**more: Any) -> str:
        return open_stored(
            LanguageModelSpec(answers="a.jsonl", **more), folder=str(tmp_path)
        ).fingerprint

    assert fingerprint() == fingerprint()
    assert fingerprint() != fingerprint(answers_fields={"output": "o"})
