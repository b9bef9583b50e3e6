"""A planned n decides about as often as the plan says, on values that are as it assumed.

Limits are 3.5 standard errors of the simulated share around the stated power; what a plan from a
pilot may miss by beyond that (the pilot's own error in the spread) is added where it stands.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay.core.criterion import AtLeast, AtMost
from assay.core.measurement import Estimation, Measurement
from assay.inference.delong import area, area_interval
from assay.inference.interval import measured
from assay.inference.means import mean
from assay.inference.power.rates import Rates
from assay.inference.proportions import wilson
from assay.inference.ranks import rank
from assay.runner.planning.outlook import Known, look_ahead

POWER = 0.8


def _known(estimate: Measurement, *, proportion: bool = False) -> Known:
    return Known(key={}, on_hand=10**9, measured=estimate, proportion=proportion)


@pytest.mark.parametrize(("bound", "effect"), [(0.9, 0.04), (0.5, 0.1), (0.02, 0.015)])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_a_proportion(bound, effect, alpha):
    known = Known(key={}, on_hand=10**9, measured=None, proportion=True)
    rates = Rates(alpha=alpha, power=POWER)
    n = look_ahead(known, AtLeast(bound), rates, effect=effect).n_needed
    assert n is not None
    rng = np.random.default_rng(0)
    shares = []
    for truth in (bound - effect, bound + effect):
        counts, times = np.unique(rng.binomial(n, truth, 20_000), return_counts=True)
        ends = [wilson(int(k), n, 1 - alpha) for k in counts]
        right = [(e.low >= bound) if truth > bound else (e.high < bound) for e in ends]
        shares.append(float(times[right].sum()) / 20_000)
    error = 3.5 * math.sqrt(POWER * (1 - POWER) / 20_000)
    assert min(shares) > POWER - error  # both sides are decided at least that often,
    assert min(shares) < POWER + 0.05  # and n is not generous beyond the saw's teeth


@pytest.mark.parametrize("skewed", [False, True])
def test_a_mean_from_a_pilot(skewed):
    """The pilot's spread is uncertain, so plans from many pilots are simulated."""
    rng = np.random.default_rng(1)

    def draw(*shape: int) -> np.ndarray:
        return rng.exponential(1, shape) - 1 if skewed else rng.normal(0, 1, shape)

    effect, decided = 0.15, []
    for _ in range(60):
        pilot = draw(400)
        found = mean(float(pilot.mean()), float(pilot.var(ddof=1)), 400, Estimation())
        assert isinstance(found, Measurement)
        n = look_ahead(_known(found), AtMost(effect), Rates(power=POWER), effect=effect).n_needed
        assert n is not None
        runs = draw(50, n)
        half = stats.t.ppf(0.975, n - 1) * runs.std(axis=1, ddof=1) / math.sqrt(n)
        decided.append(float((runs.mean(axis=1) + half <= effect).mean()))
    share, error = np.mean(decided), 3.5 * math.sqrt(POWER * (1 - POWER) / 3_000)
    assert abs(share - POWER) < error + 0.02


def test_an_area_from_a_pilot():
    rng = np.random.default_rng(2)
    shift = math.sqrt(2) * stats.norm.ppf(0.80)

    def measure(n: int) -> Measurement:
        positive = np.arange(n) < n // 4
        ranking = rank(positive, rng.normal(0, 1, n) + shift * positive)
        ranked = area(ranking)
        interval = area_interval(ranked, ranking, 0.95)
        return measured(ranked.value, interval, n=n, how=Estimation())

    decided = []
    for _ in range(30):
        pilot = measure(500)
        plan = look_ahead(_known(pilot), AtLeast(0.75), Rates(power=POWER), effect=0.05)
        assert plan.n_needed is not None
        decided += [AtLeast(0.75).decide(measure(plan.n_needed)) == "inside" for _ in range(20)]
    share, error = np.mean(decided), 3.5 * math.sqrt(POWER * (1 - POWER) / 600)
    assert abs(share - POWER) < error + 0.03
