"""Areas under curves: against definitions computed pair by pair, and numerical derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from assay.inference.average_precision import average_precision, average_precision_interval
from assay.inference.delong import area, area_interval, newcombe_area
from assay.inference.interval import logit_interval, z_value
from assay.inference.ranks import rank


@st.composite
def ranked_rows(draw):
    n = draw(st.integers(2, 40))
    score = draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))
    positive = draw(
        st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda y: 0 < sum(y) < n)
    )
    return np.array(positive), np.array(score, dtype=float)


@given(ranked_rows())
def test_groups_hold_the_rows_with_their_score(rows):
    positive, score = rows
    ranking = rank(positive, score)
    assert ranking.scores.tolist() == sorted(set(score))
    for s, p, q in zip(ranking.scores, ranking.positives, ranking.negatives, strict=True):
        assert (p, q) == (sum(positive[score == s]), sum(~positive[score == s]))
    assert (score[ranking.order] == np.sort(score)).all()


@given(ranked_rows())
def test_values_come_back_in_row_order(rows):
    positive, score = rows
    ranking = rank(positive, score)
    found = ranking.per_row(positive, ranking.scores, ranking.scores + 100)
    assert (found == np.where(positive, score, score + 100)).all()


@given(ranked_rows())
def test_delong_equals_its_structural_components(rows):
    """Definition: V10 and V01 are means over pairs; variance S10 / m + S01 / n."""
    positive, score = rows
    ranking = rank(positive, score)
    found = area(ranking)
    x, y = score[positive], score[~positive]
    wins = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    assert found.value == pytest.approx(roc_auc_score(positive, score))
    assert found.value == pytest.approx(wins.mean())
    if min(len(x), len(y)) > 1:
        s10, s01 = wins.mean(axis=1).var(ddof=1), wins.mean(axis=0).var(ddof=1)
        assert found.variance(ranking) == pytest.approx(s10 / len(x) + s01 / len(y), abs=1e-15)


def test_delong_interval_is_the_normal_one_on_the_logit_scale():
    rng = np.random.default_rng(0)
    positive = rng.random(300) < 0.4
    ranking = rank(positive, rng.normal(0, 1, 300) + positive)
    found = area(ranking)
    interval = area_interval(found, ranking, 0.95)
    a = found.value
    se = math.sqrt(found.variance(ranking)) / (a * (1 - a))
    ends = [1 / (1 + math.exp(-(math.log(a / (1 - a)) + s * 1.959964 * se))) for s in (-1, 1)]
    assert interval[:2] == pytest.approx(ends, abs=1e-7)
    assert interval.method == "delong-logit"


@pytest.mark.parametrize(
    ("value", "m", "n"), [(1.0, 8, 12), (0.8, 5, 5), (0.0, 30, 4), (0.5, 1, 1)]
)
def test_newcombes_ends_solve_his_equation(value, m, n):
    """In the closed form of the variance that he prints, with N = (m + n) / 2."""
    low, high, _ = newcombe_area(value, m, n, 0.95)
    big = (m + n) / 2

    def gap(a: float) -> float:
        extra = 2 * big - 1 - (3 * big - 3) / ((2 - a) * (1 + a))
        return abs(a - value) - z_value(0.95) * math.sqrt(a * (1 - a) / (m * n) * extra)

    assert low <= value <= high
    for end in (low, high):
        assert end in (0.0, 1.0) or gap(end) == pytest.approx(0, abs=1e-9)
    assert high == 1.0 if value == 1 else low < value or value == 0


def test_perfect_separation_and_few_rows_use_newcombe():
    positive = np.arange(60) < 30
    separated = rank(positive, positive.astype(float))
    assert area_interval(area(separated), separated, 0.95).method == "newcombe"
    few = rank(np.arange(60) < 9, np.arange(60) % 7.0)
    assert area_interval(area(few), few, 0.95).method == "newcombe"


@given(ranked_rows())
def test_average_precision_is_scikit_learns(rows):
    positive, score = rows
    found = average_precision(rank(positive, score))
    assert found.value == pytest.approx(average_precision_score(positive, score))


@settings(max_examples=12, deadline=None)
@given(ranked_rows())
def test_influence_is_the_derivative_by_a_rows_weight(rows):
    positive, score = rows
    ranking = rank(positive, score)
    for statistic, reference in (
        (average_precision, average_precision_score),
        (area, roc_auc_score),
    ):
        found = statistic(ranking)
        influence = ranking.per_row(positive, found.for_positives, found.for_negatives)
        m, n = positive.sum(), (~positive).sum()
        if statistic is area:  # DeLong's divisors m - 1, n - 1
            influence *= np.where(
                positive, math.sqrt(max(m - 1, 1) / m), math.sqrt(max(n - 1, 1) / n)
            )
        h = 1e-5
        for i in range(min(len(score), 6)):
            up, down = np.ones(len(score)), np.ones(len(score))
            up[i], down[i] = 1 + h, 1 - h
            slope = (
                reference(positive, score, sample_weight=up)
                - reference(positive, score, sample_weight=down)
            ) / (2 * h)
            assert influence[i] == pytest.approx(slope, abs=1e-6)


def test_average_precision_interval_by_number_of_positives():
    rng = np.random.default_rng(1)
    for m, method in ((8, "boyd-logit"), (40, "logit")):
        positive = np.arange(400) < m
        ranking = rank(positive, rng.normal(0, 1, 400) + 2 * positive)
        found = average_precision(ranking)
        interval = average_precision_interval(found, ranking, 0.95)
        assert interval.method == method
        assert interval.low < found.value < interval.high
    perfect = rank(positive, positive.astype(float))
    low, high, method = average_precision_interval(average_precision(perfect), perfect, 0.95)
    assert (high, method) == (1.0, "wilson")
    assert low == pytest.approx(40 / (40 + z_value(0.95) ** 2))


def test_logit_interval_stays_inside():
    low, high, _ = logit_interval(1 - 1e-12, 1e-3, 0.99, method="m")
    assert 0 <= low < high <= 1
    low, high, _ = logit_interval(1e-300, 1e-3, 0.99, method="m")
    assert 0 <= low < high <= 1
