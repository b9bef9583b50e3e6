"""``assay plan`` on real data: what is decided, what is not, what it costs, and what is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest
import sklearn.metrics as sk
import skops.io

from assay.inference.power import one_proportion
from assay.inference.power.rates import Rates
from assay.runner.planning.record import Plan

if TYPE_CHECKING:
    from tests.e2e.conftest import Answer, Project

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "mortgage"

MODEL = "{model: models/approval.skops, task: binary, target: deny, positive: 'yes', %s}"
SUITE = """
suite: mortgage
subjects:
  train: {table: data/train.parquet, unit: application}
  test: {table: data/test.parquet, unit: application}
  model: %s
checks:
  - classification.accuracy: {on: model, data: test}
    at_least: 0.85
    id: accuracy
  - classification.recall: {on: model, data: test}
    at_least: 0.5
    id: recall
  - mean: {on: train, column: pirat}
    between: [0.30, 0.36]
    claim: process
    severity: warn
    id: mean
  - completeness: {on: train, column: pirat}
    at_least: 1
    id: complete
"""


@pytest.fixture
def mortgage(project: Project, mortgage_example: Path) -> Project:
    """The example's files in the project, and ``own.yaml``."""
    shutil.copytree(mortgage_example, project.folder, dirs_exist_ok=True)
    project.write("own.yaml", SUITE % (MODEL % "batch_size: 100"))
    return project


def _plans(answer: Answer) -> dict[str, dict[str, Any]]:
    assert answer.code in (0, 1), answer.err
    return {c["check"]: c for c in json.loads(answer.out)["checks"]}


def test_a_pilot_of_real_rows(mortgage: Project, mortgage_example: Path):
    mortgage.write("own.yaml", SUITE % (MODEL % "cost_per_row: 0.002, batch_size: 100"))
    done = mortgage.assay("plan", "own.yaml", "--pilot", "400", "--json")
    plan = msgspec.json.decode(done.out, type=Plan)  # the document is what it says
    found = _plans(done)
    # Recall rests on those whom a person denied: the plan scales the pilot's share of them.
    test = pq.read_table(mortgage_example / "data" / "test.parquet")
    denied = sum(v == "yes" for v in test["deny"].to_pylist())
    recall = found["recall"]
    assert recall["n_on_hand"] == pytest.approx(denied, rel=0.25)
    wanted = one_proportion.needed(0.5, recall["keys"][0]["value"], Rates())
    assert (recall["n_needed"], recall["basis"]) == (wanted, "binomial")
    enough = wanted <= recall["n_on_hand"]
    assert recall["outlook"] == ("decides" if enough else "cannot_decide")
    assert recall["rows_needed"] == pytest.approx(952 * wanted / denied, rel=0.25)
    assert found["complete"]["outlook"] == "census"
    assert (found["mean"]["outlook"], found["mean"]["basis"]) == ("decides", "scaling")
    (collection,) = plan.collections
    assert (collection.all.rows, collection.all.calls) == (952, 10)
    assert collection.all.cost == pytest.approx(1.904)
    assert collection.all.seconds is not None
    assert plan.pilot is not None
    assert (plan.pilot.rows, plan.pilot.calls) == (400, 4)
    assert plan.pilot.cost == pytest.approx(0.8)


def test_the_value_of_a_pilot_of_all_rows_is_scikit_learns(
    mortgage: Project, mortgage_example: Path
):
    found = _plans(mortgage.assay("plan", "own.yaml", "--pilot", "100000", "--json"))
    test = pq.read_table(mortgage_example / "data" / "test.parquet").to_pandas()
    model = skops.io.load(mortgage_example / "models" / "approval.skops")
    answers = model.predict(test[list(model.feature_names_in_)])
    expected = sk.recall_score(test["deny"], answers, pos_label="yes")
    assert found["recall"]["keys"][0]["value"] == pytest.approx(expected)


def test_strict_blocks_what_the_rows_cannot_decide(mortgage: Project):
    small = ("plan", "own.yaml", "--effect", "accuracy=0.005")
    assert mortgage.assay(*small).code == 0
    done = mortgage.assay(*small, "--strict")
    assert done.code == 1
    assert "Cannot be decided by the rows on hand (1)" in done.out
    assert mortgage.assay("plan", "own.yaml", "--effect", "accuracy=0.1", "--strict").code == 0
    mild = "at_least: 0.85\n    severity: warn"  # what only warns never blocks
    mortgage.write("own.yaml", (SUITE % (MODEL % "")).replace("at_least: 0.85", mild))
    assert mortgage.assay(*small, "--strict").code == 0


def test_nothing_is_written_and_no_model_is_opened_without_a_pilot(mortgage: Project):
    missing = (SUITE % (MODEL % "")).replace("approval.skops", "missing.skops")
    mortgage.write("own.yaml", missing)
    done = mortgage.assay("plan", "own.yaml", "--effect", "0.05")
    assert done.code == 0, done.err
    assert "accuracy" in done.out
    assert not (mortgage.folder / ".assay").exists()


def test_a_model_that_fails_costs_its_own_checks(mortgage: Project):
    missing = (SUITE % (MODEL % "")).replace("approval.skops", "missing.skops")
    mortgage.write("own.yaml", missing)
    found = _plans(mortgage.assay("plan", "own.yaml", "--pilot", "100", "--json"))
    assert found["accuracy"]["outlook"] == "unknown"
    assert "missing.skops" in found["accuracy"]["reason"]
    assert found["mean"]["outlook"] in ("decides", "cannot_decide")


def test_the_latest_run_tells_values(mortgage: Project):
    before = _plans(mortgage.assay("plan", "own.yaml", "--json"))
    assert before["recall"]["outlook"] == "unknown"
    assert before["accuracy"]["outlook"] == "depends"
    run = mortgage.assay("run", "own.yaml", "--json")
    after = _plans(mortgage.assay("plan", "own.yaml", "--json"))
    (measured,) = run.results["recall"]["measurements"]
    assert after["recall"]["n_on_hand"] == measured["n"]
    assert after["recall"]["keys"][0]["value"] == measured["value"]
    assert run.results["recall"]["verdict"] == "inconclusive"
    assert after["recall"]["outlook"] == "cannot_decide"
    named = _plans(mortgage.assay("plan", "own.yaml", "--from", "latest", "--json"))
    assert named["recall"] == after["recall"]


@pytest.mark.parametrize("more", [[], ["--effect", "0.02"], ["--pilot", "200"]])
def test_the_demos_plan_fits_80_columns(mortgage: Project, more: list[str]):
    done = mortgage.assay("plan", "suite.yaml", *more)
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert done.out.startswith("mortgage-approval: 27 checks by a sample, 52 by all rows.")


def test_quiet_says_nothing(mortgage: Project):
    done = mortgage.assay("plan", "suite.yaml", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.yaml"], "missing.yaml"),
        (["own.yaml", "--power", "2"], "power must lie between"),
        (["own.yaml", "--power", "often"], "is not a valid float"),
        (["own.yaml", "--effect", "some"], "is not a number"),
        (["own.yaml", "--effect", "acuracy=0.1"], "No check is called 'acuracy'. Did you mean"),
        (["own.yaml", "--effect", "0"], "above 0"),
        (["own.yaml", "--pilot", "3"], "at least 20 rows"),
        (["own.yaml", "--from", "main"], "no history"),
        (["own.yaml", "--pilot", "100", "--from", "main"], "not from both"),
        ([], "Missing argument"),
    ],
)
def test_what_is_wrong_is_said(mortgage: Project, words: list[str], said: str):
    mortgage.assay("plan", *words).refused(said)


def test_planning_starts_fast(mortgage: Project):
    """No pilot: neither scipy.stats nor a library of models is imported."""
    code = (
        "import sys; sys.argv = ['assay', 'plan', 'suite.yaml', '--effect', '0.02', '-q']\n"
        "from assay.cli.main import assay\n"
        "assay.main(standalone_mode=False)\n"
        "print(sorted({'scipy.stats', 'sklearn', 'skops', 'pandas', 'statsmodels', 'rich'} "
        "& sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=mortgage.folder, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
