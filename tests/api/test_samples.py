"""Samples and answers from other tools and for them, end to end: files in, a verdict out."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import assay
from assay.api.samples import export_samples, import_samples
from assay.cli.main import assay as command
from assay.core.check import SamplesSpec
from assay.core.errors import SubjectError, SuiteError
from assay.core.evidence import Text
from assay.subjects.samples.reading import open_samples
from assay.suite.load import load

FILES = Path(__file__).parents[1] / "fixtures" / "llm"
LOG: list[dict[str, Any]] = [
    {"id": "fr", "input": "Capital of France?", "target": "Paris", "output": "It is Paris.",
     "seconds": 0.4, "tokens": {"prompt": 9, "completion": 4}, "level": "easy"},
    {"id": "it", "input": "Capital of Italy?", "target": "Rome", "output": "Milan",
     "seconds": 0.9, "level": "easy"},
    {"id": "es", "input": "Capital of Spain?", "target": "Madrid", "output": "Madrid",
     "seconds": 0.5, "level": "hard"},
    {"id": "de", "input": "Capital of Germany?", "target": "Berlin", "error": "timeout",
     "level": "hard"},
]  # fmt: skip
SUITE = """
suite: log
subjects:
  bot: {answers: log.jsonl}
  qa: {samples: log.jsonl}
checks:
  - llm.includes: {on: bot, data: qa, by: [level], min_slice: 1}
    at_least: 0.1
  - llm.includes: {on: bot, data: qa, where: "level = 'easy'"}
    at_least: 0.1
  - llm.latency: {on: bot, data: qa, quantile: 0.5}
    at_most: 2
  - llm.first_token: {on: bot, data: qa}
    at_most: 2
  - llm.error_rate: {on: bot, data: qa}
    at_most: 0.9
"""


def log(folder: Path, *, lines: list[dict[str, Any]] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in lines or LOG))
    (folder / "suite.yaml").write_text(SUITE)
    return folder / "suite.yaml"


def run(suite: Path, **more: Any) -> Any:
    return assay.run(load(suite), home=suite.parent / ".assay", **more)


def results(found: Any) -> dict[str, Any]:
    return {result.id: result for result in found.results}


def test_questions_and_answers_of_one_file_are_scored_without_a_call(tmp_path: Path) -> None:
    found = results(run(log(tmp_path)))
    share = {
        tuple(m.key.values()): (m.value, m.n)
        for m in found["bot@qa/llm.includes/by=level"].measurements
    }
    assert share == {("easy",): (0.5, 2), ("hard",): (1.0, 1)}
    easy = next(r for r in found.values() if r.where)
    assert [m.value for m in easy.measurements] == [0.5]
    assert [m.value for m in found["bot@qa/llm.latency"].measurements] == [0.5]
    assert found["bot@qa/llm.first_token"].verdict == "not_applicable"
    assert "first_token_s" in found["bot@qa/llm.first_token"].reason
    assert [m.value for m in found["bot@qa/llm.error_rate"].measurements] == [0.25]


def test_without_times_there_is_no_latency(tmp_path: Path) -> None:
    lines = [{k: v for k, v in line.items() if k != "seconds"} for line in LOG]
    latency = results(run(log(tmp_path, lines=lines)))["bot@qa/llm.latency"]
    assert latency.verdict == "not_applicable"
    assert "no answer has a time" in latency.reason


def test_two_logs_are_paired_by_sample(tmp_path: Path) -> None:
    suite = log(tmp_path)
    run(suite, name="before")
    worse = [{**line, "output": "no"} if line["id"] == "es" else line for line in LOG]
    log(tmp_path, lines=worse)
    run(suite, name="after")
    compared = CliRunner().invoke(
        command, ["compare", "before", "after", "--home", str(tmp_path / ".assay")]
    )
    assert "Capital of Spain?" in compared.output
    assert "Madrid" in compared.output


def test_context_comes_with_the_answer(tmp_path: Path) -> None:
    text = "It is 330 metres tall."
    lines: list[dict[str, Any]] = [
        {"input": "How tall?", "output": text, "context": None, "found": [text]}
    ]
    suite = log(tmp_path, lines=lines)
    suite.write_text(
        "suite: s\nsubjects:\n  bot: {answers: log.jsonl, fields: {context: found}}\n"
        "  qa: {samples: log.jsonl}\nchecks:\n"
        "  - llm.groundedness: {on: bot, data: qa}\n    at_least: 0.1\n"
    )
    (found,) = run(suite).results
    assert [m.value for m in found.measurements] == [1.0]


@pytest.mark.parametrize(
    ("name", "samples", "answers", "value"),
    [
        ("inspect.eval", 3, 6, 2 / 3),  # Inspect itself: accuracy 0.667
        ("samples_capitals_mc.jsonl", 2, 2, 0.0),  # the harness itself: acc 0
        ("samples_capitals_gen.jsonl", 2, 2, 0.0),  # the harness itself: exact_match 0
        ("deepeval.json", 2, 1, None),
        ("ragas.csv", 2, 2, None),
    ],
)
def test_an_import_is_a_suite_that_runs(
    tmp_path: Path, name: str, samples: int, answers: int, value: float | None
) -> None:
    found = import_samples(FILES / name, folder=tmp_path)
    assert (found.samples, found.answers) == (samples, answers)
    measured = [m.value for r in run(tmp_path / "suite.yaml").results for m in r.measurements]
    assert len(measured) == 1
    if value is not None:
        assert measured == [pytest.approx(value)]


def test_promptfoo_becomes_a_suite_held_to_its_asserts(tmp_path: Path) -> None:
    imported = import_samples(FILES / "promptfooconfig.yaml", folder=tmp_path)
    assert (imported.samples, imported.answers) == (3, 0)
    text = (tmp_path / "suite.yaml").read_text()
    assert "Not mapped: javascript: it is code, which is not executed." in text
    answers = [
        {"id": "1", "output": "Paris", "seconds": 0.2, "cost": 0.0},
        {"id": "2", "output": '["Roma"]', "seconds": 0.2, "cost": 0.0},
        {"id": "3", "output": "Barcelona", "seconds": 0.2, "cost": 0.0005},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(a) + "\n" for a in answers))
    model = '{llm: "${LLM_URL}", model: "${LLM_MODEL}"}'
    assert model in text
    judge = 'grader: {llm: "${JUDGE_URL}", model: "${JUDGE_MODEL}", temperature: 0}'
    assert judge in text
    (tmp_path / "judging.py").write_text("def grade(prompt):\n    return 'GRADE: 1'\n")
    text = text.replace(judge, 'grader: {llm: "python:judging:grade"}')
    (tmp_path / "suite.yaml").write_text(text.replace(model, "{answers: a.jsonl}"))
    verdicts = {
        r.id.removeprefix("bot@qa/"): r.verdict
        for r in run(tmp_path / "suite.yaml", allow_code=True).results
    }
    assert list(verdicts.values()).count("fail") == 1  # icontains: Madrid
    assert list(verdicts.values()).count("pass") == 7


def test_data_sets_name_their_columns(tmp_path: Path) -> None:
    fields = {"input": "question", "target": "answers", "output": "question"}
    found = import_samples(FILES / "datasets", fields=fields, folder=tmp_path)
    assert (found.samples, found.answers, len(found.files)) == (3, 3, 2)
    with pytest.raises(SubjectError, match="Did you mean 'input'"):
        import_samples(FILES / "datasets", fields={"inputs": "x"}, folder=tmp_path / "b")


def test_nothing_is_overwritten_and_nothing_guessed(tmp_path: Path) -> None:
    import_samples(FILES / "inspect.eval", folder=tmp_path)
    with pytest.raises(SuiteError, match="already"):
        import_samples(FILES / "inspect.eval", folder=tmp_path)
    import_samples(FILES / "inspect.eval", folder=tmp_path, force=True)
    (tmp_path / "qa.jsonl").write_text('{"input": "q"}\n')
    with pytest.raises(SubjectError, match="does not tell which tool wrote it"):
        import_samples(tmp_path / "qa.jsonl", folder=tmp_path / "b")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("format", ["openai-evals", "deepeval", "promptfoo"])
def test_what_is_written_is_read_again(tmp_path: Path, format: str) -> None:
    log(tmp_path)
    ending = {"openai-evals": "out.jsonl", "deepeval": "out.json"}.get(format, "out.yaml")
    n, left = export_samples(format, tmp_path / ending, data=tmp_path / "log.jsonl")
    assert (n, left) == (4, ())
    spec = SamplesSpec(path=ending, format=format)
    again = list(open_samples(spec, folder=str(tmp_path)))
    asked = [s.input or s.messages[-1].content for s in again]
    assert asked == [line["input"] for line in LOG]
    assert [s.target for s in again] == [(line["target"],) for line in LOG]


def test_a_run_is_written_with_answers_and_scores(tmp_path: Path) -> None:
    home = tmp_path / ".assay"
    run(log(tmp_path))
    assert export_samples("jsonl", tmp_path / "o.jsonl", home=home, run="latest") == (4, ())
    first, second, *_, last = (
        json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()
    )
    assert (first["target"], first["answers"][0]["output"]) == ("Paris", "It is Paris.")
    assert (first["scores"], second["scores"]) == ({"llm.includes": 1.0}, {"llm.includes": 0.0})
    assert (last["answers"][0]["error"], last["scores"]) == ("timeout", {"llm.includes": None})
    export_samples("deepeval", tmp_path / "o.json", home=home, run="latest")
    goldens = json.loads((tmp_path / "o.json").read_text())
    assert [g["actual_output"] for g in goldens] == ["It is Paris.", "Milan", "Madrid", None]
    with pytest.raises(SubjectError, match="no answers of 'x@y'"):
        export_samples("jsonl", tmp_path / "p.jsonl", home=home, run="latest", subject="x@y")


def test_what_has_no_place_is_said(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"input": "q"},
        {"messages": [{"role": "user", "content": "q"}], "target": "t"},
    ]
    log(tmp_path, lines=lines)
    n, left = export_samples("openai-evals", tmp_path / "a.jsonl", data=tmp_path / "log.jsonl")
    assert (n, left) == (1, ("'1': it has no target, which is its `ideal` there",))
    done = CliRunner().invoke(
        command,
        ["samples", "export", str(tmp_path / "log.jsonl"), "--to", "promptfoo", "-o",
         str(tmp_path / "p.json")],
    )  # fmt: skip
    assert done.exit_code == 0
    assert "not written: '2': it has several turns" in done.output
    assert "No place there have choices, answers and scores." in done.output


def test_the_command_line_says_what_it_did(tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(
        command,
        ["samples", "import", str(FILES / "inspect.json"), "-o", str(tmp_path / "x"), "--json"],
    )
    facts = json.loads(done.stdout)
    assert (facts["format"], facts["samples"], facts["answers"]) == ("inspect", 3, 6)
    assert facts["checks"] == [{"what": "includes", "metric": "llm.includes", "reason": None}]
    neither = runner.invoke(command, ["samples", "export", "--to", "jsonl", "-o", "x"])
    assert neither.exit_code == 2
    assert "Name either a file of samples, or a run" in neither.output
    wrong = runner.invoke(command, ["samples", "import", str(FILES / "datasets"), "--field", "x"])
    assert "is not written FIELD=COLUMN" in wrong.output


def test_a_production_log_in_csv(tmp_path: Path) -> None:
    with open(tmp_path / "log.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["prompt", "wanted", "response", "ms"])
        writer.writerows([["2+2?", "4", "It is 4, 4", 0.1], ["3+3?", "6", "", ""]])
    (tmp_path / "suite.yaml").write_text(
        "suite: s\nsubjects:\n"
        "  bot: {answers: log.csv, fields: {output: response, seconds: ms}}\n"
        "  qa: {samples: log.csv, fields: {input: prompt, target: wanted}}\n"
        "checks:\n  - llm.includes: {on: bot, data: qa}\n    at_least: 0.1\n"
    )
    (found,) = run(tmp_path / "suite.yaml").results
    assert [(m.value, m.n) for m in found.measurements] == [(1.0, 1)]
    said = next(e.text for e in found.evidence if isinstance(e, Text))
    assert "1 of 2 answers are errors: the file has no output of it." in said


def test_what_a_check_does_not_take_is_named_and_the_rest_is_written(tmp_path: Path) -> None:
    config = tmp_path / "p.yaml"
    config.write_text(
        "prompts: [hi]\ntests:\n  - assert:\n"
        "      - {type: regex, value: '('}\n"
        "      - {type: is-json, value: {type: 5}}\n"
        "      - {type: is-refusal}\n"
    )
    found = import_samples(config, folder=tmp_path / "suite")
    assert {one.what: one.metric for one in found.wanted} == {
        "regex": "", "is-json": "", "is-refusal": "llm.refusal",
    }  # fmt: skip
    assert "the pattern is not one of RE2" in found.wanted[0].reason
    load(
        tmp_path / "suite" / "suite.yaml", environ={"LLM_URL": "http://127.0.0.1", "LLM_MODEL": "m"}
    )
