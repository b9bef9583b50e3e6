"""``make demo`` on real data: training, judging, the report; every figure against its reference.

The references are scikit-learn and fairlearn on the same files.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import fairlearn.metrics as fair
import numpy as np
import pyarrow.parquet as pq
import pytest
import sklearn.metrics as sk
import skops.io

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "mortgage"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that the demonstration ran in, on a copy of the example, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "mortgage" / "data").mkdir(parents=True)
    for name in ("train.py", "suite.yaml", "data/hmda.csv"):
        shutil.copy(EXAMPLE / name, folder / "mortgage" / name)
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "demo.py", "--example", folder / "mortgage"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def run(demo: tuple[Path, str]) -> dict[str, Any]:
    """The run's document, from the history."""
    assay = Path(sys.executable).with_name("assay")
    document: dict[str, Any] = json.loads(
        subprocess.check_output([assay, "show", "--json"], cwd=demo[0], text=True)
    )
    return document


@pytest.fixture(scope="module")
def judged(demo: tuple[Path, str]) -> dict[str, np.ndarray[Any, Any]]:
    """Test applications: who was denied, who the model denies, with which probability."""
    folder = demo[0] / "mortgage"
    test = pq.read_table(folder / "data" / "test.parquet")
    model = skops.io.load(folder / "models" / "approval.skops")
    features = test.select(list(model.feature_names_in_)).to_pandas()
    return {
        "denied": test["deny"].to_numpy() == "yes",
        "denies": model.predict(features) == "yes",
        "score": model.predict_proba(features)[:, 1],
        "afam": test["afam"].to_numpy(),
        "single": test["single"].to_numpy(),
    }


def _whole(run: dict[str, Any], metric: str, *, by: bool = False) -> dict[str, Any]:
    """The one measurement of the metric's check that is not sliced."""
    measurements = [
        m
        for result in run["results"]
        if result["metric"] == metric and bool(result["by"]) == by
        for m in result["measurements"]
        if not m["key"]
    ]
    assert len(measurements) == 1
    return dict(measurements[0])


def test_it_says_what_ci_would_have_seen(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    assert "The gate's decision: block. CI would have seen exit code 1." in printed
    assert f"Look at the report: {(folder / 'report.html').as_uri()}" in printed
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_suite_is_honest(run: dict[str, Any]) -> None:
    verdicts = [result["verdict"] for result in run["results"]]
    assert len(verdicts) >= 25
    assert {"pass", "fail", "inconclusive"} == set(verdicts)
    assert run["decision"] == "block"
    assert run["run"]["exit_code"] == 1
    assert all(result["reason"] for result in run["results"])
    assert all(result["description"] for result in run["results"])


def test_the_model_is_measured_as_scikit_learn_does(
    run: dict[str, Any], judged: dict[str, Any]
) -> None:
    y, score, said = judged["denied"], judged["score"], judged["denies"]
    expected = {
        "classification.roc_auc": sk.roc_auc_score(y, score),
        "classification.accuracy": sk.accuracy_score(y, said),
        "classification.recall": sk.recall_score(y, said),
        "classification.brier": sk.brier_score_loss(y, score),
        "classification.log_loss": sk.log_loss(y, score),
    }
    for metric, value in expected.items():
        measurement = _whole(run, metric)
        assert measurement["value"] == pytest.approx(value, abs=1e-9), metric
        assert measurement["low"] < value < measurement["high"]
        assert measurement["n"] == (y.sum() if metric.endswith("recall") else len(y))


@pytest.mark.parametrize("group", ["no", "yes"])
def test_slices_are_measured_as_scikit_learn_does(
    run: dict[str, Any], judged: dict[str, Any], group: str
) -> None:
    rows = judged["afam"] == group
    value = sk.roc_auc_score(judged["denied"][rows], judged["score"][rows])
    found = [
        m["value"]
        for result in run["results"]
        if result["metric"] == "classification.roc_auc" and result["by"]
        for m in result["measurements"]
        if m["key"] == {"afam": group}
    ]
    assert found == [pytest.approx(value, abs=1e-9)]


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("demographic_parity_ratio", fair.demographic_parity_ratio),
        ("demographic_parity_difference", fair.demographic_parity_difference),
        ("equal_opportunity_difference", fair.equal_opportunity_difference),
        ("equalized_odds_difference", fair.equalized_odds_difference),
    ],
)
def test_fairness_is_measured_as_fairlearn_does(
    run: dict[str, Any], judged: dict[str, Any], metric: str, reference: Any
) -> None:
    measurements = [
        measurement
        for result in run["results"]
        if result["metric"] == f"fairness.{metric}"
        for measurement in result["measurements"]
    ]
    assert measurements
    for measurement in measurements:
        names = measurement["key"]["sensitive"].split(" × ")
        groups = [" ".join(row) for row in zip(*(judged[name] for name in names), strict=True)]
        value = reference(~judged["denied"], ~judged["denies"], sensitive_features=groups)
        assert measurement["value"] == pytest.approx(value, abs=1e-9), names
        assert measurement["low"] < value < measurement["high"]


def test_the_data_are_the_published_ones() -> None:
    """Denial rates by group, as printed in every account of these data."""
    lines = (EXAMPLE / "data" / "hmda.csv").read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines[1:]]
    assert (len(rows), len(names)) == (2380, 14)
    for group, rate in {"no": 0.092602, "yes": 0.283186}.items():
        denied = [row["deny"] == "yes" for row in rows if row["afam"] == group]
        assert sum(denied) / len(denied) == pytest.approx(rate, abs=5e-7)
