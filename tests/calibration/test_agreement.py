"""How often the intervals of agreement, severity and strength cover: seeded simulation."""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.inference.agreement.cohen import cohen
from assay.inference.agreement.percent import percent_agreement
from assay.inference.agreement.pooled import fleiss, krippendorff
from assay.inference.agreement.ratings import Ratings
from assay.inference.rating.bradley_terry import strengths
from assay.inference.rating.severity import severity


def categories(rng, items, raters, shares, right):
    """Each rater says an item's category with chance ``right``, else one drawn from the shares."""
    true = rng.choice(len(shares), items, p=shares)
    guess = rng.choice(len(shares), (raters, items), p=shares)
    return np.where(rng.random((raters, items)) < right, true, guess).astype(float)


def numbers(rng, items, raters, reliable, cuts=()):
    """Ratings with the given intraclass correlation, as they are or cut into categories."""
    x = np.sqrt(reliable) * rng.normal(size=items)
    x = x + np.sqrt(1 - reliable) * rng.normal(size=(raters, items))
    return np.digitize(x, cuts).astype(float) + 1 if cuts else x


LIKERT = (-1, -0.3, 0.3, 1)
EVEN, THREE, RARE, FIVE = (0.5, 0.5), (0.5, 0.3, 0.2), (0.9, 0.1), (0.2,) * 5


@pytest.mark.parametrize(
    ("shares", "raters", "right", "items", "expected"),
    [(EVEN, 2, 0.9, 30, 0.95), (EVEN, 2, 0.9, 100, 0.95), (FIVE, 2, 0.975, 50, 0.94),
     (THREE, 5, 0.7, 20, 0.94), (THREE, 5, 0.7, 50, 0.94), (THREE, 5, 0.0, 50, 0.95),
     (EVEN, 5, 0.99, 30, 0.95), (RARE, 2, 0.9, 100, 0.93), (RARE, 2, 0.55, 100, 0.90)],
)  # fmt: skip
def test_categories(shares, raters, right, items, expected):
    """``RARE`` with little agreement is where it is approximate: 91 % with 100 items."""
    rng = np.random.default_rng([items, raters])
    k = len(shares)

    def measured(table):
        ratings = Ratings.from_table(table)
        found = [krippendorff(ratings, "nominal"), fleiss(ratings), percent_agreement(ratings)]
        if raters == 2:
            pairs = (table[0] * k + table[1]).astype(int)
            found.append(cohen(np.bincount(pairs, minlength=k * k).reshape(k, k)))
        return found

    truths = [f.value for f in measured(categories(rng, 200_000, raters, shares, right))]
    runs = 600
    held = np.zeros(len(truths))
    for _ in range(runs):
        found = measured(categories(rng, items, raters, shares, right))
        for i, f in enumerate(found):
            low, high, _ = f.interval(0.95)
            held[i] += low <= truths[i] <= high
    assert (held >= least_count(runs, expected)).all(), held / runs


@pytest.mark.parametrize(
    ("scale", "raters", "reliable", "items", "missing", "expected"),
    [("interval", 3, 0.8, 20, 0.0, 0.92), ("interval", 3, 0.8, 100, 0.0, 0.94),
     ("interval", 2, 0.3, 50, 0.0, 0.93), ("ordinal", 4, 0.8, 30, 0.3, 0.94),
     ("ordinal", 4, 0.8, 100, 0.3, 0.95), ("ratio", 4, 0.6, 50, 0.2, 0.93)],
)  # fmt: skip
def test_alpha_of_numbers(scale, raters, reliable, items, missing, expected):
    """With few items and unbounded numbers it is approximate: 93 % with 20 items."""
    rng = np.random.default_rng([items, raters])
    cuts = () if scale == "interval" else LIKERT

    def draw(size):
        table = numbers(rng, size, raters, reliable, cuts)
        table[rng.random(table.shape) < missing] = np.nan
        return krippendorff(Ratings.from_table(table), scale)

    truth, runs, held = draw(200_000).value, 800, 0
    for _ in range(runs):
        low, high, _ = draw(items).interval(0.95)
        held += low <= truth <= high
    assert held >= least_count(runs, expected), held / runs


@pytest.mark.parametrize(("items", "raters", "missing"), [(10, 3, 0.0), (40, 5, 0.4)])
def test_severity(items, raters, missing):
    """Raters of unequal steadiness; harder items go to the severe ones."""
    rng = np.random.default_rng([items, raters])
    effect, spread = np.linspace(-0.5, 0.5, raters), np.linspace(0.5, 1.5, raters)
    truth = effect * raters / (raters - 1)
    runs, held = 500, np.zeros(raters)
    for _ in range(runs):
        hard = rng.normal(size=(items, 1)) * 2
        table = hard + effect + spread * rng.normal(size=(items, raters))
        given = rng.random(table.shape) >= missing * (1 + np.sign(hard * effect)) / 2
        item, rater = np.nonzero(given)
        found = severity(item, rater, table[given])
        for i in range(raters):
            low, high, _ = found.interval(i, 0.95)
            held[i] += low <= truth[i] <= high
    assert (held >= least_count(runs, 0.93)).all(), held / runs


@pytest.mark.parametrize("tied", [0.0, 0.6])
def test_strengths(tied):
    """Five contestants, 15 comparisons of each two; ties take the place of a win and a loss."""
    rng = np.random.default_rng(int(10 * tied))
    truth = np.linspace(-1, 1, 5)
    p = 1 / (1 + np.exp(truth[None, :] - truth[:, None]))
    runs, held = 600, np.zeros(5)
    for _ in range(runs):
        wins, ties = np.zeros((2, 5, 5))
        for i in range(5):
            for j in range(i):
                tie = tied * 2 * p[i, j] * p[j, i]
                outcome = rng.multinomial(15, [p[i, j] - tie / 2, tie, p[j, i] - tie / 2])
                wins[i, j], ties[i, j], wins[j, i] = outcome
                ties[j, i] = ties[i, j]
        found = strengths(wins, ties)
        for i in range(5):
            low, high, _ = found.interval(i, 0.95)
            held[i] += low <= truth[i] <= high
    assert (held >= least_count(runs, 0.94)).all(), held / runs
