"""Ties, infinities, nothing at all: no winner comes of them, and nothing is silently counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.experiments.tables import HEAD, write

from assay.api import experiment, rollout
from assay.api.experiment import analyze
from assay.core.errors import SubjectError, SuiteError
from assay.experiments.bandit.rounds import Bandit
from assay.experiments.interleaving import preference
from assay.experiments.ratio_mismatch import mismatch
from assay.experiments.switchback import analyze_switchback, windows
from assay.experiments.winner import Choice

N = 400


def outcomes(**columns: Any) -> dict[str, list[Any]]:
    """As many units in either arm, with these values."""
    rows = {"user": list(range(N)), "arm": ["control", "treatment"] * (N // 2)}
    return rows | {name: list(values) for name, values in columns.items()}


@pytest.mark.parametrize("direction", ["increase", "decrease"])
def test_ties_make_no_winner(tmp_path: Path, direction: str) -> None:
    metrics = f"  wait: {{kind: quantile, value: wait, direction: {direction}}}"
    path = write(tmp_path, assignments=outcomes(wait=[7.0] * N), metrics=metrics)
    run = analyze(path)
    result = run.result("wait/treatment")
    [m] = result.measurements
    assert (m.low, m.high) == (0, 0)
    assert result.verdict == "inconclusive"
    assert run.run.exit_code == 1


def test_an_interval_that_ends_at_0_is_not_better(tmp_path: Path) -> None:
    """104 of 200 wait 4 and not 3: the median is 4, but may as well be 3, as in the control."""
    wait = [4.0 if i % 2 and i < 208 else 3.0 for i in range(N)]
    metrics = "  wait: {kind: quantile, value: wait}"
    path = write(tmp_path, assignments=outcomes(wait=wait), metrics=metrics)
    result = analyze(path).result("wait/treatment")
    [m] = result.measurements
    assert (m.value, m.low) == (1, 0)
    assert result.verdict == "inconclusive"
    assert result.criterion_text == "above 0"


def test_a_quantile_beyond_the_events_has_no_interval(tmp_path: Path) -> None:
    """Many events a unit: the largest of some 2,000 is no 99.999 % quantile with an error of 0."""
    rng = np.random.default_rng(3)
    events = {"user": rng.integers(0, N, 4_000).tolist(), "wait": rng.exponential(size=4_000)}
    path = write(
        tmp_path, assignments=outcomes(), events={k: list(v) for k, v in events.items()},
        metrics="  wait: {kind: quantile, value: wait, quantile: 0.99999}",
    )  # fmt: skip
    result = analyze(path).result("wait/treatment")
    assert result.verdict == "inconclusive"
    assert result.measurements == []


def test_quantiles_of_clustered_ties_cover(tmp_path: Path) -> None:
    """Whole units share their value, and a step holds the median: intervals stay wide enough."""
    rng = np.random.default_rng(4)
    own = rng.choice([1.0, 2.0, 3.0], N, p=[0.4, 0.3, 0.3])
    user = np.repeat(np.arange(N), 10)
    events = {"user": user.tolist(), "wait": own[user].tolist()}
    path = write(
        tmp_path, assignments=outcomes(), events=events,
        metrics="  wait: {kind: quantile, value: wait, quantile: 0.4}",
    )  # fmt: skip
    [m] = analyze(path).result("wait/treatment").measurements
    assert m.low is not None
    assert m.high is not None
    assert m.low <= 0 <= m.high
    assert m.high - m.low >= 1  # 200 units, not 2,000 events: 1 and 2 are both possible


@pytest.mark.parametrize("odd", [math.nan, math.inf])
@pytest.mark.parametrize("beside", ["", "\n  spend: {kind: mean, value: odd}"])
def test_a_value_that_is_not_finite_is_no_event(tmp_path: Path, odd: float, beside: str) -> None:
    values = [odd] * 100 + [1.0] * 100 + [0.0] * (N - 200)
    path = write(
        tmp_path, assignments=outcomes(odd=values),
        metrics="  bought: {kind: proportion, value: odd}" + beside,
    )  # fmt: skip
    run = analyze(path)
    assert "treatment 0.25 against 0.25" in run.result("bought/treatment").reason
    assert "100 units with infinite or NaN values" in run.result("log_quality").reason


@pytest.mark.parametrize("method", ["bayesian", "sequential", "frequentist"])
def test_no_event_at_all(tmp_path: Path, method: str) -> None:
    path = write(
        tmp_path, assignments=outcomes(bought=[0] * N),
        metrics="  bought: {kind: proportion, value: bought}",
        analysis=f"{{method: {method}, planned: 400}}",
    )  # fmt: skip
    result = analyze(path).result("bought/treatment")
    assert result.verdict == "inconclusive"
    [m] = result.measurements
    assert m.low is not None
    assert m.high is not None
    assert m.low < 0 < m.high


def test_nobody_is_no_promise_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path, assignments={"user": [1, 2], "arm": ["a", "b"], "x": [1.0, 2.0]},
        metrics="  x: {kind: mean, value: x}",
    )  # fmt: skip
    run = analyze(path)
    assert run.result("sample_ratio").verdict == "error"
    assert "No unit is in any arm" in run.result("sample_ratio").reason
    chosen = rollout.decide(path)
    assert isinstance(chosen, Choice)
    assert chosen.decision == "blocked"


def test_guardrails_alone_decide_alike_in_both_commands(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    metrics = "  cost: {kind: mean, value: cost, role: guardrail, direction: decrease, margin: 1}"
    path = write(tmp_path, assignments=outcomes(cost=rng.normal(5, 1, N)), metrics=metrics)
    assert analyze(path).run.exit_code == 0
    chosen = rollout.decide(path)
    assert isinstance(chosen, Choice)
    assert (chosen.decision, chosen.arm) == ("ship", "treatment")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"power": 2.0}, "the power must lie between"),
        ({"power": math.nan}, "the power must lie between"),
        ({"units_per_day": 0.0}, "Units in a day must be a number above 0"),
        ({"units_per_day": math.nan}, "Units in a day must be a number above 0"),
        ({"lifts": {"*": 1e-12}}, "it would take more than 1e\\+12 units"),
        ({"lifts": {"*": math.nan}}, "must be finite and not 0, not nan"),
        ({"baselines": {"spend": math.inf}}, "must be finite, not inf"),
        ({"sds": {"spend": 1e308}}, "its numbers are too large"),
    ],
)
def test_designs_of_nonsense_are_refused(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(HEAD + "metrics: {spend: {kind: mean, value: spend}}\n")
    usual: dict[str, Any] = {
        "baselines": {"spend": 5.0}, "sds": {"spend": 2.0}, "lifts": {"*": 0.1},
    }  # fmt: skip
    with pytest.raises(SuiteError, match=said):
        experiment.design(path, **(usual | given))


def test_units_are_not_overwritten_by_their_arms(tmp_path: Path) -> None:
    metrics = "  x: {kind: mean, value: x}"
    path = write(tmp_path, assignments=outcomes(x=[1.0] * N), metrics=metrics)
    table = tmp_path / "assignments.parquet"
    before = table.read_bytes()
    with pytest.raises(SubjectError, match="is the table of the units itself"):
        experiment.assign(path, table, to=table)
    assert table.read_bytes() == before
    with pytest.raises(SubjectError, match="There is no folder"):
        experiment.assign(path, table, to=tmp_path / "none" / "arms.parquet")


def test_a_file_of_arms_is_whole_or_not_there(tmp_path: Path) -> None:
    """A table that breaks off in the middle leaves the earlier file as it was, and nothing else."""
    path = write(tmp_path, assignments=outcomes(), metrics="  x: {kind: mean}")
    (tmp_path / "arms.csv").write_text("kept")
    (tmp_path / "empty.csv").write_text("user\n")
    with pytest.raises(SubjectError, match="no units to assign"):
        experiment.assign(path, tmp_path / "empty.csv", to=tmp_path / "arms.csv")
    assert (tmp_path / "arms.csv").read_text() == "kept"
    assert not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: preference([1] * 9, list(range(9)), 2.0), "a confidence level lies between"),
        (lambda: preference([1] * 9, list(range(9)), math.nan), "a confidence level lies between"),
        (lambda: mismatch({"a": -1, "b": 5}, {"a": 0.5, "b": 0.5}), "fewer than 0 units"),
        (lambda: Bandit(name="b", arms=("x", "y"), reward="revenue"), "bernoulli or gaussian"),  # type: ignore[arg-type]
        (lambda: Bandit(name="b", arms=("x", "y"), floor=0.0), "a floor is above 0"),
    ],
)
def test_nonsense_in_python_is_refused(asked: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asked()


def test_a_cluster_that_is_none_is_refused() -> None:
    rng = np.random.default_rng(6)
    table = windows(
        rng.normal(size=500), rng.choice(["a", "b"], 500), rng.uniform(0, 86_400, 500),
        salt="s", length=3600, burn_in=60,
    )  # fmt: skip
    with pytest.raises(ValueError, match="a cluster is one of window, time, region, not 'day'"):
        analyze_switchback(table, cluster="day")  # type: ignore[arg-type]


def test_slices_by_nothing_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, assignments=outcomes(x=range(N)), metrics="  x: {kind: mean, value: x}")
    with pytest.raises(SuiteError, match="By what"):
        rollout.slices(path, metric="x", by=[])
