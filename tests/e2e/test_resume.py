"""A run that is killed or interrupted loses nothing that was finished, and ends the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

MODEL = '''
import os, time
import numpy as np

class Slow:
    """Scores by its only feature; notes every batch, and takes its time."""
    classes_ = np.array(["no", "yes"])
    feature_names_in_ = np.array(["x"])

    def predict_proba(self, frame):
        with open(os.environ["CALLS"], "a") as calls:
            calls.write(f"{len(frame)}\\n")
        time.sleep(float(os.environ.get("PAUSE", "0")))
        p = 1 / (1 + np.exp(-np.asarray(frame["x"], dtype=float)))
        return np.column_stack([1 - p, p])

    def predict(self, frame):
        return self.classes_[(np.asarray(frame["x"], dtype=float) > 0).astype(int)]

model = Slow()
'''

SUITE = """
suite: resumable
subjects:
  data: {table: data.parquet, unit: id}
  model: {model: "slow:model", kind: python, task: binary, target: y, positive: "yes",
          batch_size: 50}
checks:
  - completeness: {on: data, column: x}
  - mean: {on: data, column: x}
    between: [-1, 1]
  - classification.roc_auc: {on: model, data: data}
    at_least: 0.6
  - classification.accuracy: {on: model, data: data, by: [group]}
    at_least: 0.5
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, 500)
    y = np.where(rng.random(500) < 1 / (1 + np.exp(-2 * x)), "yes", "no")
    table = pa.table({"id": np.arange(500), "x": x, "y": y, "group": rng.choice(["a", "b"], 500)})
    pq.write_table(table, tmp_path / "data.parquet")
    (tmp_path / "slow.py").write_text(MODEL)
    (tmp_path / "suite.yaml").write_text(SUITE)
    return tmp_path


def assay(project: Path, *arguments: str, pause: float = 0.0) -> subprocess.Popen[str]:
    env = {**os.environ, "CALLS": str(project / "calls"), "PAUSE": str(pause)}
    return subprocess.Popen(
        [sys.executable, "-m", "assay", *arguments, "--allow-code"],
        cwd=project, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def calls(project: Path) -> int:
    path = project / "calls"
    return len(path.read_text().splitlines()) if path.exists() else 0


def wait_for_calls(project: Path, least: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while calls(project) < least:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def essence(document: str) -> list[object]:
    """What must not depend on how a run came to its end."""
    return [
        (r["id"], r["verdict"], r["reason"], r["measurements"])
        for r in json.loads(document)["results"]
    ]


@pytest.fixture
def unbroken(project: Path) -> list[object]:
    code, out, err = finish(assay(project, "run", "suite.yaml", "--json", "--home", "other"))
    assert code == 0, err
    (project / "calls").unlink()
    return essence(out)


@pytest.mark.parametrize("batches", [1, 4, 9])
def test_kill_9_loses_no_finished_batch(project, unbroken, batches):
    process = assay(project, "run", "suite.yaml", pause=0.15)
    wait_for_calls(project, batches, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = calls(project)
    code, out, err = finish(assay(project, "run", "--resume", "--json"))
    assert code == 0, err
    assert essence(out) == unbroken
    # Ten batches of 50: only the one that was under way (two at most, if it died between the
    # answer and the disk) is asked for again.
    assert 10 <= calls(project) <= 10 + 2
    assert calls(project) - before <= 10 - batches + 2


def test_ctrl_c_says_how_to_resume(project, unbroken):
    process = assay(project, "run", "suite.yaml", pause=0.15)
    wait_for_calls(project, 3, process)
    process.send_signal(signal.SIGINT)
    code, _, err = finish(process)
    assert code == 130
    command = next(line for line in err.splitlines() if "assay run --resume" in line)
    run_id = command.split()[-1]
    code, out, err = finish(assay(project, "run", "--resume", run_id, "--json"))
    assert code == 0, err
    assert essence(out) == unbroken
    assert calls(project) <= 12


def test_changed_inputs_are_not_resumed(project):
    process = assay(project, "run", "suite.yaml", pause=0.15)
    wait_for_calls(project, 3, process)
    process.send_signal(signal.SIGINT)
    finish(process)
    table = pq.read_table(project / "data.parquet")
    pq.write_table(table.slice(1), project / "data.parquet")
    code, _, err = finish(assay(project, "run", "--resume"))
    assert code == 2
    assert "has changed since" in err
    assert "start a new run" in err


def test_a_changed_suite_is_not_resumed(project):
    process = assay(project, "run", "suite.yaml", pause=0.15)
    wait_for_calls(project, 2, process)
    process.send_signal(signal.SIGINT)
    finish(process)
    (project / "suite.yaml").write_text(SUITE.replace("0.6", "0.7"))
    code, _, err = finish(assay(project, "run", "--resume"))
    assert code == 2
    assert "The suite has changed" in err


def test_nothing_to_resume_is_said(project):
    code, _, err = finish(assay(project, "run", "suite.yaml"))
    assert code == 0, err
    code, _, err = finish(assay(project, "run", "--resume"))
    assert code == 2
    assert "No run is interrupted" in err


def test_two_runs_at_once_do_not_harm_each_other(project, unbroken):
    both = [assay(project, "run", "suite.yaml", "--json", pause=0.05) for _ in range(2)]
    for process in both:
        code, out, err = finish(process)
        assert code == 0, err
        assert essence(out) == unbroken
    listed = subprocess.run(
        [sys.executable, "-m", "assay", "list", "runs", "--json"],
        cwd=project, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [run["status"] for run in json.loads(listed.stdout)] == ["finished"] * 2
