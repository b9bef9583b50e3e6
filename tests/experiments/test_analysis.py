"""From tables to a run: effects, families, sizes, and what decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.experiments.tables import HEAD, write

from assay.api import experiment
from assay.api.experiment import analyze
from assay.core.errors import SuiteError
from assay.core.evidence import Table, Text
from assay.core.result import from_json, to_json


def units(
    n: int, *, lift: float = 0.0, seed: int = 1, arms: tuple[str, ...] = ("control", "treatment")
) -> dict[str, list[Any]]:
    """One row for each unit, so that no events are needed; the last arm is better by ``lift``."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % len(arms)
    past = rng.gamma(2, 5, n)
    return {
        "user": list(range(n)),
        "arm": [arms[i] for i in arm],
        "past": past.tolist(),
        "spend": (past + rng.gamma(2, 2, n) + lift * (arm == len(arms) - 1)).tolist(),
        "bought": (rng.random(n) < 0.2).astype(int).tolist(),
        "ms": rng.exponential(100, n).tolist(),
        "days": np.minimum(rng.exponential(10, n), 20).tolist(),
    }


METRICS = """\
  spend: {kind: mean, value: spend, covariate: past}
  bought: {kind: proportion, value: bought, role: secondary}
  wait: {kind: quantile, value: ms, quantile: 0.9, direction: decrease, role: guardrail,
         relative_margin: 0.2}
  leave: {kind: time_to_event, value: days, where: days < 20, horizon: 7, direction: decrease,
          role: secondary}
"""


def table(result: Any) -> dict[str, list[Any]]:
    [found] = [e for e in result.evidence if isinstance(e, Table)]
    return {row[0]: row[1:] for row in found.rows}


def test_an_arm_that_is_better_wins(tmp_path: Path) -> None:
    run = analyze(write(tmp_path, assignments=units(4_000, lift=0.6), metrics=METRICS))
    assert (run.decision, run.run.exit_code) == ("pass", 0)
    assert {r.id: r.verdict for r in run.results} == {
        "sample_ratio": "pass",
        "log_quality": "not_applicable",
        "spend/treatment": "pass",
        "bought/treatment": "inconclusive",
        "wait/treatment": "pass",
        "leave/treatment": "inconclusive",
    }
    spend = run.result("spend/treatment")
    assert spend.reason.startswith("Better: treatment ")
    assert spend.measurements[0].low is not None
    assert 0 < spend.measurements[0].low < 0.6 < spend.measurements[0].high  # type: ignore[operator]
    [how] = [e.text for e in spend.evidence if isinstance(e, Text)]
    assert "The covariate 'past': 8" in how  # per cent: 50 of the 58 of the variance is known
    assert from_json(to_json(run)).results == run.results


def test_an_arm_that_is_worse_loses_and_nothing_is_undecided(tmp_path: Path) -> None:
    run = analyze(write(tmp_path, assignments=units(4_000, lift=-0.6), metrics=METRICS))
    assert run.run.exit_code == 1
    assert run.result("spend/treatment").verdict == "fail"
    assert run.result("spend/treatment").reason.startswith("Worse: ")


def test_a_mismatch_of_sizes_blocks_the_winner(tmp_path: Path) -> None:
    data = units(4_000, lift=2.0)
    kept = [i for i, arm in enumerate(data["arm"]) if arm == "control" or i % 7]
    data = {name: [values[i] for i in kept] for name, values in data.items()}
    run = analyze(write(tmp_path, assignments=data, metrics=METRICS))
    assert run.decision == "block"
    assert run.result("sample_ratio").verdict == "fail"
    spend = run.result("spend/treatment")
    assert spend.verdict == "inconclusive"
    assert "cannot be believed: see sample_ratio" in spend.reason


def test_several_arms_are_one_family_and_one_winner_is_enough(tmp_path: Path) -> None:
    head = HEAD.replace("treatment: 0.5}", "a: 0.25, b: 0.25}")
    data = units(4_000, lift=1.5, arms=("control", "a", "control", "b"), seed=3)
    metrics = "  spend: {kind: mean, value: spend}\n  bought: {kind: proportion, value: bought}"
    run = analyze(write(tmp_path, assignments=data, metrics=metrics, head=head))
    assert run.decision == "block"  # neither arm is known to sell more often
    levels = [m.level for r in run.results[2:] for m in r.measurements]
    assert sorted({round(level or 0, 6) for level in levels}) == [
        round(1 - 0.05 / 3, 6),
        round(1 - 0.05 / 4, 6),
    ]  # Holm: one of four is settled first, then one of three is tried
    run = analyze(
        write(tmp_path, assignments=data, metrics="  spend: {kind: mean, value: spend}", head=head)
    )
    assert run.run.exit_code == 0
    assert run.result("spend/b").verdict == "pass"
    assert run.result("spend/a").severity == "warn"


def test_a_guardrail_needs_its_margin_shown(tmp_path: Path) -> None:
    data = units(400)
    data["ms"] = [
        ms * (1.15 if arm == "treatment" else 1.0)
        for ms, arm in zip(data["ms"], data["arm"], strict=True)
    ]
    metrics = "  wait: {kind: mean, value: ms, role: guardrail, direction: decrease, margin: M}"
    verdicts = []
    for margin in ("200", "15", "0"):
        path = write(tmp_path, assignments=data, metrics=metrics.replace("M", margin))
        verdicts.append(analyze(path).result("wait/treatment").verdict)
    assert verdicts[0] == "pass"
    assert verdicts[1] == "inconclusive"
    assert verdicts[2] in ("inconclusive", "fail")


def test_a_guardrail_beyond_its_margin_blocks_a_better_arm(tmp_path: Path) -> None:
    data = units(4_000, lift=2.0)
    data["ms"] = [
        ms * (1.5 if arm == "treatment" else 1.0)
        for ms, arm in zip(data["ms"], data["arm"], strict=True)
    ]
    run = analyze(write(tmp_path, assignments=data, metrics=METRICS))
    assert run.result("spend/treatment").verdict == "pass"
    assert run.result("wait/treatment").verdict == "fail"
    assert run.result("wait/treatment").description == (
        "No worse than the control by more than 20 %."
    )
    assert run.run.exit_code == 1


@pytest.mark.parametrize("method", ["bayesian", "sequential"])
def test_the_other_methods_decide_alike(tmp_path: Path, method: str) -> None:
    path = write(
        tmp_path,
        assignments=units(4_000, lift=0.8),
        metrics=METRICS,
        analysis=f"{{method: {method}, planned: 4000}}",
    )
    run = analyze(path)
    assert run.result("spend/treatment").verdict == "pass"
    figures = table(run.result("spend/treatment"))
    if method == "bayesian":
        assert figures["probability better"][0] > 0.999
        assert figures["expected loss"][0] < 1e-3
        texts = [e.text for e in run.result("spend/treatment").evidence if isinstance(e, Text)]
        assert "Prior of the effect: flat." in texts[0]
    else:
        assert run.result("sample_ratio").params["test"] == "dirichlet-mixture"
        assert run.result("spend/treatment").measurements[0].method == "welch-anytime"


def test_what_does_not_vary_is_not_judged(tmp_path: Path) -> None:
    data = units(100)
    data["spend"] = [5.0] * 100
    data["bought"] = [0] * 100
    run = analyze(write(tmp_path, assignments=data, metrics=METRICS))
    assert run.decision == "block"
    spend = run.result("spend/treatment")
    assert spend.verdict == "inconclusive"
    assert "the values do not vary in either arm" in spend.reason
    bought = run.result("bought/treatment")  # nobody bought: that is a measurement
    assert bought.verdict == "inconclusive"
    assert "lift" not in table(bought)


def test_secondary_metrics_alone_decide_nothing(tmp_path: Path) -> None:
    metrics = "  spend: {kind: mean, value: spend, role: secondary}"
    with pytest.raises(SuiteError, match="nothing would decide"):
        analyze(write(tmp_path, assignments=units(10), metrics=metrics))


@pytest.mark.parametrize("size", [2, 3])
def test_hardly_any_units(tmp_path: Path, size: int) -> None:
    run = analyze(write(tmp_path, assignments=units(size), metrics=METRICS))
    assert run.run.exit_code == 1
    assert all(r.verdict != "pass" for r in run.results if "/" in r.id)


def test_a_missing_arm_is_an_error(tmp_path: Path) -> None:
    data = units(200, arms=("control", "control"))
    run = analyze(write(tmp_path, assignments=data, metrics=METRICS))
    assert run.result("sample_ratio").verdict == "fail"
    assert run.result("spend/treatment").verdict == "error"
    assert "no unit is in the arm 'treatment'" in run.result("spend/treatment").reason


def test_a_denominator_of_nothing_is_said(tmp_path: Path) -> None:
    metrics = "  r: {kind: ratio, value: spend, denominator: {where: ms < 0}}"
    run = analyze(write(tmp_path, assignments=units(100), metrics=metrics))
    assert "the denominator is 0 in the arm 'control'" in run.result("r/treatment").reason


def test_nobody_followed_to_the_horizon_is_said(tmp_path: Path) -> None:
    metrics = "  leave: {kind: time_to_event, value: days, where: days < 5, horizon: 90}"
    run = analyze(write(tmp_path, assignments=units(100), metrics=metrics))
    assert "was followed up to the horizon of 90" in run.result("leave/treatment").reason


def test_the_run_is_kept_and_shown(tmp_path: Path) -> None:
    from assay.api import stored_run

    path = write(tmp_path, assignments=units(400, lift=1), metrics=METRICS)
    run = analyze(path, home=tmp_path / ".assay", name="first")
    assert stored_run(tmp_path / ".assay", "first").results == run.results
    page = run.write(tmp_path / "report.html").read_text()
    assert "spend/treatment" in page
    assert [s.name for s in run.subjects] == ["assignments"]
    assert run.subjects[0].fingerprint.startswith("sha256:")


def test_a_design_from_a_baseline_is_the_published_one(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(HEAD + "metrics: {conversion: {kind: proportion}}\n")
    [found] = experiment.design(
        path, baselines={"conversion": 0.1}, effects={"conversion": 0.02}, units_per_day=1000
    )
    assert (found.control, found.arm, found.units) == (3835, 3835, 7670)  # 3,834.6
    assert found.days == pytest.approx(7.67)


def test_a_design_from_past_data_finds_its_effect(tmp_path: Path) -> None:
    metrics = "  spend: {kind: mean, value: spend, covariate: past}"
    path = write(tmp_path, assignments=units(4_000), metrics=metrics)
    [found] = experiment.design(path, lifts={"*": 0.02}, power=0.9)
    assert found.baseline.sd == pytest.approx(np.sqrt(8), rel=0.05)  # what the past does not tell
    from statsmodels.stats.power import tt_ind_solve_power

    expected = tt_ind_solve_power(found.effect / found.baseline.sd, alpha=0.05, power=0.9)
    assert found.arm == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lifts": {"*": 0.1}}, "has no baseline"),
        ({"baselines": {"conversion": 0.1}}, "Which effect is to be found"),
        ({"baselines": {"conversion": 0.1}, "lifts": {"*": 0.0}}, "must be finite and not 0"),
        ({"baselines": {"conversoin": 0.1}, "lifts": {"*": 0.1}}, "Did you mean 'conversion'"),
        ({"baselines": {"conversion": 1.7}, "lifts": {"*": 0.1}}, "cannot be designed"),
    ],
)
def test_a_design_without_what_it_needs(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(HEAD + "metrics: {conversion: {kind: proportion}}\n")
    with pytest.raises(SuiteError, match=said):
        experiment.design(path, **given)
