"""Interleaving: lists, credit, and how sure a preference is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import WLS

from assay.experiments.interleaving import (
    Interleaved,
    balanced,
    balanced_preference,
    draft_preference,
    preference,
    preference_sequence,
    team_draft,
)
from assay.inference.sequential.proportions import proportion

A, B = ["d1", "d2", "d3", "d4"], ["d2", "d3", "d5", "d1"]


def drafts(method, a, b, count=2000, length=4):
    return [method(a, b, salt="s", impression=str(i), length=length) for i in range(count)]


def test_a_draft_shows_each_item_once_and_both_teams_alike() -> None:
    for found in drafts(team_draft, A, B, 200):
        assert len(set(found.items)) == 4
        assert found.teams.count("a") == found.teams.count("b") == 2
        assert found.items[0] == ("d1" if found.teams[0] == "a" else "d2")
    firsts = [found.teams[0] for found in drafts(team_draft, A, B)]
    assert 900 < firsts.count("a") < 1100


def test_the_same_impression_gives_the_same_list() -> None:
    one, other = (team_draft(A, B, salt="s", impression="7", length=4) for _ in range(2))
    assert one == other
    assert len({team_draft(A, B, salt="s", impression=str(i), length=4) for i in range(50)}) > 2


def test_a_list_is_no_longer_than_what_the_rankers_have() -> None:
    for method in (team_draft, balanced):
        found = method(["x", "y"], ["y"], salt="s", impression="1", length=10)
        assert sorted(found.items) == ["x", "y"]
        assert method([], [], salt="s", impression="1", length=3) == Interleaved((), ())


def test_balanced_lists_hold_the_tops_of_both() -> None:
    """The example of Joachims (2003): a tops b by the coin, then turns."""
    found = {f.items for f in drafts(balanced, A, B, 50)}
    assert found == {("d1", "d2", "d3", "d5"), ("d2", "d1", "d3", "d5")}


def test_credit() -> None:
    of = Interleaved(("d1", "d2", "d3"), ("a", "b", "a"))
    assert draft_preference(of, {"d2"}) == 1
    assert draft_preference(of, {"d1", "d3"}) == -1
    assert draft_preference(of, {"d1", "d2"}) == 0 == draft_preference(of, set())
    assert balanced_preference(of, A, B, {"d3"}) == 1  # b has it second, a third
    assert balanced_preference(of, A, B, {"d1"}) == -1
    assert balanced_preference(of, A, B, set()) == 0


def test_who_clicks_at_random_prefers_neither_draft_but_a_shifted_balanced_list() -> None:
    """Chapelle et al. (2012), section 3.2: [1, 2, 3, 4] against [2, 3, 4, 1]."""
    a, b = [1, 2, 3, 4], [2, 3, 4, 1]
    rng = np.random.default_rng(1)
    fair = [draft_preference(f, {f.items[rng.integers(4)]}) for f in drafts(team_draft, a, b, 4000)]
    skewed = [
        balanced_preference(f, a, b, {f.items[rng.integers(4)]})
        for f in drafts(balanced, a, b, 4000)
    ]
    assert abs(np.mean(fair)) < 4 / math.sqrt(4000)
    assert abs(np.mean(skewed)) > 0.3


def test_one_decision_a_user_is_the_sign_test() -> None:
    outcome = [1] * 30 + [-1] * 15 + [0] * 5
    found = preference(outcome, np.arange(50), 0.95)
    test = stats.binomtest(30, 45)
    assert found.value == 30 / 45
    assert found.p_value == pytest.approx(test.pvalue)
    assert found.interval[:2] == pytest.approx(test.proportion_ci(method="exact"))
    assert (found.wins_a, found.wins_b, found.ties, found.users) == (15, 30, 5, 45)


def test_users_who_decide_often_are_clusters() -> None:
    rng = np.random.default_rng(3)
    user = np.repeat(np.arange(40), rng.integers(1, 9, 40))
    taste = rng.beta(2, 1.5, 40)
    outcome = np.where(rng.random(len(user)) < taste[user], 1, -1)
    found = preference(outcome, user, 0.95)
    fit = WLS(outcome > 0, np.ones(len(user))).fit(
        cov_type="cluster", cov_kwds={"groups": user, "use_correction": False}
    )
    error = fit.bse[0] * math.sqrt(40 / 39)
    assert found.value == pytest.approx(fit.params[0])
    half = stats.t.ppf(0.975, 39) * error
    assert found.interval.high - found.value == pytest.approx(half)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.value - 0.5) / error, 39))


def test_intervals_cover_whoever_decides_often() -> None:
    rng = np.random.default_rng(4)
    runs, covered, naive = 600, 0, 0
    for _ in range(runs):
        user = np.repeat(np.arange(60), rng.integers(1, 12, 60))
        outcome = np.where(rng.random(len(user)) < rng.beta(1, 1, 60)[user], 1, -1)
        covered += (i := preference(outcome, user, 0.95).interval).low <= 0.5 <= i.high
        alone = preference(outcome, np.arange(len(user)), 0.95).interval
        naive += alone.low <= 0.5 <= alone.high
    assert covered >= stats.binom.ppf(1e-4, runs, 0.94)
    assert naive < 0.85 * runs


def test_the_sequence_counts_each_user_once() -> None:
    found = preference_sequence([1, 1, -1, 1, 0, 1, -1], [1, 1, 1, 2, 3, 4, 4], 0.95, tuned_for=9)
    assert found == proportion(2, 2, 0.95, tuned_for=9)  # users 1 and 2; 4 is undecided


@pytest.mark.parametrize(
    ("outcome", "user", "wrong"),
    [
        ([1], [1, 2], "outcomes of"),
        ([2], [1], "an outcome is"),
        ([math.nan], [1], "an outcome is"),
        ([0, 0], [1, 2], "no impression was won"),
        ([1, 1], [1, 1], "spread is not known"),
        ([1, 1, 1], [1, 1, 2], "spread is not known"),
    ],
)
def test_what_cannot_be_estimated_is_said(outcome, user, wrong) -> None:
    with pytest.raises(ValueError, match=wrong):
        preference(outcome, user, 0.95)


def test_lists_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        team_draft(["x", "x"], B, salt="s", impression="1", length=3)
    with pytest.raises(ValueError, match="1 or more"):
        balanced(A, B, salt="s", impression="1", length=0)
    with pytest.raises(ValueError, match="no user prefers"):
        preference_sequence([1, -1], [1, 1], 0.95, tuned_for=10)
