"""Several answers to one sample, or to samples of one document, are not so many observations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import assay
from assay.core.measurement import Measurement

SAMPLES, REPEATS = 40, 5


def measured(folder: Path, check: str, *, repeats: int, cluster: int = 0) -> Measurement:
    """Answers whose tokens depend on the sample alone, and that fail by tens of samples."""
    questions = [
        {"id": f"q{i}", "input": "?"} | ({"cluster": f"c{i // cluster}"} if cluster else {})
        for i in range(SAMPLES)
    ]
    answers = [
        {"id": f"q{i}", "tokens": 10 + i}
        | ({"error": "down"} if i // 10 == 2 else {"output": "yes"})
        for i in range(SAMPLES)
        for _ in range(repeats)
    ]
    for name, lines in (("qa", questions), ("bot", answers)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text)
    suite = folder / "suite.yaml"
    suite.write_text(
        "suite: s\nsubjects:\n  bot: {answers: bot.jsonl}\n  qa: {samples: qa.jsonl}\n"
        f"checks:\n  - {check}\n    severity: info\n"
    )
    (result,) = assay.run(suite).results
    assert result.measurements, result.reason
    return result.measurements[0]


TOKENS = "llm.tokens: {on: bot, data: qa, part: completion}"
FAILED = "llm.error_rate: {on: bot, data: qa}"


def width(found: Measurement) -> float:
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


def test_repeats_of_a_sample_are_one_observation_of_its_tokens(tmp_path: Path) -> None:
    once = measured(tmp_path, TOKENS, repeats=1)
    often = measured(tmp_path, TOKENS, repeats=REPEATS)
    assert often.value == pytest.approx(once.value)
    assert once.method == "student-t"
    assert width(often) == pytest.approx(width(once), rel=0.1)  # not its fifth root


def test_failures_that_come_together_are_few_observations(tmp_path: Path) -> None:
    apart = measured(tmp_path, FAILED, repeats=1)
    together = measured(tmp_path, FAILED, repeats=1, cluster=10)
    assert apart.value == together.value == 0.25
    assert apart.method == "wilson"
    assert width(together) > 1.5 * width(apart)
