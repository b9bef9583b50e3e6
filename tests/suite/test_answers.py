"""Subjects of answers that exist already, and samples of other tools, in suite files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.core.check import LanguageModelSpec, SamplesSpec
from assay.core.errors import SuiteError
from assay.suite.load import loads
from assay.suite.schema import json_schema

CHECKS = """
checks:
  - llm.includes: {on: bot, data: qa}
    at_least: 0.5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.jsonl").write_text('{"id": "a", "output": "x"}\n')
    (tmp_path / "qa.jsonl").write_text('{"id": "a", "input": "q", "target": "x"}\n')
    (tmp_path / "goldens.jsonl").write_text('{"input": "q", "expected_output": "x"}\n')
    return tmp_path


def subjects(folder: Path, bot: str, qa: str = "{samples: qa.jsonl}") -> Any:
    text = f"suite: s\nsubjects:\n  bot: {bot}\n  qa: {qa}\n{CHECKS}"
    return loads(text, file="s.yaml", folder=str(folder)).subjects


def refused(folder: Path, bot: str, qa: str = "{samples: qa.jsonl}") -> str:
    with pytest.raises(SuiteError) as caught:
        subjects(folder, bot, qa)
    return str(caught.value)


def test_answers_stand_in_the_place_of_a_model(folder: Path) -> None:
    bot = subjects(
        folder, "{answers: a.jsonl, fields: {output: text}, price: {prompt: 1, completion: 2}}"
    )["bot"]
    assert isinstance(bot, LanguageModelSpec)
    assert (bot.answers, bot.answers_fields) == ("a.jsonl", {"output": "text"})
    assert (bot.price_prompt, bot.price_completion) == (1, 2)


def test_a_format_is_read(folder: Path) -> None:
    qa = subjects(folder, "{answers: a.jsonl}", "{samples: goldens.jsonl, format: deepeval}")["qa"]
    assert isinstance(qa, SamplesSpec)
    assert qa.format == "deepeval"


@pytest.mark.parametrize(
    ("bot", "said"),
    [
        ("{answers: b.jsonl}", "Did you mean 'a.jsonl'?"),
        ("{answers: a.jsonl, field: {}}", "Did you mean 'fields'?"),
        ("{answers: a.jsonl, temperature: 0}", "temperature"),
        ("{answers: a.jsonl, fields: {outputs: x}}", "Did you mean 'output'?"),
        ("{answers: a.jsonl, format: promptfoo}", "hold samples and no answers"),
        ("{answers: a.jsonl, format: gx}", "There is no format 'gx'."),
        ("{answers: a.jsonl, price: {prompt: 1}}", "price needs the key 'completion'"),
        ("{answers: a.jsonl, price: {prompt: -1, completion: 1}}", "0 or more"),
        ("{answers: [a.jsonl]}", "answers"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(folder: Path, bot: str, said: str) -> None:
    message = refused(folder, bot)
    assert said in message
    assert message.startswith("s.yaml:3:")


def test_a_format_of_samples_that_is_none(folder: Path) -> None:
    said = refused(folder, "{answers: a.jsonl}", "{samples: qa.jsonl, format: deepevil}")
    assert "Did you mean 'deepeval'?" in said


def test_the_schema_knows_them() -> None:
    import jsonschema

    schema = json_schema()
    text = {"on": "bot", "data": "qa"}
    document = {
        "suite": "s",
        "subjects": {
            "bot": {"answers": "a.jsonl", "fields": {"output": "text"}, "format": "inspect"},
            "qa": {"samples": "a.eval", "format": "inspect"},
        },
        "checks": [{"llm.includes": text}],
    }
    jsonschema.validate(document, schema)
    document["subjects"]["bot"]["model"] = "m"  # type: ignore[index]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)
