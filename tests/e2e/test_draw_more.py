"""`inconclusive: draw_more` on real applications and a real model: what is saved and refused."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from assay.core.result import from_json

SUITE = """
suite: approval
subjects:
  test: {{table: test.parquet, unit: application{cluster}}}
  model: {{model: approval.skops, task: binary, target: deny, positive: "yes", batch_size: 50}}
gate: {{inconclusive: draw_more{budget}}}
checks:
  - classification.accuracy: {{on: model, data: test}}
    at_least: 0.75
  - classification.roc_auc: {{on: model, data: test}}
    at_least: {auc}
"""


def suite(*, auc: float = 0.5, budget: str = "", cluster: str = "") -> str:
    return SUITE.format(auc=auc, budget=budget, cluster=cluster)


@pytest.fixture
def approval(project, mortgage_example):
    project.write("approval.skops", (mortgage_example / "models" / "approval.skops").read_bytes())
    project.write("test.parquet", (mortgage_example / "data" / "test.parquet").read_bytes())
    return project


def test_a_good_model_is_passed_on_some_of_the_rows(approval):
    answer = approval.run(suite())
    assert answer.code == 0
    (drawn,) = answer.document["drawn"]
    assert drawn["observations"] == "model@test"
    assert drawn["of"] == 952
    assert drawn["rows"] < 952 / 2
    for result in answer.results.values():
        assert result["verdict"] == "pass"
        assert f"of 952 rows: {1 - result['drawn']['rows'] / 952:.0%}"[:-1] in result["reason"]
        assert result["measurements"][0]["n"] == result["drawn"]["rows"]
        assert result["measurements"][0]["level"] > 0.95
    kept = approval.folder.glob(".assay/runs/*/observations/*/part-*.parquet")
    assert sum(pq.read_metadata(path).num_rows for path in kept) == drawn["rows"]


def test_what_a_person_sees(approval, monkeypatch):
    approval.write("suite.yaml", suite())
    monkeypatch.setenv("COLUMNS", "80")
    answer = approval.assay("run", "suite.yaml", "--report", "report.html")
    assert "% saved" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    page = (approval.folder / "report.html").read_text()
    assert "model@test: " in page
    assert "inconclusive: draw_more" in page
    shown = approval.assay("show")
    assert "% saved" in shown.out


def test_rows_in_clusters(approval):
    answer = approval.run(suite(cluster=", cluster: unemp"))
    assert answer.results["model@test/classification.accuracy"]["verdict"] == "pass"
    found = answer.results["model@test/classification.accuracy"]["measurements"][0]
    assert found["method"] == "cluster-jackknife"


def test_a_budget_blocks_where_nothing_is_decided(approval):
    answer = approval.run(suite(auc=0.83, budget=", budget: {rows: 300, seconds: 600}"))
    assert answer.code == 1
    answer.judged(
        "model@test/classification.roc_auc", "inconclusive", "budget ended after 300 of 952 rows"
    )
    assert answer.document["drawn"][0]["rows"] == 300
    assert answer.document["suite"]["gate"]["budget"] == {"rows": 300, "seconds": 600}


def test_explain_says_that_rows_are_drawn(approval):
    approval.write("suite.yaml", suite())
    answer = approval.assay("run", "suite.yaml", "--explain")
    assert "in rounds until every verdict is decided" in " ".join(answer.out.split())
    approval.write("suite.yaml", suite() + "    claim: batch\n")
    answer = approval.assay("run", "suite.yaml", "--explain")
    assert "is a statement about these very rows" in " ".join(answer.out.split())


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ("inconclusive: draw_mroe", ["draw_mroe", "draw_more"]),
        ("inconclusive: block, budget: {rows: 10}", ["A budget is for drawing more"]),
        ("budget: {rows: 10}", ["A budget is for drawing more", "inconclusive: draw_more"]),
        ("inconclusive: draw_more, budget: {}", ["`rows`, `seconds` or both"]),
        ("inconclusive: draw_more, budget: 100", ["budget"]),
        ("inconclusive: draw_more, budget: {rows: 0}", ["rows"]),
        ("inconclusive: draw_more, budget: {rows: 1.5}", ["rows"]),
        ("inconclusive: draw_more, budget: {rows: many}", ["rows"]),
        ("inconclusive: draw_more, budget: {seconds: -1}", ["seconds"]),
        ("inconclusive: draw_more, budget: {seconds: .nan}", ["finite"]),
        ("inconclusive: draw_more, budget: {tokens: 1}", ["tokens"]),
    ],
)
def test_a_gate_that_is_wrong(approval, gate, words):
    text = suite().replace("{inconclusive: draw_more}", f"{{{gate}}}")
    approval.run(text).refused("suite.yaml", *words)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("{table: test.parquet, cluster: 3}", ["cluster"]),
        ("{table: test.parquet, clusters: chist}", ["clusters", "cluster"]),
        ("{table: test.parquet, cluster: [chist]}", ["cluster"]),
    ],
)
def test_a_cluster_that_is_wrong(approval, subject, words):
    text = suite().replace("{table: test.parquet, unit: application}", subject)
    approval.run(text).refused("suite.yaml", *words)


def test_a_cluster_that_is_not_there(approval):
    answer = approval.run(suite(cluster=", cluster: chsit"))
    assert answer.code == 1
    for check in answer.verdicts:
        answer.judged(check, "error", "no column 'chsit'", "Did you mean 'chist'?")


SLOW = """
import os, time
import numpy as np

class Slow:
    classes_ = np.array(["no", "yes"])
    feature_names_in_ = np.array(["pirat"])

    def predict_proba(self, frame):
        with open(os.environ["CALLS"], "a") as calls:
            calls.write(f"{len(frame)}\\n")
        time.sleep(float(os.environ.get("PAUSE", "0")))
        p = 1 / (1 + np.exp(-5 * (np.asarray(frame["pirat"], dtype=float) - 0.6)))
        return np.column_stack([1 - p, p])

    def predict(self, frame):
        return self.classes_[(np.asarray(frame["pirat"], dtype=float) > 0.6).astype(int)]

model = Slow()
"""


def test_kill_9_between_rounds(tmp_path, mortgage_example):
    """A killed run goes on in the same order, asks for nothing twice, and ends the same."""
    shutil.copy(mortgage_example / "data" / "test.parquet", tmp_path)
    (tmp_path / "slow.py").write_text(SLOW)
    text = suite(auc=0.58).replace("approval.skops", "python:slow:model")
    (tmp_path / "suite.yaml").write_text(text)

    def start(*arguments: str, pause: float = 0.0, calls: str = "calls") -> subprocess.Popen[str]:
        env = {**os.environ, "CALLS": str(tmp_path / calls), "PAUSE": str(pause)}
        return subprocess.Popen(
            [sys.executable, "-m", "assay", *arguments, "--allow-code", "--json"],
            cwd=tmp_path, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def asked(name: str = "calls") -> list[int]:
        path = tmp_path / name
        return [int(n) for n in path.read_text().split()] if path.exists() else []

    whole, _ = start("run", "suite.yaml", "--home", "other", calls="once").communicate(timeout=60)
    unbroken = from_json(whole)
    process = start("run", "suite.yaml", pause=0.15)
    deadline = time.monotonic() + 60
    while len(asked()) < 5:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    out, err = start("run", "--resume").communicate(timeout=60)
    assert out, err
    resumed = from_json(out)
    assert [replace(r, location="") for r in resumed.results] == [
        replace(r, location="") for r in unbroken.results
    ]
    assert resumed.drawn == unbroken.drawn
    assert unbroken.drawn[0].rounds > 1
    # all but the batch that was under way is taken from the disk
    assert sum(asked("once")) <= sum(asked()) <= sum(asked("once")) + 2 * 50
