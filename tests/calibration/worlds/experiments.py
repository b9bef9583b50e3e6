"""Experiments: arms held against the control, parts, survival, rankers and bandits."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from scipy.special import ndtr
from tests.calibration.worlds.sequential import FIFTY, summaries
from tests.calibration.worlds.world import LEVEL, World, cautious, over_looks, short

from assay.experiments.contrasts import IntervalContrast, MeanContrast, ShareContrast
from assay.experiments.inferring import Sequential
from assay.experiments.interleaving import preference
from assay.experiments.quantile_log import QuantileCounts
from assay.experiments.rollout.findings import Effect
from assay.inference.adaptive import adaptive_difference
from assay.inference.adaptive import fold as fold_batches
from assay.inference.clustered import clustered_mean
from assay.inference.conjugate import beta_difference, beta_lift, normal_posterior, posterior
from assay.inference.differences import Share
from assay.inference.heterogeneity import heterogeneity, part_effects
from assay.inference.interval import Interval, t_value
from assay.inference.quantiles import grid, order_statistics
from assay.inference.survival import Times, incidence
from assay.inference.variance_reduction import Estimated, reduced
from assay.states import ComomentsState, QuantilesState


def estimated(x: np.ndarray) -> Estimated:
    return Estimated(float(x.mean()), float(x.var(ddof=1)) / len(x), len(x) - 1, len(x))


def revenues(rng: np.random.Generator, n: int, factor: float = 1.0, *, cap: bool = False) -> Any:
    """Most spend nothing, some a lot (lognormal); winsorised at 20 if asked."""
    spent = np.where(rng.random(n) < 0.1, rng.lognormal(2, 1, n), 0.0) * factor
    return np.minimum(spent, 20 * factor) if cap else spent


def arms(draw: Any, what: str) -> Any:
    """``draw`` gives the control and the arm."""

    def simulate(rng, runs):
        for _ in range(runs):
            a, b = (estimated(x) for x in draw(rng))
            found = MeanContrast(a, b)
            if what == "lift":
                lift = found.lift(LEVEL)
                assert lift is not None
                yield b.value / a.value - 1, lift
            else:
                yield b.value - a.value, found.difference(LEVEL)

    return simulate


def lifted_shares(rng: np.random.Generator, runs: int) -> Any:
    for a, b in rng.binomial(400, (0.10, 0.12), (runs, 2)).tolist():
        if a:
            found = ShareContrast(Share(a, 400), Share(b, 400)).lift(LEVEL)
            assert found is not None
            yield b / a - 1, found


def adjusted(n: int) -> Any:
    """CUPED: a covariate from before the experiment explains half of the variance."""

    def simulate(rng, runs):
        for _ in range(runs):
            cells = {}
            for arm, lift in (("a", 0.0), ("b", 0.3)):
                before = rng.normal(size=n)
                after = 0.7 * before + rng.normal(0, 0.7, n) + lift
                dx, dy = after - after.mean(), before - before.mean()
                state = ComomentsState(
                    n, after.mean(), before.mean(), dx @ dx, dy @ dy, float(dx @ dy)
                )
                cells[arm] = {(): state}
            found = reduced(cells, covariate=True).arms
            contrast = MeanContrast(found["a"], found["b"])
            yield contrast.value - contrast.control_value, contrast.difference(LEVEL)

    return simulate


def peeked(rng: np.random.Generator, runs: int) -> Any:
    """An A/A test of means, analysed as sequential after each 2 % of the data."""
    for _ in range(runs):
        found = []
        sides = (summaries(rng.exponential(size=2_000), FIFTY) for _ in "ab")
        for a, b in zip(*sides, strict=True):
            each = [Estimated(of.mean, of.variance / of.n, of.n - 1, of.n) for of in (a, b)]
            contrast = MeanContrast(*each)
            found.append(Sequential(contrast, a.n / 2_000, LEVEL).difference(LEVEL))
        yield contrast.value - contrast.control_value, over_looks(found)


def stage(rng: np.random.Generator, runs: int) -> Any:
    """A stage of a rollout, looked at 50 times; the effect is known by its interval alone."""
    for _ in range(runs):
        found = []
        for of in summaries(rng.normal(size=2_000), FIFTY):
            half = t_value(math.erf(2**-0.5), of.n - 1) * math.sqrt(of.variance / of.n)
            effect = Effect(
                name="x", value=of.mean, down=half, up=half, n=of.n, margin=0.0,
                higher_is_better=True,
            )  # fmt: skip
            gain = effect.gain(LEVEL, tuned_for=2_000)
            assert gain is not None
            found.append(gain)
        yield of.mean, over_looks(found)


def quantiles(what: str) -> Any:
    """0.9 quantiles of two arms of exponential values, the second 1.2 times the first."""
    n, q = 500, 0.9
    points = grid(q)
    at = np.maximum(1, np.ceil(np.array(points) * n - 1e-9)).astype(int) - 1

    def simulate(rng, runs):
        for x, y in rng.exponential(size=(runs, 2, n)):
            states = [
                QuantilesState(n, points, tuple(np.sort(v)[at].tolist())) for v in (x, 1.2 * y)
            ]
            a, b = (s.value(q) for s in states)
            control, arm = (lambda level, s=s: order_statistics(s, q, level) for s in states)
            found = IntervalContrast(a, b, n, n, control, arm)
            if what == "lift":
                lift = found.lift(LEVEL)
                assert lift is not None
                yield b / a - 1, lift
            else:
                yield b - a, found.difference(LEVEL)

    return simulate


def events_of_users(rng: np.random.Generator, runs: int) -> Any:
    """0.9 quantile of page times: 200 users with 1 to 9 pages each, which resemble each other."""
    for _ in range(runs):
        unit = np.repeat(np.arange(200), rng.integers(1, 10, 200))
        x = np.exp(rng.normal(0, 0.7, 200)[unit] + rng.normal(0, 0.7, len(unit)))
        value = float(np.quantile(x, 0.9, method="inverted_cdf"))
        error = clustered_mean((x <= value).astype(float), unit).error
        shares = tuple(np.linspace(0.7, 0.999, 300).tolist())
        kept = tuple(np.quantile(x, shares, method="inverted_cdf").tolist())
        found = QuantileCounts(value, 0.9, 200, len(x), error, shares, kept)
        yield value, found.interval(LEVEL)


def survival(n: int) -> Any:
    """Times to an event, half a year of follow-up, a third of the units leave before."""

    def simulate(rng, runs):
        for _ in range(runs):
            event, leaves = rng.exponential(1.0, n), rng.exponential(1.5, n)
            end = np.minimum(np.minimum(event, leaves), 0.5)
            had = (event <= leaves) & (event <= 0.5)
            times, at = np.unique(end, return_inverse=True)
            of = Times(
                times, np.bincount(at, had).astype(np.int64), np.bincount(at, ~had).astype(np.int64)
            )
            found = incidence(of)
            yield found.value, found.interval(LEVEL)

    return simulate


def betas(what: str) -> Any:
    between = cache(beta_lift if what == "lift" else beta_difference)

    def simulate(rng, runs):
        for a, b in rng.binomial(12, (0.3, 0.5), (runs, 2)).tolist():
            before, after = (posterior(k, 12, alpha=1, beta=1) for k in (a, b))
            yield (b - a) / 12, between(after, before, LEVEL)

    return simulate


def credible(rng: np.random.Generator, runs: int) -> Any:
    """True effects are drawn from the prior, so that the credible interval must cover."""
    for effect in rng.normal(0, 0.1, runs).tolist():
        estimate = float(rng.normal(effect, 0.08))
        found = normal_posterior(estimate, 0.08**2, sd=0.1)
        yield found.mean, found.interval(LEVEL), effect


def stubborn(rng: np.random.Generator, runs: int) -> Any:
    """An effect of two standard deviations of the prior."""
    for estimate in rng.normal(0.2, 0.08, runs).tolist():
        found = normal_posterior(estimate, 0.08**2, sd=0.1)
        yield found.mean, found.interval(LEVEL)


def parts(what: str) -> Any:
    """Six markets of 40 to 400 users."""
    sizes = np.array([40, 60, 80, 120, 200, 400])
    true = np.zeros(6) if what == "pooled" else np.linspace(-0.5, 0.5, 6)

    def simulate(rng, runs):
        for _ in range(runs):
            drawn = [
                rng.normal(t, 1 + i / 5, n)
                for i, (t, n) in enumerate(zip(true, sizes, strict=True))
            ]
            effects = [float(x.mean()) for x in drawn]
            variances = [float(x.var(ddof=1)) / len(x) for x in drawn]
            if what == "pooled":
                found = heterogeneity(effects, variances, LEVEL, df=sizes - 1)
                yield found.pooled, found.interval
            else:
                each = part_effects(effects, variances, LEVEL, df=sizes - 1)
                yield (
                    0.0,
                    over_looks(
                        Interval(e.interval.low - t, e.interval.high - t, "sidak")
                        for e, t in zip(each, true.tolist(), strict=True)
                    ),
                )

    return simulate


def rankers(rng: np.random.Generator, runs: int) -> Any:
    """Interleaved lists: 120 users with 1 to 9 wins each, and tastes of their own."""
    for _ in range(runs):
        user = np.repeat(np.arange(120), rng.integers(1, 10, 120))
        taste = rng.beta(6, 4, 120)[user]
        outcome = np.where(rng.random(len(user)) < taste, 1, -1)
        found = preference(outcome, user, LEVEL)
        yield found.value, found.interval


def bandit(rng: np.random.Generator, runs: int, *, sequence: bool) -> Any:
    """Two equal arms; 30 batches of 40 units, nine in ten of them to the arm that looks better."""
    for _ in range(runs):
        n, hits = np.zeros(2), np.zeros(2)
        outcome, arm, batch, chance = [], [], [], []
        looks = []
        for b in range(30):
            rate = (hits + 1) / (n + 2)
            p = np.array([0.5, 0.5]) if b == 0 else np.where(rate == rate.max(), 0.9, 0.1)
            p = p / p.sum()
            to = (rng.random(40) < p[1]).astype(int)
            y = (rng.random(40) < 0.3).astype(float)
            n += np.bincount(to, minlength=2)
            hits += np.bincount(to, y, minlength=2)
            for kept, new in ((outcome, y), (arm, to), (batch, np.full(40, b)), (chance, p)):
                kept.append(new)
            if sequence and b >= 9 and b % 5 == 4:
                found = of_batches(outcome, arm, batch, chance)
                looks.append(found.sequence(LEVEL, tuned_for=1_200))
        found = of_batches(outcome, arm, batch, chance)
        yield found.value, over_looks(looks) if sequence else found.interval(LEVEL)


def of_batches(outcome: Any, arm: Any, batch: Any, chance: Any) -> Any:
    batches = fold_batches(
        np.concatenate(outcome), np.concatenate(arm), np.concatenate(batch), np.array(chance)
    )
    return adaptive_difference(batches, 1, 0)


def in_two(n: int, m: int, apart: float, spread: float) -> Any:
    return lambda rng: (rng.normal(1, 1, n), rng.normal(1 + apart, spread, m))


def heavy_twins(rng: np.random.Generator) -> Any:
    return revenues(rng, 2_000), revenues(rng, 2_000)


def capped(rng: np.random.Generator) -> Any:
    return revenues(rng, 2_000, cap=True), revenues(rng, 2_000, 1.1, cap=True)


F = "Experiments"
CAPPED = 0.1 * float(math.exp(2.5) * ndtr(math.log(20) - 3) + 20 * ndtr(2 - math.log(20)))
ENDS = "both quantiles' intervals are rounded outward"
"""Of a lognormal value cut at 20, in one of ten users."""
WORLDS = [
    World(F, "welch", "small n, unequal spreads", "10 and 30",
          arms(in_two(10, 30, 0.5, 3), "d"), 0.5),
    World(F, "welch", "revenue, heavy tails", "2,000 and 2,000",
          arms(heavy_twins, "d"), 0.0),
    World(F, "welch", "revenue, winsorised", "2,000 and 2,000",
          arms(capped, "d"), 0.1 * CAPPED),
    World(F, "welch", "variance reduced by a covariate (CUPED)", "100 and 100", adjusted(100), 0.3),
    World(F, "lift-delta", "revenue, winsorised, lift of 10 %", "2,000 and 2,000",
          arms(capped, "lift"), 0.1),
    World(F, "lift-fieller", "a control 5 standard errors from 0", "30 and 30",
          arms(in_two(30, 30, 0.2, 1), "lift"), 0.2),
    World(F, "lift-mover-ratio", "conversion of 0.10 and 0.12", "400 and 400", lifted_shares, 0.2),
    World(F, "mover-order-statistics", "0.9 quantiles, skew", "500 and 500", quantiles("d"),
          0.2 * float(-np.log(0.1)), cautious(), ENDS, effort=2),
    World(F, "lift-mover-order-statistics", "0.9 quantiles, skew", "500 and 500",
          quantiles("lift"), 0.2, cautious(), ENDS, effort=2),
    World(F, "order-statistics-clustered", "clusters: 0.9 quantile of events of 200 users",
          "1,000", events_of_users, float(np.exp(1.2815515655446004 * 0.98**0.5)), cautious(0.985),
          "rounded outward to kept order statistics", effort=3),
    World(F, "welch-anytime", "A/A, peeking 50 times, skewed means", "40 to 2,000 an arm", peeked,
          0.0, cautious(), "it holds at every look there could be, and these are some", effort=10),
    World(F, "anytime", "a stage of a rollout, peeking 50 times", "40 to 2,000", stage, 0.0,
          cautious(), "it holds at every look there could be, and these are some", effort=10),
    World(F, "kaplan-meier", "share with the event by half a year", "100", survival(100),
          float(1 - np.exp(-0.5))),
    World(F, "beta-binomial", "small n: difference, flat prior", "12 and 12",
          betas("d"), 0.2, effort=10),
    World(F, "beta-binomial", "small n: lift, flat prior", "12 and 12",
          betas("lift"), 2 / 3, effort=10),
    World(F, "normal-posterior", "effects drawn from the prior", "1", credible),
    World(F, "normal-posterior", "an effect of two standard deviations of the prior", "1", stubborn,
          0.2, short(0.75), "a credible interval believes its prior"),
    World(F, "inverse-variance", "six parts, one effect", "40 to 400 each", parts("pooled"), 0.0,
          short(0.925), "weights are estimated; the level is asymptotic"),
    World(F, "sidak", "six parts: all effects together", "40 to 400 each", parts("each"), 0.0),
    World(F, "cluster-ratio", "clusters: interleaved lists of 120 users", "600", rankers, 0.6,
          effort=2),
    World(F, "adaptive-aipw", "bandit, two equal arms", "30 × 40",
          lambda rng, runs: bandit(rng, runs, sequence=False), 0.0, short(0.92),
          "an arm that was seldom tried: its estimate is normal only with many units", effort=2),
    World(F, "adaptive-aipw-sequence", "bandit, peeking 5 times", "30 × 40",
          lambda rng, runs: bandit(rng, runs, sequence=True), 0.0, cautious(),
          "it holds at every batch there could be, and these are some", effort=10),
]  # fmt: skip
