"""Wording, length and repeats: suites against a server that minds one of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.servers.behaviours import refuses, says
from tests.servers.endpoint import serving
from tests.servers.local_model import serving_local_model, weights

import assay
from assay.core.result import Result

COUNTRIES = [f"Land{chr(65 + i)}{chr(97 + j)}" for i in range(4) for j in range(5)]


def run(folder: Path, url: str, subject: str, *checks: str, more: str = "") -> dict[str, Result]:
    lines = [
        {"id": c, "input": f"Please name the capital city of {c}", "target": f"City of {c}"}
        for c in COUNTRIES
    ]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    suite = folder / "suite.yaml"
    listed = "\n".join(f"  - {check}" for check in checks)
    suite.write_text(
        f"suite: layers\nsubjects:\n  bot: {{llm: '{url}', model: m{more}}}\n"
        f"  qa: {subject}\nchecks:\n{listed}\n"
    )
    return {result.id: result for result in assay.run(suite).results}


def minds_capitals(body: dict[str, Any], _number: int) -> Any:
    """Right where the sentence begins as it should, whatever else is in it."""
    text = body["messages"][-1]["content"]
    country = next((c for c in COUNTRIES if c in text), None)
    right = country is not None and "Please name" in text
    return says(f"It is City of {country}." if right else "I cannot say.")


def test_a_model_that_minds_capitals(tmp_path: Path) -> None:
    with serving(minds_capitals) as served:
        found = run(
            tmp_path, served.url, "{samples: qa.jsonl, variants: [case, whitespace], copies: 2}",
            "{llm.includes: {on: bot, data: qa, by: [variant], min_slice: 1}, severity: info}",
            "{llm.sensitivity: {on: bot, data: qa, scorer: includes}, at_most: 0.2}",
            "{llm.flip_rate: {on: bot, data: qa, scorer: includes}, at_most: 0.5}",
            "{llm.wording_spread: {on: bot, data: qa, scorer: includes}, at_most: 0.5}",
        )  # fmt: skip
        assert len(served.calls) == len(set(served.asked())) == 20 * 5
    drops = found["bot@qa/llm.sensitivity"]
    assert drops.verdict == "fail"
    by = {m.key["variant"]: m for m in drops.measurements}
    assert by["case"].value > 0.6
    assert by["whitespace"].value < 0.3
    assert all(m.n == 20 for m in by.values())
    sliced = found["bot@qa/llm.includes/by=variant"].measurements
    means = {m.key["variant"]: m.value for m in sliced}
    assert means["original"] - means["case"] == pytest.approx(by["case"].value)
    assert found["bot@qa/llm.flip_rate"].measurements[0].value > 0.6
    assert found["bot@qa/llm.wording_spread"].measurements[0].value == pytest.approx(
        by["case"].value
    )


def test_answers_that_fail_widen_the_drop(tmp_path: Path) -> None:
    def flaky(body: dict[str, Any], number: int) -> Any:
        text = body["messages"][-1]["content"]
        return refuses(400) if "LANDAA" in text.upper() else minds_capitals(body, number)

    with serving(flaky) as served:
        found = run(
            tmp_path, served.url, "{samples: qa.jsonl, variants: [whitespace]}",
            "{llm.sensitivity: {on: bot, data: qa, scorer: includes}, at_most: 0.2}",
        )  # fmt: skip
    (drop,) = found["bot@qa/llm.sensitivity"].measurements
    assert drop.n == 19
    assert drop.method.endswith("+worst-case")


def test_samples_without_variants(tmp_path: Path) -> None:
    with serving(minds_capitals) as served:
        found = run(
            tmp_path, served.url, "{samples: qa.jsonl}",
            "{llm.sensitivity: {on: bot, data: qa, scorer: includes}, at_most: 0.2}",
        )  # fmt: skip
    (result,) = found.values()
    assert result.verdict == "error"
    assert "'original'" in result.reason


def near_sighted(body: dict[str, Any], _number: int) -> Any:
    """Finds what stands in the last 2,500 characters."""
    found = re.search(r"archive is (\d+)", body["messages"][-1]["content"][-2_500:])
    return says(found[1] if found else "I do not know.")


def test_the_window_of_a_model_that_forgets(tmp_path: Path) -> None:
    with serving(near_sighted) as served:
        found = run(
            tmp_path, served.url,
            "{needle: {lengths: [1000, 2000, 5000], depths: [0, 0.5, 1], copies: 15}}",
            "{llm.context_window: {on: bot, data: qa, recall: 0.9}, at_least: 2000}",
            "{llm.includes: {on: bot, data: qa, by: [[length, depth]], min_slice: 1},"
            " severity: info}",
        )  # fmt: skip
    window = found["bot@qa/llm.context_window"]
    (measured,) = window.measurements
    assert (measured.value, measured.low, measured.high) == (2000, 2000, 2000)
    assert window.verdict == "pass"
    cells = {
        (m.key["length"], m.key["depth"]): m.value
        for m in found["bot@qa/llm.includes/by=length*depth"].measurements
    }
    assert len(cells) == 9
    assert cells["1000", "0.0"] == cells["5000", "1.0"] == 1
    assert cells["5000", "0.0"] == 0
    assert cells["5000", "0.5"] < 0.5


def test_repeats_that_differ(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()

    def wavers(body: dict[str, Any], _number: int) -> Any:
        text = body["messages"][-1]["content"]
        seen[text] += 1
        return says(f"answer {seen[text]}" if text.endswith("a") else "answer")

    with serving(wavers) as served:
        checks = "{llm.determinism: {on: bot, data: qa}, at_least: 0.9}"
        more = ", repeats: 3, cache: true"
        first, again = (
            run(tmp_path, served.url, "{samples: qa.jsonl}", checks, more=more) for _ in range(2)
        )
        assert len(served.calls) == 60
    (measured,) = first["bot@qa/llm.determinism"].measurements
    assert (measured.value, measured.n) == (0.8, 20)
    # Answers of the cache are those of calls of their own, each repeat by itself.
    assert again["bot@qa/llm.determinism"].measurements[0] == measured


@pytest.mark.skipif(weights() is None, reason="the local model is not installed")
def test_the_real_model_at_temperature_0_repeats_itself(tmp_path: Path) -> None:
    path = weights()
    assert path is not None
    with serving_local_model(path, at_once=1) as url:
        found = run(
            tmp_path, url, "{needle: {lengths: [300], depths: [0.5], copies: 2}}",
            "{llm.determinism: {on: bot, data: qa}, at_least: 0.5}",
            "{llm.context_window: {on: bot, data: qa}, severity: info}",
            more=", temperature: 0, max_tokens: 8, repeats: 2, concurrency: 1",
        )  # fmt: skip
    (measured,) = found["bot@qa/llm.determinism"].measurements
    assert (measured.value, measured.n) == (1, 2)
    assert found["bot@qa/llm.context_window"].measurements
