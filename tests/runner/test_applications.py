"""Applications under test, from a suite to a verdict: what they looked up is what counts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.servers import behaviours as server
from tests.servers.endpoint import serving

import assay

TOWER = {"input": "How tall is the tower?", "context": "The tower is 100 m tall."}
BRIDGE = {"input": "And the bridge?"}
LINES = [TOWER, BRIDGE] * 4
SUITE = """
suite: rag
subjects:
  rag:
    concurrency: 1
    llm:
      post: "{url}"
      body: {{question: "{{input}}", top: 3}}
      answer: /reply
      context: /docs/*/text
  qa: {{samples: qa.jsonl}}
checks:
  - llm.groundedness: {{on: rag, data: qa}}
    severity: info
"""


def found(folder: Path, name: str) -> list[dict[str, object]]:
    paths = folder.glob(f"**/observations/{name}/*.parquet")
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def test_passages_that_an_application_looked_up_take_the_samples_place(tmp_path: Path) -> None:
    (tmp_path / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    docs = [{"text": "The tower is 300 m tall."}, {"text": "The bridge is 80 m long."}]
    says = [
        server.body({"reply": "The tower is 300 m tall.", "docs": docs}),
        server.body({"reply": "The bridge is 90 m long.", "docs": docs}),
    ] * 4
    with serving(None, *says) as served:
        url = served.url.removesuffix("/v1") + "/ask"
        (tmp_path / "suite.yaml").write_text(SUITE.format(url=url))
        (result,) = assay.run(tmp_path / "suite.yaml", home=tmp_path / ".assay").results
    assert [call.body for call in served.calls] == [
        {"question": line["input"], "top": 3} for line in LINES
    ]
    # Held to the sample's own passage, the tower's answer would be wrong; the bridge's has none.
    assert result.measurements[0].value == 0.5
    rows = found(tmp_path, "rag%40qa")
    assert rows[0]["assay.context"] == [doc["text"] for doc in docs]


BOT = """
def answer(messages):
    if "bridge" in messages[-1]["content"]:
        return {"text": "The bridge is 90 m long.", "context": []}
    return {"text": "It is 300 m tall.", "context": ["The tower is 300 m tall."],
            "reasoning": "I looked it up.", "tool_calls": [{"name": "look"}],
            "tokens": {"prompt": 9, "completion": 4, "cached": 2}}
"""


def test_a_callable_returns_its_passages_likewise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    (tmp_path / "assay_rag_bot.py").write_text(BOT)
    (tmp_path / "suite.yaml").write_text(
        "suite: rag\nsubjects:\n  rag: {llm: 'python:assay_rag_bot:answer', concurrency: 1}\n"
        "  qa: {samples: qa.jsonl}\nchecks:\n"
        "  - llm.groundedness: {on: rag, data: qa}\n    severity: info\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    run = assay.run(tmp_path / "suite.yaml", allow_code=True, home=tmp_path / ".assay")
    (result,) = run.results
    row = found(tmp_path, "rag%40qa")[0]
    assert row["assay.context"] == ["The tower is 300 m tall."]
    assert row["assay.reasoning"] == "I looked it up."
    assert row["assay.cached_tokens"] == 2
    # The bridge has no passages anywhere: it is not scored, which is not 0.
    assert result.measurements[0].n == 4
    assert result.measurements[0].value == 1.0


def test_an_application_without_passages_needs_those_of_the_samples(tmp_path: Path) -> None:
    (tmp_path / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    text = SUITE.format(url="http://127.0.0.1:9/ask").replace("      context: /docs/*/text\n", "")
    (tmp_path / "suite.yaml").write_text(text)
    (result,) = assay.run(tmp_path / "suite.yaml", home=tmp_path / ".assay").results
    assert "'2' of 'qa' has no 'context'" in result.reason
