"""Language models and samples in a suite: what is meant, and what is refused and where."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from assay.core.check import ApplicationSpec, LanguageModelSpec, SamplesSpec, Suite
from assay.core.errors import SuiteError
from assay.suite.load import loads
from assay.suite.schema import json_schema

KEY = {"KEY": "sk-secret-123"}


def suite(folder: Path, model: str, samples: str = "{samples: qa.jsonl}") -> str:
    (folder / "qa.jsonl").write_text('{"id": "a", "input": "x", "target": "y"}\n')
    return (
        f"suite: s\nsubjects:\n  bot: {model}\n  qa: {samples}\nchecks:\n"
        "  - llm.includes: {on: bot, data: qa}\n    at_least: 0.5\n"
    )


def read(folder: Path, model: str, samples: str = "{samples: qa.jsonl}") -> Suite:
    return loads(suite(folder, model, samples), folder=str(folder), environ=KEY)


def refused(folder: Path, model: str, samples: str = "{samples: qa.jsonl}") -> str:
    with pytest.raises(SuiteError) as caught:
        read(folder, model, samples)
    assert "sk-secret" not in str(caught.value)
    return str(caught.value)


def bot(found: Suite) -> LanguageModelSpec:
    spec = found.subjects["bot"]
    assert isinstance(spec, LanguageModelSpec)
    return spec


def test_the_smallest(tmp_path: Path) -> None:
    found = read(tmp_path, '{llm: "http://127.0.0.1:8080/v1", model: m}')
    assert (bot(found).url, bot(found).model) == ("http://127.0.0.1:8080/v1", "m")
    assert isinstance(found.subjects["qa"], SamplesSpec)
    assert found.checks[0].on == "bot"
    assert found.checks[0].data == "qa"


WHOLE = """
    llm: "https://api.example.com/v1"
    model: m
    api_key: ${KEY}
    headers: {X-Team: quality}
    system: Be brief.
    template: "{context} {input}"
    temperature: 0
    top_p: 0.9
    max_tokens: 20
    seed: 3
    stop: ["END"]
    options: {logit_bias: {"5": -100}}
    stream: true
    logprobs: true
    cache: true
    repeats: 5
    concurrency: 50
    requests_per_minute: 600
    tokens_per_minute: 1e5
    timeout: 30
    attempts: 3
    price: {prompt: 0.15, completion: 0.6}
    budget: {money: 2, tokens: 100000}
"""


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    spec = bot(read(tmp_path, WHOLE))
    assert spec.api_key == "sk-secret-123"
    assert "sk-secret" not in repr(spec)
    assert spec.options == {"logit_bias": {"5": -100}}
    assert (spec.timeout_s, spec.budget, spec.budget_tokens) == (30, 2, 100_000)
    assert (spec.price_prompt, spec.price_completion) == (0.15, 0.6)
    assert spec.stop == ("END",)


@pytest.mark.parametrize("model", ['{llm: "http://h/v1", model: m}', WHOLE])
def test_the_schema_knows_them(tmp_path: Path, model: str) -> None:
    from ruamel.yaml import YAML

    jsonschema.validate(YAML(typ="safe").load(suite(tmp_path, model)), json_schema())


def test_a_callable(tmp_path: Path) -> None:
    spec = bot(read(tmp_path, '{llm: "python:app.chat:answer"}'))
    assert (spec.call, spec.url) == ("app.chat:answer", None)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ('{llm: "api.example.com"}', "must begin with http:// or https://"),
        ('{llm: "http://h/v1"}', "needs the key 'model'"),
        ('{llm: "python:nonsense"}', "written python:module:attribute"),
        ('{llm: "transformers:"}', "written transformers:FOLDER"),
        ('{llm: "http://h", model: m, api_key: sk-secret}', "must come from the environment"),
        ('{llm: "http://h.com", model: m, api_key: "${KEY}"}', "would travel in clear"),
        ('{llm: "http://h", model: m, temperature: -1}', "temperature must be 0 or more"),
        ('{llm: "http://h", model: m, top_p: 2}', "top_p must be at most 1"),
        ('{llm: "http://h", model: m, timeout: 0}', "timeout must be above 0"),
        ('{llm: "http://h", model: m, repeats: 0}', "repeats must be 1 or more"),
        ('{llm: "http://h", model: m, template: "{inptu}"}', "a text with {input} in it"),
        ('{llm: "http://h", model: m, budget: {money: 1}}', "needs to know the price"),
        ('{llm: "http://h", model: m, price: {prompt: 1}}', "needs the key 'completion'"),
        ('{llm: "http://h", model: m, headers: {X: "a\\nb"}}', "must be one line"),
        ('{llm: "http://h", model: m, temprature: 1}', "Did you mean 'temperature'"),
    ],
)
def test_what_is_wrong_with_a_model(tmp_path: Path, model: str, said: str) -> None:
    assert said in refused(tmp_path, model)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ("{samples: qb.jsonl}", "Did you mean 'qa.jsonl'"),
        ("{samples: qa.jsonl, fields: {inptu: q}}", "A sample has no field 'inptu'"),
        ("{samples: qa.jsonl, unit: id}", "has no key 'unit'"),
        ("{table: qa.jsonl}", "data must be a file of samples, and 'qa' is a table"),
    ],
)
def test_what_is_wrong_with_samples(tmp_path: Path, samples: str, said: str) -> None:
    assert said in refused(tmp_path, '{llm: "http://h/v1", model: m}', samples)


def test_a_check_of_tables_is_no_check_of_a_language_model(tmp_path: Path) -> None:
    text = suite(tmp_path, '{llm: "http://h/v1", model: m}') + "  - row_count: {on: bot}\n"
    with pytest.raises(SuiteError, match="on must be a table, and 'bot' is a language model"):
        loads(text, folder=str(tmp_path))


def test_the_wire_format_is_named_or_known_by_the_host(tmp_path: Path) -> None:
    named = read(tmp_path, '{llm: "http://h:1/v1", api: anthropic, model: m, api_key: "${KEY}"}')
    assert bot(named).api == "anthropic"
    said = refused(tmp_path, '{llm: "http://h:1/v1", api: antropic, model: m}')
    assert "api must be one of openai, anthropic" in said
    assert "Did you mean 'anthropic'?" in said
    said = refused(tmp_path, '{llm: "https://api.anthropic.com/v1", model: m, seed: 3}')
    assert "seed cannot be asked for in the wire format 'anthropic'" in said
    assert "api is of an address" in refused(tmp_path, '{llm: "python:a:b", api: openai}')


ASK = 'post: "http://127.0.0.1:1/ask", body: {q: "{input}"}, answer: "/a"'


def test_an_application(tmp_path: Path) -> None:
    more = 'context: "/docs/*/text", tokens: {prompt: "/in", completion: "/out"}'
    spec = bot(read(tmp_path, f"{{llm: {{{ASK}, {more}}}, headers: {{X-Key: $KEY}}}}"))
    assert spec.url == "http://127.0.0.1:1/ask"
    assert spec.application == ApplicationSpec(
        body={"q": "{input}"}, answer="/a", context="/docs/*/text", prompt_tokens="/in",
        completion_tokens="/out",
    )  # fmt: skip
    assert spec.may_give_context
    assert not bot(read(tmp_path, f"{{llm: {{{ASK}}}}}")).may_give_context


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ('{llm: {post: "http://h", body: {q: "{input}"}}}', "needs the key 'answer'"),
        ('{llm: {post: "http://h", body: {q: 3}, answer: "/a"}}', "llm.body asks nothing"),
        ('{llm: {post: "h", body: {q: "{input}"}, answer: "/a"}}', "must begin with http"),
        ('{llm: {post: "http://h", body: {q: "{input}"}, answer: "a"}}', "a JSON pointer"),
        ('{llm: {post: "http://h", body: ["{input}"], answer: "/a"}}', "llm.body must be a map"),
        (f"{{llm: {{{ASK}, contxt: /c}}}}", "contxt"),
        (f"{{llm: {{{ASK}}}, temperature: 0}}", "temperature is not sent to an application"),
        ('{llm: {post: "http://h", body: {q: "{input} ${KEY}"}, answer: "/a"}}', "may be a secret"),
    ],
)
def test_an_application_that_makes_no_sense(tmp_path: Path, model: str, words: str) -> None:
    assert words in refused(tmp_path, model)


def test_weights_on_this_machine(tmp_path: Path) -> None:
    spec = bot(read(tmp_path, '{llm: "transformers:models/tiny", temperature: 0, seed: 3}'))
    assert (spec.local, spec.url, spec.seed) == ("models/tiny", None, 3)
    said = refused(tmp_path, '{llm: "transformers:models/tiny", model: m}')
    assert "model is of an address" in said
