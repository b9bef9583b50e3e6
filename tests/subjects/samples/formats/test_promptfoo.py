"""Configurations of promptfoo: what they ask, of which samples, and what is left out and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.core.check import SamplesSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Message, Sample
from assay.subjects.samples.formats.foreign import Wanted
from assay.subjects.samples.formats.promptfoo import Promptfoo
from assay.subjects.samples.reading import open_samples

CONFIG = Path(__file__).parents[3] / "fixtures" / "llm" / "promptfooconfig.yaml"


def read(folder: Path, text: str) -> list[Sample]:
    (folder / "p.yaml").write_text(text)
    return list(open_samples(SamplesSpec(path="p.yaml"), folder=str(folder)))


def asked(folder: Path, *asserts: str) -> list[Wanted]:
    """What one test with these asserts asks."""
    lines = "".join(f"      - {one}\n" for one in asserts)
    (folder / "p.yaml").write_text(f"prompts: [hi]\ntests:\n  - assert:\n{lines}")
    return list(Promptfoo(str(folder / "p.yaml"), "p.yaml").wanted())


def refused(folder: Path, text: str) -> str:
    with pytest.raises(SubjectError) as caught:
        read(folder, text)
    return str(caught.value)


def test_prompts_are_filled_in_with_the_defaults() -> None:
    found = list(open_samples(SamplesSpec(path=str(CONFIG)), folder=""))
    assert [s.input for s in found] == [
        "Answer in one word. What is the capital of France?",
        "Answer in one word. Name the capital of Italy as JSON.",
        "Answer in one word. What is the capital of Spain?",
    ]
    assert [s.target for s in found] == [("Paris",), ("Rome", "Roma"), ("Madrid",)]
    assert found[0].metadata["tone"] == "plain"
    assert found[0].metadata["description"] == "a capital of Europe"


def test_each_check_names_its_samples_and_nothing_is_dropped() -> None:
    wanted = list(Promptfoo(str(CONFIG), "p.yaml").wanted())
    samples = list(open_samples(SamplesSpec(path=str(CONFIG)), folder=""))
    about = {
        one.what: (
            one.metric,
            [s.id for s in samples if not one.where or s.metadata.get(one.where)],
        )
        for one in wanted
        if one.metric
    }
    assert about == {
        "latency": ("llm.latency", ["1", "2", "3"]),
        "icontains": ("llm.includes", ["1", "3"]),
        "not-contains": ("llm.matches", ["1"]),
        "is-json": ("llm.is_json", ["2"]),
        "contains-any": ("llm.includes", ["2"]),
        "regex": ("llm.matches", ["3"]),
        "cost": ("llm.cost", ["3"]),
        "llm-rubric": ("llm.judge", ["1"]),
    }
    assert {one.what for one in wanted if not one.metric} == {
        "prompt file://prompts/long.txt", "javascript", "made-up",
    }  # fmt: skip
    assert all(one.reason for one in wanted if not one.metric)


def test_prompts_times_tests_times_lists(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "prompts: ['{{a}} {{b}}', {raw: '{{a}}!', label: short}]\n"
        "tests: [{vars: {a: [x, y], b: 1}}, {vars: {a: z, b: {c: 2}}}]\n",
    )
    assert [(s.id, s.input) for s in found] == [
        ("1-v1-p1", "x 1"), ("1-v1-p2", "x!"), ("1-v2-p1", "y 1"), ("1-v2-p2", "y!"),
        ("2-p1", 'z {"c":2}'), ("2-p2", "z!"),
    ]  # fmt: skip
    assert found[1].metadata == {"a": "x", "b": 1, "prompt": "short"}


def test_turns_in_json(tmp_path: Path) -> None:
    prompt = '[{"role": "system", "content": "Be {{how}}."}, {"role": "user", "content": "Hi"}]'
    (found,) = read(tmp_path, f"prompts: ['{prompt}']\ntests: [{{vars: {{how: kind}}}}]\n")
    assert found.messages == (
        Message(role="system", content="Be kind."), Message(role="user", content="Hi"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "metric", "params", "criterion"),
    [
        ("{type: equals, value: A}", "llm.exact_match", {}, ("at_least", 1.0)),
        ("{type: not-equals, value: A}", "llm.exact_match", {}, ("at_most", 0.0)),
        ("{type: contains, value: A}", "llm.includes", {"ignore_case": False, "words": False},
         ("at_least", 1.0)),
        ("{type: contains-all, value: [A, B]}", "llm.includes",
         {"ignore_case": False, "words": False, "every": True}, ("at_least", 1.0)),
        ("{type: starts-with, value: 'a.b'}", "llm.matches", {"pattern": "^a\\.b"},
         ("at_least", 1.0)),
        ("{type: not-regex, value: 'a+'}", "llm.matches", {"pattern": "(?-s)a+"}, ("at_most", 0.0)),
        ("{type: latency, threshold: 500}", "llm.latency", {"quantile": 0.95}, ("at_most", 0.5)),
        ("{type: cost, threshold: 0.01}", "llm.cost", {}, ("at_most", 0.01)),
        ("{type: is-refusal}", "llm.refusal", {}, ("at_least", 1.0)),
        ("{type: rouge-n, value: A, threshold: 0.6}", "llm.rouge", {"n": 1}, ("at_least", 0.6)),
        ("{type: bleu, value: A}", "llm.bleu", {}, ("at_least", 0.5)),
        ("{type: is-json, value: {type: object}}", "llm.json_schema",
         {"schema": {"type": "object"}}, ("at_least", 1.0)),
        ("{type: word-count, value: {min: 2, max: 9}}", "llm.within_length",
         {"least": 2, "most": 9}, ("at_least", 1.0)),
        ("{type: llm-rubric, value: Polite?}", "llm.judge",
         {"judge": "grader", "rubric": "Polite?", "scale": [0, 1]}, ("at_least", 1.0)),
        ("{type: factuality, value: A}", "llm.factuality", {"judge": "grader"}, ("at_least", 1.0)),
        ("{type: answer-relevance, threshold: 0.8}", "llm.answer_relevance", {"judge": "grader"},
         ("at_least", 0.8)),
        ("{type: assert-set, assert: [{type: is-json}]}", "llm.is_json", {}, ("at_least", 1.0)),
    ],
)  # fmt: skip
def test_asserts_and_their_checks(
    tmp_path: Path, written: str, metric: str, params: dict[str, Any], criterion: tuple[str, float]
) -> None:
    (one,) = asked(tmp_path, written)
    assert (one.metric, one.params, one.criterion) == (metric, params, criterion)
    assert one.where == ""


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{type: python, value: 'import os'}", "it is code"),
        ("{type: webhook, value: 'https://x'}", "it is code"),
        ("{type: select-best, value: x}", "it needs a judge"),
        ("{type: regex, value: 'a(?=b)'}", "no lookaround"),
        ("{type: not-latency, threshold: 3}", "the opposite of a bound"),
        ("{type: assert-set, threshold: 0.5, assert: []}", "a share of several asserts"),
        ("{type: equals, value: {a: 1}}", "its value is no text"),
        ("{type: contains, value: 'file://x.txt'}", "the file 'file://x.txt': files are not read"),
        ("{type: contains, value: '{{gone}}'}", "for which there is no variable"),
        ("{type: levenshtein, value: x}", "it has no counterpart"),
        ("{type: similar, value: x}", "it needs an embedder"),
        ("{type: is-json, value: '{broken'}", "its schema is no JSON"),
    ],
)
def test_what_has_no_check_says_why(tmp_path: Path, written: str, reason: str) -> None:
    (one,) = asked(tmp_path, written)
    assert one.metric == ""
    assert reason in one.reason


def test_a_second_target_is_found_by_a_pattern_or_said(tmp_path: Path) -> None:
    first, second, third = asked(
        tmp_path, "{type: equals, value: A}", "{type: icontains, value: 'b.'}",
        "{type: bleu, value: C}",
    )  # fmt: skip
    assert first.metric == "llm.exact_match"
    assert (second.metric, second.params) == (
        "llm.matches", {"pattern": "b\\.", "ignore_case": True},
    )  # fmt: skip
    assert third.metric == ""
    assert "`equals` of the same test has another value" in third.reason


def test_templates_of_asserts(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        "prompts: [hi]\nassertionTemplates: {json: {type: is-json}}\n"
        "tests: [{assert: [{$ref: '#/assertionTemplates/json'}]}]\n"
    )
    assert [one.metric for one in Promptfoo(str(tmp_path / "p.yaml"), "p").wanted()] == [
        "llm.is_json"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prompts: [hi\n", "is not what promptfoo writes"),
        ("a: 1\n", "it has neither prompts nor tests"),
        ("prompts: [file://a.txt]\n", "it has no prompt that is written in it"),
        ("prompts: [hi]\ntests: file://t.csv\n", "it has no test that is written in it"),
        ("prompts: ['{{a | upper}}']\ntests: [{vars: {a: x}}]\n", "more than a variable"),
        ("prompts: ['{% if a %}']\ntests: [{vars: {a: x}}]\n", "more than a variable"),
        (
            "prompts: ['{{b}}']\ntests: [{vars: {a: x}}]\n",
            "p.yaml, test 1: its prompt 1 holds {{b}}",
        ),
        ("prompts: ['{{a}}']\ntests: [{vars: {a: 'file://x.js'}}]\n", "files are not read"),
        ("prompts: [hi]\ntests: [{assert: [x]}]\n", "one of its asserts is no mapping"),
        (
            "prompts: !!python/object/apply:os.system ['touch made']\n",
            "is not what promptfoo writes",
        ),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text)
    assert not (tmp_path / "made").exists()


def test_a_product_that_never_ends_is_refused(tmp_path: Path) -> None:
    many = list(range(400))
    text = f"prompts: ['{{{{a}}}}']\ntests: [{{vars: {{a: {many}, b: {many}, c: {many}}}}}]\n"
    assert "more than 100,000 questions" in refused(tmp_path, text)
