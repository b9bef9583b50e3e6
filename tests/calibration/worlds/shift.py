"""What a model is worth where its inputs have moved: from weights, and without labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.special import expit
from tests.calibration.worlds.world import LEVEL, World

from assay.inference.shift.balance import balance
from assay.inference.shift.calibrated import calibrated, count, deviation, expected
from assay.inference.shift.cells import bins_for, ordered_cells
from assay.inference.shift.groups import Groups, settled
from assay.inference.shift.impact import Part, current_part, reference_part, weighted_part
from assay.inference.shift.scores import area_score, mean_score
from assay.metrics.drift.estimated_performance import interval_of as expected_interval
from assay.metrics.drift.reweighted_performance import interval_of as weighted_interval

N, M = 800, 600
Name: TypeAlias = Literal["accuracy", "brier", "roc_auc"]
SCORES: dict[Name, Callable[[np.ndarray, np.ndarray], Any]] = {
    "accuracy": lambda y, p: partial(mean_score, ((p > 0.5) == y).astype(float)),
    "brier": lambda y, p: partial(mean_score, (p - y) ** 2),
    "roc_auc": lambda y, p: partial(area_score, y, p),
}


def drawn(rng: Any, n: int, shift: float, concept: float) -> tuple[np.ndarray, ...]:
    """Correlated inputs, what came of them, and a model that misses an interaction.

    ``concept`` changes what the third input means.
    """
    x = rng.normal(0, 1, (n, 3))
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    x[:, :2] += np.array([1.0, 0.6]) * shift
    stated = 1.2 * x[:, 0] - 0.8 * x[:, 1] + 0.7 * x[:, 2]
    odds = stated + 0.5 * x[:, 0] * x[:, 1] + concept * x[:, 2]
    return x, (rng.random(n) < expit(odds)).astype(float), expit(stated)


@cache
def truth(name: Name, shift: float, concept: float) -> float:
    """Of a million rows: a tenth of a thousandth beside errors of a hundredth."""
    _, y, p = drawn(np.random.default_rng(0), 1_000_000, shift, concept)
    return float(SCORES[name](y, p)(np.full(len(y), 1 / len(y))).value)


def parts(name: Name, rng: Any, shift: float, concept: float) -> tuple[Part, Part, Part]:
    """The score of the reference, of it weighted like the current rows, and of these."""
    (x, y, p), (z, u, q) = drawn(rng, N, 0.0, 0.0), drawn(rng, M, shift, concept)
    bins = bins_for(min(N, M), 4)
    cells = [ordered_cells(str(j), x[:, j], z[:, j], bins=bins) for j in range(3)]
    cells.append(ordered_cells("output", p, q, bins=bins))
    score = SCORES[name](y, p)
    after = current_part(SCORES[name](u, q), N, M)
    return reference_part(score, N, M), weighted_part(score, balance(cells)), after


def explained(name: Name, shift: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            before, weighted, _ = parts(name, rng, shift, 0.0)
            gap = weighted.minus(before)
            yield gap.value, gap.interval(LEVEL)

    return simulate


def rest(name: Name, shift: float, concept: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            _, weighted, after = parts(name, rng, shift, concept)
            gap = after.minus(weighted)
            yield gap.value, gap.interval(LEVEL)

    return simulate


def weighted(name: Name, shift: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            _, part, _ = parts(name, rng, shift, 0.0)
            yield part.value, weighted_interval(part, name, LEVEL)

    return simulate


def scored(rng: Any, n: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """A score that is no probability: too timid, and off."""
    x = rng.normal(shift, 1, n)
    return np.round(expit(0.8 * x - 0.2), 2), rng.random(n) < expit(1.5 * x - 1)


def unlabelled(name: Name, shift: float) -> Any:
    def simulate(rng, runs):
        for seed in range(runs):
            (known, outcome), (now, _) = scored(rng, 700, 0.0), scored(rng, 500, shift)
            counts = count(known, outcome, now, now >= 0.5)
            value = expected(counts, calibrated(counts, "spline").chance, name)
            error = deviation(counts, "spline", name, seed=seed)
            rows = min(counts.effective, 500)
            yield value, expected_interval(value, error, rows, name, LEVEL)

    return simulate


@cache
def true_without(name: Name, shift: float) -> float:
    score, y = scored(np.random.default_rng(0), 1_000_000, shift)
    if name == "accuracy":
        return float(((score >= 0.5) == y).mean())
    return float(SCORES[name](y.astype(float), score)(np.full(len(y), 1e-6)).value)


def days(rng: Any, g: int, shift: float) -> tuple[np.ndarray, ...]:
    """Rows of ``g`` days, some 25 each; what came of them has a part that is the day's."""
    day = np.sort(rng.integers(g, size=25 * g))
    x, _, p = drawn(rng, len(day), shift, 0.0)
    stated = np.log(p / (1 - p)) + rng.normal(0, 1.0, g)[day]
    return x, (rng.random(len(day)) < expit(stated)).astype(float), p, day


def by_day(g: int, h: int, shift: float) -> Any:
    """The change that inputs explain, where days take the place of rows."""

    def simulate(rng, runs):
        for _ in range(runs):
            (x, y, p, day), (z, _, q, now) = days(rng, g, 0.0), days(rng, h, shift)
            bins = bins_for(min(len(x), len(z)), 4)
            cells = [ordered_cells(str(j), x[:, j], z[:, j], bins=bins) for j in range(3)]
            cells.append(ordered_cells("output", p, q, bins=bins))
            score = SCORES["accuracy"](y, p)
            groups = Groups(settled(day, "one"), settled(now, "two"))
            gap = weighted_part(score, balance(cells), groups).minus(
                reference_part(score, len(x), len(z), groups)
            )
            yield gap.value, gap.interval(LEVEL)

    return simulate


@cache
def true_by_day(shift: float) -> float:
    """Of a million rows: each of a day of its own, which changes no mean."""
    means = []
    for by in (0.0, shift):
        rng = np.random.default_rng(0)
        _, _, p = drawn(rng, 1_000_000, by, 0.0)
        stated = np.log(p / (1 - p)) + rng.normal(0, 1.0, len(p))
        means.append(float(((p > 0.5) == (rng.random(len(p)) < expit(stated))).mean()))
    return means[1] - means[0]


F = "Performance under drift"
WORLDS = [
    World(F, "linearised-t", "change of accuracy that inputs explain, no drift", f"{N} and {M}",
          explained("accuracy", 0.0), 0.0, effort=8),
    World(F, "linearised-t", "change of accuracy that inputs explain, drifting", f"{N} and {M}",
          explained("accuracy", 0.6),
          lambda: truth("accuracy", 0.6, 0.0) - truth("accuracy", 0.0, 0.0), effort=8),
    World(F, "linearised-t", "change of accuracy that inputs explain, rows of days, drifting",
          "32 and 24 days", by_day(32, 24, 0.6), lambda: true_by_day(0.6), effort=10),
    World(F, "linearised-t", "change of the Brier score that inputs explain, drifting",
          f"{N} and {M}", explained("brier", 0.6),
          lambda: truth("brier", 0.6, 0.0) - truth("brier", 0.0, 0.0), effort=8),
    World(F, "linearised-t", "the rest of a change of accuracy: outcomes changed, inputs too",
          f"{N} and {M}", rest("accuracy", 0.4, 1.0),
          lambda: truth("accuracy", 0.4, 1.0) - truth("accuracy", 0.4, 0.0), effort=8),
    World(F, "linearised-wilson", "accuracy of rows weighted like drifted ones", f"{N} and {M}",
          weighted("accuracy", 0.6), lambda: truth("accuracy", 0.6, 0.0), effort=8),
    World(F, "linearised-logit", "area under the ROC curve, rows weighted like drifted ones",
          f"{N} and {M}", weighted("roc_auc", 0.6), lambda: truth("roc_auc", 0.6, 0.0), effort=8),
    World(F, "bootstrap-wilson", "accuracy without labels, scores off and drifting", "700 and 500",
          unlabelled("accuracy", 0.8), lambda: true_without("accuracy", 0.8), effort=25),
    World(F, "bootstrap-logit", "area under the ROC curve without labels, scores off and drifting",
          "700 and 500", unlabelled("roc_auc", 0.5), lambda: true_without("roc_auc", 0.5),
          effort=25),
    World(F, "bootstrap-normal", "Brier score without labels, scores off and drifting",
          "700 and 500", unlabelled("brier", 0.5), lambda: true_without("brier", 0.5), effort=25),
]  # fmt: skip
