"""How often a whole rollout, looked at many times in each stage, ends wrongly: by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.experiments.rollout.findings import Effect, Findings
from assay.experiments.rollout.machine import Event, State, step
from assay.experiments.rollout.plan import RolloutPlan, Stage
from assay.experiments.rollout.rules import judge

HOUR = 3600.0
LOOKS = 10
PER_LOOK = 4000
BASE = 0.10


def most(runs: int, rate: float) -> int:
    """More than this have a probability under 1e-4 if each run errs with at most ``rate``."""
    return int(stats.binom.ppf(1 - 1e-4, runs, rate))


def plan(need: str, margin: float) -> RolloutPlan:
    shares = (0.01, 0.05, 0.25, 0.5, 1.0)
    stages = tuple(
        Stage(share=s, needs="no_harm" if s < 0.25 else need, min_hours=4, max_hours=LOOKS)
        for s in shares
    )
    return RolloutPlan(
        experiment="x", control="a", arm="b", primary="conversion", stages=stages,
        guardrails=("latency",), margin=margin, at_maximum="pause",
    )  # fmt: skip


def rollout(rng: np.random.Generator, of: RolloutPlan, lift: float, slower: float) -> State:
    """One rollout, looked at every hour, until it ends or pauses."""
    state = step(of, State(), Event(seq=0, at=0.0, action="start"))
    n = hits = sums = np.zeros(2)
    hour = 0
    while state.status == "running":
        if state.since == hour * HOUR:
            n, hits, sums = np.zeros(2), np.zeros(2), np.zeros(2)
        hour += 1
        share = of.stages[state.stage].share
        new = rng.binomial(PER_LOOK, share)
        came = np.array([PER_LOOK - new, new])
        n = n + came
        hits = hits + rng.binomial(came, [BASE, BASE + lift])
        sums = sums + came * np.array([0, slower]) + np.sqrt(came) * rng.standard_normal(2)
        decision = judge(of, state, findings(n, hits, sums, at=hour * HOUR, since=state.since))
        event = Event(seq=state.events, at=hour * HOUR, action=decision.action)
        state = step(of, state, event)
    return state


def findings(n, hits, sums, *, at: float, since: float) -> Findings:
    shares = (hits + 1) / (n + 2)
    error = float(np.sqrt((shares * (1 - shares) / (n + 2)).sum()))
    conversion = Effect(
        name="conversion", value=float(shares[1] - shares[0]), down=error, up=error, n=int(n.sum())
    )
    error = float(np.sqrt((1 / n).sum()))
    latency = Effect(
        name="latency", value=float(sums[1] / n[1] - sums[0] / n[0]), down=error, up=error,
        n=int(n.sum()), higher_is_better=False,
    )  # fmt: skip
    counts = {"a": int(n[0]), "b": int(n[1])}
    return Findings(at=at, since=since, counts=counts, effects=(conversion, latency))


def ends(need: str, *, margin: float, lift: float, slower: float, runs: int) -> dict[str, int]:
    rng = np.random.default_rng(20)
    of = plan(need, margin)
    found = [rollout(rng, of, lift, slower).status for _ in range(runs)]
    return {status: found.count(status) for status in ("promoted", "rolled_back", "paused")}


def test_an_arm_that_is_the_same_is_seldom_rolled_back_and_seldom_called_better() -> None:
    runs = 400
    found = ends("superior", margin=0.0, lift=0.0, slower=0.0, runs=runs)
    assert found["rolled_back"] <= most(runs, 0.05)
    assert found["promoted"] <= most(runs, 0.05)


def test_an_arm_at_the_margin_is_seldom_promoted() -> None:
    runs = 400
    found = ends("non_inferior", margin=0.02, lift=-0.02, slower=0.0, runs=runs)
    assert found["promoted"] <= most(runs, 0.05)
    assert found["rolled_back"] <= most(runs, 0.05)


@pytest.mark.parametrize(
    ("lift", "slower", "end", "least"),
    [(0.03, 0.0, "promoted", 55), (0.0, 0.2, "rolled_back", 55), (-0.04, 0.0, "rolled_back", 55)],
)
def test_what_is_there_is_found(lift, slower, end, least) -> None:
    found = ends("superior", margin=0.0, lift=lift, slower=slower, runs=60)
    assert found[end] >= least, found
