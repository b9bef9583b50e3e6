"""A suite with a judge, run by the command line, killed on the way; and a real, bad judge."""

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
from tests.servers.behaviours import says
from tests.servers.endpoint import Served, serving
from tests.servers.local_model import serving_local_model, weights

SUITE = """
suite: essays
subjects:
  bot: {{llm: "python:essays:answer", concurrency: 10}}
  grader:
    llm: {url}
    model: m
    temperature: 0
    concurrency: 8
    max_tokens: 40
    price: {{prompt: 100, completion: 200}}
  qa: {{samples: qa.jsonl}}
checks:
  - llm.judge: {{on: bot, data: qa, judge: grader, rubric: "Is it an essay?"}}
    at_least: 3
"""


def write(folder: Path, url: str, samples: int) -> None:
    lines = [{"id": i, "input": f"subject {i}"} for i in range(samples)]
    (folder / "qa.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "essays.py").write_text("def answer(text):\n    return f'On {text}: …'\n")
    (folder / "suite.yaml").write_text(SUITE.format(url=url))


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "assay", "run", *arguments, "--allow-code"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def kill(process: subprocess.Popen[str], served: Served, calls: int) -> None:
    end = time.monotonic() + 60
    while len(served.calls) < calls:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)


def test_a_judge_that_was_killed_is_asked_nothing_finished_again(tmp_path: Path) -> None:
    with serving(lambda _body, _n: says("Short.\nGRADE: 4", after_s=0.05)) as served:
        write(tmp_path, served.url, 60)
        kill(start(tmp_path, "suite.yaml"), served, 30)
        process = start(tmp_path, "--resume")
        told = process.communicate(timeout=60)[0]
    assert process.returncode == 0, told
    twice = [text for text, n in Counter(served.asked()).items() if n > 1]
    assert len(twice) <= 8  # what was in flight
    assert len(set(served.asked())) == 60
    (manifest,) = tmp_path.glob(".assay/runs/*/observations/*judge%20grader*/manifest.json")
    totals = json.loads(manifest.read_text())["totals"]
    assert (totals["answered"], totals["attempts"]) == (60, 60)
    assert totals["cost"] == pytest.approx(60 * (10 * 100 + 2 * 200) / 1e6)


@pytest.mark.skipif(weights() is None, reason="the local model is not installed")
def test_a_model_too_small_to_judge_is_said_to_be_unfit(tmp_path: Path) -> None:
    path = weights()
    assert path is not None
    with serving_local_model(path) as url:
        write(tmp_path, url, 2)
        process = start(tmp_path, "suite.yaml", "--report", "run.json")
        process.communicate(timeout=120)
    (result,) = json.loads((tmp_path / "run.json").read_text())["results"]
    assert result["verdict"] != "pass"
    told = json.dumps(result)
    assert "'grader' is not fit for this task" in told
