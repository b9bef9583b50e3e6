"""Variants and needles in a suite file, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.core.check import SamplesSpec
from assay.core.errors import SuiteError
from assay.core.samples import NeedleSpec, VariantSpec
from assay.suite.load import load

SUITE = """
suite: wording
subjects:
  bot: {{llm: "http://127.0.0.1:9/v1", model: m}}
  qa: {subject}
checks:
  - llm.includes: {{on: bot, data: qa}}
    at_least: 0.5
"""


def read(folder: Path, subject: str) -> SamplesSpec:
    (folder / "qa.jsonl").write_text('{"id": "a", "input": "Who wrote Faust?", "target": "Goethe"}')
    file = folder / "suite.yaml"
    file.write_text(SUITE.format(subject=subject))
    found = load(file).subjects["qa"]
    assert isinstance(found, SamplesSpec)
    return found


def test_variants(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "{samples: qa.jsonl, variants: [typos, {typos: 0.3}, [case, {whitespace: 1}]], copies: 2,"
        " seed: 7}",
    )
    assert found.variants == (
        VariantSpec((("typos", None),)),
        VariantSpec((("typos", 0.3),)),
        VariantSpec((("case", None), ("whitespace", 1.0))),
    )
    assert [v.name for v in found.variants] == ["typos", "typos(0.3)", "case+whitespace(1)"]
    assert (found.copies, found.seed) == (2, 7)


def test_a_needle(tmp_path: Path) -> None:
    found = read(tmp_path, "{needle: {lengths: [900, 2000], depths: [0, 1], copies: 4}, seed: 3}")
    assert found.needle == NeedleSpec(lengths=(900, 2000), depths=(0.0, 1.0), copies=4)
    assert found.seed == 3
    both = read(tmp_path, "{needle: {lengths: [900]}, variants: [case]}")
    assert both.variants == (VariantSpec((("case", None),)),)


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("{samples: qa.jsonl, variants: typos}", "must be a list"),
        ("{samples: qa.jsonl, variants: [typoz]}", "Did you mean 'typos'"),
        ("{samples: qa.jsonl, variants: [{typos: 2}]}", "at most 1"),
        ("{samples: qa.jsonl, variants: [{case: 0.5}]}", "knows no degrees"),
        ("{samples: qa.jsonl, variants: [{typos: 0.1, case: 0.1}]}", "{name: strength}"),
        ("{samples: qa.jsonl, variants: [[]]}", "changes nothing"),
        ("{samples: qa.jsonl, variants: [case, case]}", "'case' twice"),
        ("{samples: qa.jsonl, copies: 2}", "copies are of variants"),
        ("{samples: qa.jsonl, variants: [case], copies: 0}", "copies must be 1 or more"),
        ("{needle: 4}", "must be a mapping"),
        ("{needle: {depths: [0]}}", "needs the key 'lengths'"),
        ("{needle: {lengths: [10]}}", "too short"),
        ("{needle: {lengths: [900], depth: [0]}}", "Did you mean 'depths'"),
        ("{needle: {lengths: [900]}, samples: qa.jsonl}", "has no key 'samples'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, subject: str, said: str) -> None:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, subject)
    assert said in str(caught.value)
    assert "suite.yaml:5:" in str(caught.value)
