"""Predictions on a reference table: journaled and resumed like any, planned, never drawn."""

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
suite: impact
subjects:
  old: {table: old.parquet, unit: id}
  new: {table: new.parquet, unit: id}
  model: {model: "slow:model", kind: python, task: binary, target: y, positive: "yes",
          batch_size: 100, cost_per_row: 1}
defaults: {on: model, against: old}
checks:
  - drift.impact: {data: new}
    at_least: -0.2
  - drift.estimated_performance: {data: new}
    at_least: 0.5
  - drift.reweighted_performance: {data: new, score: brier}
    at_most: 0.4
  - classification.accuracy: {data: old}
    at_least: 0.5
"""


def table(n: int, seed: int, shift: float) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(shift, 1, n)
    y = np.where(rng.random(n) < 1 / (1 + np.exp(-2 * x)), "yes", "no")
    return pa.table({"id": np.arange(n), "x": x, "y": y})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    pq.write_table(table(500, 3, 0.0), tmp_path / "old.parquet")
    pq.write_table(table(400, 4, 0.4).drop_columns(["y"]), tmp_path / "new.parquet")
    (tmp_path / "slow.py").write_text(MODEL)
    (tmp_path / "suite.yaml").write_text(SUITE)
    return tmp_path


def assay(project: Path, *arguments: str, pause: float = 0.0) -> subprocess.Popen[str]:
    env = {**os.environ, "CALLS": str(project / "calls"), "PAUSE": str(pause)}
    return subprocess.Popen(
        [sys.executable, "-m", "assay", *arguments], cwd=project, env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def calls(project: Path) -> list[int]:
    path = project / "calls"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def essence(document: str) -> list[object]:
    return [
        (r["id"], r["verdict"], r["reason"], r["measurements"])
        for r in json.loads(document)["results"]
    ]


def test_a_killed_run_loses_no_batch_of_either_table(project):
    code, out, err = finish(
        assay(project, "run", "suite.yaml", "--json", "--home", "other", "--allow-code")
    )
    assert code == 0, err
    assert calls(project) == [100] * 9  # both tables once, for all four checks
    (project / "calls").unlink()
    process = assay(project, "run", "suite.yaml", "--allow-code", pause=0.3)
    deadline = time.monotonic() + 60
    while len(calls(project)) < 6:  # four batches of one table, and some of the other
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    code, resumed, err = finish(assay(project, "run", "--resume", "--json", "--allow-code"))
    assert code == 0, err
    assert essence(resumed) == essence(out)
    assert 9 <= len(calls(project)) <= 9 + 2


def test_a_reference_that_changed_is_not_resumed(project):
    process = assay(project, "run", "suite.yaml", "--allow-code", pause=0.3)
    deadline = time.monotonic() + 60
    while len(calls(project)) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    pq.write_table(table(500, 7, 0.0), project / "old.parquet")
    code, _, err = finish(assay(project, "run", "--resume", "--allow-code"))
    assert code == 2
    assert "has changed since" in err


def test_both_passes_are_explained_and_paid_for(project):
    code, out, err = finish(assay(project, "run", "suite.yaml", "--explain"))
    assert code == 0, err
    for name in ("old", "new"):
        assert f"predictions of 'model' on '{name}', one for each row" in " ".join(out.split())
    code, out, err = finish(assay(project, "plan", "suite.yaml", "--json"))
    assert code in (0, 1), err
    collected = {c["data"]: c["all"]["rows"] for c in json.loads(out)["collections"]}
    assert collected == {"old": 500, "new": 400}


def test_what_is_compared_is_not_drawn_in_rounds(project):
    suite = SUITE.replace("suite: impact", "suite: impact\ngate: {inconclusive: draw_more}")
    (project / "suite.yaml").write_text(suite)
    code, out, err = finish(assay(project, "run", "suite.yaml", "--json", "--allow-code"))
    assert code == 0, err
    assert calls(project) == [100] * 9
    said = [e["text"] for r in json.loads(out)["results"] for e in r["evidence"] if "text" in e]
    assert any("compares predictions on two tables" in text for text in said)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((", against: old", ""), "needs the key 'against'"),
        (("against: old", "against: model"), "against must be a table"),
        (("impact: {data: new}", "impact: {data: new, score: speed}"), "score"),
    ],
)
def test_what_a_suite_gets_wrong(project, change, words):
    (project / "suite.yaml").write_text(SUITE.replace(*change))
    code, _, err = finish(assay(project, "run", "suite.yaml", "--allow-code"))
    assert code == 2
    assert words in err
