"""Foreign files that are damaged, or made to do harm: each is an error that says what is wrong."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from assay.core.check import LanguageModelSpec, SamplesSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Answer, Sample
from assay.subjects.language.stored import open_stored
from assay.subjects.samples.formats.finding import open_foreign
from assay.subjects.samples.formats.foreign import Wanted
from assay.subjects.samples.reading import open_samples

DEEP = "[" * 100_000
LISTED = f"{{vars: {{a: [{', '.join('1' * 400)}]}}}}"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


def samples(folder: Path, name: str, format: str | None = None) -> list[Sample]:
    return list(open_samples(SamplesSpec(path=name, format=format), folder=str(folder)))


def answers(folder: Path, name: str) -> list[Answer]:
    return list(open_stored(LanguageModelSpec(answers=name), folder=str(folder)))


def wanted(folder: Path, name: str) -> list[Wanted]:
    found = open_foreign(str(folder / name), name, None)
    assert found is not None
    return list(found.wanted())


def write(folder: Path, name: str, content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return name


def log(folder: Path, **members: Any) -> str:
    """A log of Inspect with these members, ``samples/…`` where no header."""
    with zipfile.ZipFile(folder / "log.eval", "w") as archive:
        for name, content in members.items():
            text = content if isinstance(content, str) else json.dumps(content)
            archive.writestr(f"{'' if name == 'header' else 'samples/'}{name}.json", text)
    return "log.eval"


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ({"id": 1, "input": [5]}, "'input' is a number, not a mapping (sample 1)"),
        ({"id": 1, "input": [{"role": "user", "content": [5]}]}, "'content' is a number"),
        ({"id": 1, "input": [{"role": "user", "tool_calls": 5}]}, "'tool_calls' is a number"),
        (DEEP, "nested too deeply"),
        ('{"id": 1, "attachments": {"k": "v"}, "output": ' + '{"a": ' * 900 + "1" + "}" * 901,
         "nested too deeply"),
    ],
)  # fmt: skip
def test_a_log_of_inspect_with_another_shape(tmp_path: Path, member: Any, words: str) -> None:
    with pytest.raises(SubjectError, match=r"is not what inspect writes") as caught:
        samples(tmp_path, log(tmp_path, a=member))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("output", "error", "words"),
    [
        (5, None, "'output' is a number"),
        ([1], None, "'output' is a list, not a mapping"),
        ({"choices": [5]}, None, "'choices' is a number"),
        ({"choices": [{"message": {"tool_calls": [5]}}]}, None, "'tool_calls' is a number"),
        ({}, "boom", "'error' is text"),
    ],
)
def test_answers_of_inspect_with_another_shape(
    tmp_path: Path, output: Any, error: Any, words: str
) -> None:
    whole = {"id": 1, "input": "x", "output": {"completion": "y"}}
    bad = {"id": 2, "input": "x", "output": output, "error": error}
    with pytest.raises(SubjectError) as caught:
        answers(tmp_path, log(tmp_path, a=whole, b=bad))
    assert words in str(caught.value)
    assert "(sample 2)" in str(caught.value)


@pytest.mark.parametrize("results", [[1], {"scores": [5]}, {"scores": {"a": 1}}])
def test_scores_of_inspect_with_another_shape(tmp_path: Path, results: Any) -> None:
    with pytest.raises(SubjectError, match=r"is not what inspect writes"):
        wanted(tmp_path, log(tmp_path, header={"results": results}))


def test_a_log_in_json_that_lists_no_samples(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"'samples' is a number, not a mapping"):
        samples(tmp_path, write(tmp_path, "log.eval", {"samples": [5]}))
    with pytest.raises(SubjectError, match=r"nested too deeply"):
        samples(tmp_path, write(tmp_path, "log.eval", '{"samples": ' + DEEP))


@pytest.mark.parametrize(
    "variables",
    ["{q: *j}", "{q: {a: *j}}"],
)
def test_aliases_are_counted_before_they_are_written_out(tmp_path: Path, variables: str) -> None:
    text = f"{LAUGHS}prompts: ['{{{{q}}}} {{{{q.a}}}}']\ntests: [{{vars: {variables}}}]\n"
    with pytest.raises(SubjectError, match=r"more than 1,000,000 values \(aliases written out\)"):
        samples(tmp_path, write(tmp_path, "p.yaml", text))


@pytest.mark.parametrize(
    "tests",
    [
        "[{vars: &v {q: {a: *v}}}]",
        "[{vars: {q: 1}, assert: [&s {type: assert-set, assert: [*s]}]}]",
    ],
)
def test_a_configuration_that_holds_itself(tmp_path: Path, tests: str) -> None:
    text = f"prompts: ['{{{{q}}}}']\ntests: {tests}\n"
    with pytest.raises(SubjectError, match=r"a value in it holds itself"):
        samples(tmp_path, write(tmp_path, "p.yaml", text))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("tests: [{assert: 7}]", "'assert' is a number, not a list (test 1)"),
        ("defaultTest: {assert: 5}\ntests: [{vars: {}}]", "'assert' is a number"),
        ("assertionTemplates: 7\ntests: [{vars: {}}]", "'assertionTemplates' is a number"),
        ("tests: [{assert: [{type: assert-set, assert: [5]}]}]", "'assert' is a number"),
        (f"tests: [{', '.join([LISTED] * 300)}]",
         "test 251: with its lists it is more than 100,000 questions"),
    ],
)  # fmt: skip
def test_a_configuration_with_another_shape(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(SubjectError) as caught:
        samples(tmp_path, write(tmp_path, "p.yaml", f"prompts: [a]\n{more}\n"))
    assert words in str(caught.value)


@pytest.mark.parametrize("threshold", ["x", ".nan", "[1]"])
@pytest.mark.parametrize("kind", ["rouge-n, value: a", "llm-rubric, value: a", "latency"])
def test_a_threshold_that_is_no_number_is_left_out_and_said(
    tmp_path: Path, kind: str, threshold: str
) -> None:
    tests = f"[{{assert: [{{type: {kind}, threshold: {threshold}}}]}}]"
    write(tmp_path, "p.yaml", f"prompts: [a]\ntests: {tests}\n")
    (left,) = wanted(tmp_path, "p.yaml")
    assert (left.metric, left.reason) == ("", "its threshold is no number")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"arguments": [5]}, "'arguments' are no lists of what was asked"),
        ({"doc_id": [1], "arguments": 5}, "it asks nothing"),
    ],
)
def test_samples_of_the_harness_with_another_shape(
    tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    record = {"doc_id": 1, "doc": {}, "target": "x", "resps": [["y"]], "arguments": [["p", {}]]}
    with pytest.raises(SubjectError) as caught:
        samples(tmp_path, write(tmp_path, "s.jsonl", record | more))
    assert words in str(caught.value)


def test_a_likelihood_that_is_no_number_is_not_the_highest(tmp_path: Path) -> None:
    record = {
        "doc_id": 1, "doc": {}, "target": "0", "arguments": [["p", "a"], ["p", "b"]],
        "resps": [[["nan", "False"]], [["-1.0", "False"]]],
    }  # fmt: skip
    with pytest.raises(SubjectError, match=r"the likelihood of one of its options is no number"):
        answers(tmp_path, write(tmp_path, "s.jsonl", record))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("state.json", {"_data_files": 5}, "'_data_files' is a number, not a list"),
        ("state.json", {"_data_files": [5]}, "'_data_files' is a number, not a mapping"),
        ("state.json", DEEP, "nested too deeply"),
        ("dataset_dict.json", {"splits": 5}, "'splits' is a number"),
    ],
)
def test_a_data_set_with_another_shape(tmp_path: Path, name: str, content: Any, words: str) -> None:
    write(tmp_path, f"data/{name}", content)
    with pytest.raises(SubjectError) as caught:
        samples(tmp_path, "data")
    assert words in str(caught.value)


@pytest.mark.parametrize("format", [None, "deepeval", "ragas"])
@pytest.mark.parametrize("name", ["s.json", "s.jsonl"])
def test_json_that_is_nested_without_end(tmp_path: Path, name: str, format: str | None) -> None:
    with pytest.raises(SubjectError, match=r"nested too deeply"):
        samples(tmp_path, write(tmp_path, name, DEEP), format)


def test_a_cell_that_is_nested_without_end_is_text(tmp_path: Path) -> None:
    write(tmp_path, "s.csv", f'id,input,context\na,x,"{DEEP}"\n')
    (found,) = samples(tmp_path, "s.csv")
    assert found.context == (DEEP,)
