"""What follows from a plan, a state and findings."""

from __future__ import annotations

import math

import pytest
from scipy import stats
from tests.experiments.rollout.worlds import HOUR, a_plan, an_effect, found

from assay.experiments.rollout.findings import Effect, sample_ratio_p_value
from assay.experiments.rollout.machine import State
from assay.experiments.rollout.plan import RolloutPlan, Stage
from assay.experiments.rollout.rules import judge

RUNNING = State(status="running", stage=0, since=0.0, events=1)


def test_a_stage_that_shows_what_it_needs_passes() -> None:
    decision = judge(a_plan(), RUNNING, found(at=25 * HOUR))
    assert decision.action == "advance"
    assert "conversion is non-inferior" in decision.reasons[0]
    assert decision.figures["hours"] == 25


def test_the_last_stage_with_a_control_promotes() -> None:
    state = State(status="running", stage=3, since=0.0, events=4)
    assert judge(a_plan(), state, found(at=25 * HOUR, share=0.5)).action == "promote"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"at": 23 * HOUR}, "23.0 of at least 24 hours"),
        ({"at": 25 * HOUR, "units": 900}, "900 of at least 1,000 units"),
        ({"at": 25 * HOUR, "error": 0.01}, "not shown to be non-inferior yet"),
        ({"at": 25 * HOUR, "since": -HOUR}, "from before this stage"),
    ],
)
def test_a_stage_that_does_not_is_held(given, reason) -> None:
    decision = judge(a_plan(), RUNNING, found(**given))
    assert decision.action == "hold"
    assert reason in " ".join(decision.reasons)


@pytest.mark.parametrize("age", [1.0, 25.0])
def test_harm_rolls_back_however_young_the_stage(age) -> None:
    of_guardrail = judge(a_plan(), RUNNING, found(at=age * HOUR, latency=0.02))
    assert of_guardrail.action == "rollback"
    assert of_guardrail.reasons[0].startswith("The guardrail latency is worse than allowed")
    of_primary = judge(a_plan(), RUNNING, found(at=age * HOUR, conversion=-0.02))
    assert of_primary.action == "rollback"
    assert judge(a_plan(), RUNNING, found(at=age * HOUR, latency=-0.02)).action != "rollback"


def test_harm_within_the_margin_is_allowed() -> None:
    assert judge(a_plan(), RUNNING, found(at=25 * HOUR, latency=0.003)).action == "advance"


def test_wrong_sizes_pause_before_anything_else() -> None:
    wrong = found(at=25 * HOUR, latency=0.02, counts={"old": 19_000, "new": 1000})
    decision = judge(a_plan(), RUNNING, wrong)
    assert decision.action == "pause"
    assert "new 5.00% (planned 1%)" in decision.reasons[0]


def test_a_pause_is_ended_by_a_person_or_by_harm() -> None:
    paused = State(status="paused", stage=0, since=0.0, events=2)
    assert judge(a_plan(), paused, found(at=25 * HOUR)).action == "hold"
    assert judge(a_plan(), paused, found(at=25 * HOUR, latency=0.02)).action == "rollback"


@pytest.mark.parametrize("ending", ["pause", "rollback"])
def test_a_stage_that_runs_out_of_time_ends_as_planned(ending) -> None:
    late = found(at=240 * HOUR, error=0.01)
    decision = judge(a_plan(at_maximum=ending), RUNNING, late)
    assert decision.action == ending
    assert "240 are its most" in decision.reasons[0]


def test_a_superior_arm_is_told_from_one_that_only_does_no_harm() -> None:
    stages = (Stage(share=0.5, needs="superior", min_hours=1), Stage(share=1))
    plan = a_plan(stages=stages, margin=0.0)
    assert judge(plan, RUNNING, found(at=2 * HOUR, share=0.5)).action == "hold"
    assert judge(plan, RUNNING, found(at=2 * HOUR, share=0.5, conversion=0.01)).action == "promote"
    harmless = a_plan(stages=(Stage(share=0.5, needs="no_harm", min_hours=1), Stage(share=1)))
    assert judge(harmless, RUNNING, found(at=2 * HOUR, share=0.5)).action == "promote"


def test_guardrails_may_have_to_be_shown_harmless() -> None:
    plan = a_plan(guardrails_need="non_inferior")
    vague = an_effect("latency", 0.0, 0.05, higher_is_better=False, margin=0.01)
    findings = found(at=25 * HOUR, effects=(an_effect("conversion", 0.0, 0.001), vague))
    assert judge(a_plan(), RUNNING, findings).action == "advance"
    assert judge(plan, RUNNING, findings).action == "hold"


def test_what_was_not_measured_holds() -> None:
    nothing = Effect(name="conversion", value=0.0, down=0.0, up=0.0, n=20_000)
    for effects in ((), (nothing,)):
        findings = found(at=25 * HOUR, effects=effects, missing={"latency": "no events"})
        decision = judge(a_plan(), RUNNING, findings)
        assert decision.action == "hold"
        assert "too little data" in decision.reasons[0]
        assert decision.reasons[1] == "latency cannot be judged yet: no events."


def test_an_end_that_is_not_known_decides_nothing() -> None:
    half = Effect(name="conversion", value=-0.5, down=0.001, up=None, n=20_000)
    decision = judge(a_plan(guardrails=()), RUNNING, found(at=25 * HOUR, effects=(half,)))
    assert decision.action == "hold"
    assert "unknown" in decision.reasons[0]


def test_an_ended_rollout_has_nothing_to_decide() -> None:
    with pytest.raises(ValueError, match="nothing to decide"):
        judge(a_plan(), State(status="promoted", stage=4), found(at=0.0))


def test_the_sample_ratio_test_is_the_dirichlet_mixture() -> None:
    """Against scipy's Dirichlet-multinomial: prior predictive over the null's probability."""
    counts, shares = {"a": 530, "b": 470}, {"a": 0.5, "b": 0.5}
    mixture = stats.dirichlet_multinomial.logpmf([530, 470], [500, 500], 1000)
    null = stats.multinomial.logpmf([530, 470], 1000, [0.5, 0.5])
    assert sample_ratio_p_value(counts, shares) == pytest.approx(
        min(1.0, math.exp(null - mixture)), rel=1e-9
    )
    # a mismatch that a chi-square test finds, too (its p-value is 1.8e-6)
    assert sample_ratio_p_value({"a": 821_588, "b": 815_482}, shares) < 1e-3
    assert sample_ratio_p_value({"a": 0, "b": 0}, shares) == 1.0
    assert sample_ratio_p_value({"a": 9, "b": 1}, {"a": 1.0, "b": 0.0}) == 0.0
    with pytest.raises(ValueError, match="0 or more"):
        sample_ratio_p_value({"a": -1}, shares)
    with pytest.raises(ValueError, match="sum to 1"):
        sample_ratio_p_value({"a": 1}, {"a": 0.5})


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"stages": (Stage(share=0.5),)}, "two stages at least"),
        ({"stages": (Stage(share=0.5), Stage(share=0.9))}, "a share of 1"),
        ({"stages": (Stage(share=0.5), Stage(share=0.2), Stage(share=1))}, "must grow"),
        ({"arm": "old"}, "not its control"),
        ({"guardrails": ("conversion",)}, "not a guardrail"),
        ({"margin": -1.0}, "margin must be 0 or more"),
        ({"margin": math.nan}, "margin must be 0 or more"),
        ({"margin": 0.0}, "needs a margin above 0"),
        ({"error": 0.0}, "error lies"),
        ({"sample_ratio": 1.0}, "sample_ratio lies"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(given, wrong) -> None:
    with pytest.raises(ValueError, match=wrong):
        a_plan(**given)


@pytest.mark.parametrize(
    "given",
    [{"share": 0}, {"share": 1.2}, {"min_hours": -1}, {"min_units": -1}, {"max_hours": 1}],
)
def test_a_stage_that_makes_no_sense_is_refused(given) -> None:
    with pytest.raises(ValueError):
        Stage(**({"share": 0.5} | given))


@pytest.mark.parametrize(
    "given", [{"value": math.nan}, {"down": math.inf}, {"up": -1.0}, {"n": -1}, {"margin": -1.0}]
)
def test_an_effect_that_is_none_is_refused(given) -> None:
    with pytest.raises(ValueError):
        Effect(**({"name": "x", "value": 0.0, "down": 1.0, "up": 1.0, "n": 5} | given))


def test_the_error_is_shared_by_all_that_may_roll_back() -> None:
    plan = a_plan(guardrails=("a", "b", "c"))
    assert plan.harm_level() == pytest.approx(1 - 0.05 / 16)
    assert isinstance(plan, RolloutPlan)
