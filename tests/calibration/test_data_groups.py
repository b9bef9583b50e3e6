"""Do the intervals of association, information and divergence cover? Seeded simulation.

A rate is what a method may miss at 95 %; a test fails where it is missed so often that this has a
probability below 1e-4.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import bdtrik

from assay.inference.association import correlation_ratio, cramers_v
from assay.inference.contingency import Contingency
from assay.inference.information import divergence, entropy_interval, mutual_information
from assay.inference.interval import Interval
from assay.inference.quantile_grid import GRID
from assay.inference.separation import greatest_interval, separations
from assay.states import MomentsState, QuantilesState

RUNS = 1_000
LEVEL = 0.95


def misses(rate: float, runs: int = RUNS) -> int:
    """Most misses to expect of an interval with this rate (one chance in ten thousand of more)."""
    return int(np.ceil(bdtrik(1 - 1e-4, runs, rate)))


def missed(interval: Interval, true: float) -> bool:
    return not interval.low - 1e-12 <= true <= interval.high + 1e-12


def joint(rows: int, columns: int, strength: float, skew: float) -> np.ndarray:
    """Probabilities of a table: a mixture of independence and of one column for each row."""
    a, b = (np.arange(1, k + 1) ** -skew for k in (rows, columns))
    a, b = a / a.sum(), b / b.sum()
    told = np.zeros((rows, columns))
    told[np.arange(rows), np.arange(rows) % columns] = a
    return (1 - strength) * np.outer(a, b) + strength * told


def tables(p: np.ndarray, n: int) -> list[Contingency]:
    rng = np.random.default_rng(n)
    drawn = rng.multinomial(n, p.ravel(), size=RUNS).reshape(RUNS, *p.shape)
    found = [Contingency.dense(table) for table in drawn]
    return [t for t in found if min(len(t.rows), len(t.columns)) > 1]


SHAPES = [(2, 2, 0.0), (2, 2, 1.5), (3, 4, 0.0), (3, 4, 1.5), (10, 5, 0.0)]


@pytest.mark.parametrize("n", [200, 2_000])
@pytest.mark.parametrize("strength", [0.0, 0.05, 0.3, 0.8])
@pytest.mark.parametrize(("rows", "columns", "skew"), SHAPES)
def test_cramers_v_and_mutual_information(rows, columns, skew, strength, n):
    p = joint(rows, columns, strength, skew)
    a, b = p.sum(axis=1), p.sum(axis=0)
    ratio = p / np.outer(a, b)
    square = max(0.0, (p * ratio).sum() - 1)
    v = math.sqrt(square / (min(rows, columns) - 1))
    nats = (p * np.log(np.where(p > 0, ratio, 1))).sum()
    share = nats / (-(a * np.log(a)).sum() - (b * np.log(b)).sum()) * 2
    wrong = {"V": 0, "I": 0, "normalized": 0}
    for table in tables(p, n):
        wrong["V"] += missed(cramers_v(table).interval(LEVEL), v)
        wrong["I"] += missed(mutual_information(table, normalized=False)[1].interval(LEVEL), nats)
        wrong["normalized"] += missed(
            mutual_information(table, normalized=True)[1].interval(LEVEL), share
        )
    assert max(wrong.values()) <= misses(0.09 if n == 200 and strength else 0.07), wrong


def test_independent_columns_of_many_values_are_not_called_related():
    """A hundred cells that expect five rows each, and margins so skewed that most expect none."""
    for skew in (0.0, 1.5):
        wrong = {"V": 0, "I": 0}
        for table in tables(joint(10, 10, 0.0, skew), 500):
            wrong["V"] += cramers_v(table).interval(LEVEL).low > 0
            wrong["I"] += mutual_information(table, normalized=False)[1].interval(LEVEL).low > 0
        assert max(wrong.values()) <= misses(0.08), (skew, wrong)


def moments(values: np.ndarray) -> MomentsState:
    d = values - values.mean()
    return MomentsState(
        len(values), values.mean(), *(float((d**power).sum()) for power in (2, 3, 4))
    )


@pytest.mark.parametrize("n", [200, 2_000])
@pytest.mark.parametrize("spread", ["equal", "unequal"])
@pytest.mark.parametrize("effect", [0.0, 0.1, 0.5, 2.0])
@pytest.mark.parametrize("groups", [2, 5])
def test_correlation_ratio(groups, effect, spread, n):
    rng = np.random.default_rng(n + groups)
    shares = 1 / np.arange(1, groups + 1)
    shares /= shares.sum()
    centres = np.linspace(-1, 1, groups) * effect
    sd = np.linspace(1, 3, groups) if spread == "unequal" else np.ones(groups)
    mean = shares @ centres
    between = shares @ (centres - mean) ** 2
    eta = math.sqrt(between / (between + shares @ sd**2))
    wrong = 0
    for _ in range(RUNS):
        group = rng.choice(groups, n, p=shares)
        y = rng.normal(centres[group], sd[group])
        found = correlation_ratio([moments(y[group == g]) for g in range(groups)])
        wrong += missed(found.interval(LEVEL), eta)
    assert wrong <= misses(0.08 if n == 200 else 0.065), wrong


@pytest.mark.parametrize(
    ("p", "n", "rate"),
    [
        (np.full(2, 0.5), 100, 0.06),
        (np.array([0.9, 0.1]), 100, 0.09),
        (np.full(20, 0.05), 200, 0.06),
        (np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05]), 200, 0.06),
        (1 / np.arange(1, 51), 2_000, 0.06),
        (1 / np.arange(1, 201), 5_000, 0.07),
    ],
    ids=["coin", "rare", "even", "six", "zipf", "long-zipf"],
)
def test_entropy(p, n, rate):
    p = p / p.sum()
    true = -(p * np.log(p)).sum()
    wrong = 0
    for counts in np.random.default_rng(n).multinomial(n, p, size=RUNS):
        q = counts[counts > 0] / n
        value = -(q * np.log(q)).sum()
        once, twice = (counts == 1).sum(), (counts == 2).sum()
        unseen = once * (once - 1) / (2 * (twice + 1))
        variance = (q * np.log(q) ** 2).sum() - value**2
        wrong += missed(entropy_interval(value, variance, n, len(q), unseen, LEVEL), true)
    assert wrong <= misses(rate), wrong


@pytest.mark.parametrize("n", [200, 2_000])
@pytest.mark.parametrize("moved", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("weights", [np.full(5, 0.2), 1 / np.arange(1, 21)], ids=["even", "zipf"])
def test_kl_divergence(weights, moved, n):
    weights = weights / weights.sum()
    p = (1 - moved) * weights + moved * weights[::-1]
    true = (p * np.log(p / weights)).sum()
    wrong = 0
    for counts in np.random.default_rng(n).multinomial(n, p, size=RUNS):
        _, effect = divergence(counts.astype(float), weights)
        wrong += missed(effect.interval(LEVEL), true)
    assert wrong <= misses(0.085 if n == 200 else 0.065), wrong


def quantiles(values: np.ndarray) -> QuantilesState:
    ordered, n = np.sort(values), len(values)
    ranks = np.maximum(1, np.ceil(np.array(GRID) * n)).astype(int)
    return QuantilesState(n, GRID, tuple(ordered[ranks - 1].tolist()))


@pytest.mark.parametrize("n", [150, 1_500])
@pytest.mark.parametrize(("classes", "shift"), [(2, 0.0), (2, 0.5), (5, 0.0), (5, 1.0)])
def test_separation_by_an_identifier(classes, shift, n):
    """Conservative: it holds for any distribution. The first class is shifted, the rest is not."""
    from scipy.special import ndtr

    runs, rng = 200, np.random.default_rng(n + classes)
    true = 2 * ndtr(shift / 2) - 1
    wrong = 0
    for _ in range(runs):
        label = rng.integers(0, classes, n)
        x = rng.normal(np.where(label == 0, shift, 0.0))
        found = separations([quantiles(x[label == c]) for c in range(classes)])
        wrong += missed(greatest_interval(found, LEVEL), true)
    assert wrong <= misses(0.05, runs), wrong
