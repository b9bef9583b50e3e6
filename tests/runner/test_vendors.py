"""Models of each vendor, from a suite to a verdict, with servers that are overloaded first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.servers import behaviours as server
from tests.servers import vendors
from tests.servers.behaviours import Behaviour
from tests.servers.endpoint import serving

import assay

SAYS = {
    "anthropic": (
        vendors.anthropic_refuses(529, "overloaded_error", "Overloaded", retry_after="0"),
        vendors.message({"type": "text", "text": "Paris"}),
    ),
    "google": (
        vendors.google_refuses(429, "RESOURCE_EXHAUSTED", "quota", {"retryDelay": "0.01s"}),
        server.body(vendors.candidate({"text": "Paris"})),
    ),
    "bedrock": (
        server.body({"message": "slow"}, status=429, x_amzn_ErrorType="ThrottlingException",
                    retry_after="0"),
        vendors.converse({"text": "Paris"}),
    ),
}  # fmt: skip
KEY = "sk-very-secret-0123456789"


@pytest.mark.parametrize("api", list(SAYS))
def test_all_samples_are_scored_and_paid_for(
    tmp_path: Path, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    refusal, answer = SAYS[api]

    def choose(_body: object, number: int) -> Behaviour:
        return refusal if number % 3 == 0 else answer

    lines = [{"id": str(i), "input": f"{i}?", "target": "Paris"} for i in range(20)]
    (tmp_path / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with serving(choose) as served:
        (tmp_path / "suite.yaml").write_text(
            f"suite: s\nsubjects:\n  bot: {{llm: '{served.url}', api: {api}, model: m,"
            " api_key: '${VENDOR_KEY}', concurrency: 1, price: {prompt: 1, completion: 10},"
            " max_tokens: 9, budget: {tokens: 100000}}\n  qa: {samples: qa.jsonl}\nchecks:\n"
            "  - llm.exact_match: {on: bot, data: qa}\n    at_least: 0.8\n"
            "  - llm.tokens: {on: bot, data: qa, part: prompt}\n    severity: info\n"
        )
        run = assay.run(tmp_path / "suite.yaml", home=tmp_path / ".assay")
    exact, tokens = run.results
    assert (exact.verdict, exact.measurements[0].value) == ("pass", 1.0)
    assert tokens.measurements[0].value == 18
    assert len(served.calls) == 30
    kept = b"".join(p.read_bytes() for p in (tmp_path / ".assay").rglob("*") if p.is_file())
    assert KEY.encode() not in kept
