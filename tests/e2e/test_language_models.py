"""A suite that asks a language model, run by the command line and killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.servers import behaviours as server
from tests.servers.endpoint import Served, serving

KEY = "sk-of-the-environment-0123456789"
SUITE = """
suite: letters
subjects:
  bot:
    llm: {url}
    model: m
    api_key: ${{BOT_KEY}}
    concurrency: 10
    price: {{prompt: 100, completion: 200}}
  qa: {{samples: qa.jsonl}}
checks:
  - llm.includes: {{on: bot, data: qa}}
    at_least: 0.9
  - llm.cost: {{on: bot, data: qa}}
    at_most: 1
"""


def write(folder: Path, url: str, samples: int) -> None:
    """The suite and its samples."""
    lines = [{"id": i, "input": f"question {i}", "target": "x"} for i in range(samples)]
    (folder / "qa.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "suite.yaml").write_text(SUITE.format(url=url))


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """``assay run`` with these arguments."""
    return subprocess.Popen(
        [sys.executable, "-m", "assay", "run", *arguments],
        cwd=folder, env={**os.environ, "BOT_KEY": KEY}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def stop(process: subprocess.Popen[str], sign: int, served: Served, calls: int) -> str:
    """Send a signal once so many calls arrived; what the process said."""
    end = time.monotonic() + 60
    while len(served.calls) < calls:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(sign)
    return process.communicate(timeout=30)[0]


def test_a_run_that_is_killed_and_interrupted_asks_nothing_finished_again(tmp_path: Path) -> None:
    with serving(lambda _body, _n: server.says("x", after_s=0.05)) as served:
        write(tmp_path, served.url, 120)
        stop(start(tmp_path, "suite.yaml"), signal.SIGKILL, served, 40)
        told = stop(start(tmp_path, "--resume"), signal.SIGINT, served, 80)
        assert "Go on with: assay run --resume" in told
        process = start(tmp_path, "--resume")
        told = process.communicate(timeout=60)[0]
    assert process.returncode == 0, told
    twice = [text for text, n in Counter(served.asked()).items() if n > 1]
    assert len(twice) <= 20  # what was in flight, twice
    assert len(set(served.asked())) == 120
    (manifest,) = tmp_path.glob(".assay/runs/*/observations/bot%40qa/manifest.json")
    totals = json.loads(manifest.read_text())["totals"]
    assert (totals["answered"], totals["attempts"], totals["prompt_tokens"]) == (120, 120, 1_200)
    assert totals["cost"] == pytest.approx(120 * (10 * 100 + 2 * 200) / 1e6)


def test_a_wrong_key_is_said_and_shown_nowhere(tmp_path: Path) -> None:
    refused = server.refuses(401, f"Incorrect API key provided: {KEY}")
    with serving(lambda _body, _n: refused) as served:
        write(tmp_path, served.url, 20)
        process = start(tmp_path, "suite.yaml", "--report", "report.html", "--report", "run.json")
        told = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert "does not accept the key" in " ".join(told.split())
    assert served.calls[0].headers["Authorization"] == f"Bearer {KEY}"
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(written) > 5
    assert KEY not in told
    assert [p.name for p in written if KEY.encode() in p.read_bytes()] == []
