"""Survival against statsmodels, closed forms, and figures of lifelines 0.28.0."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.survival import Times, incidence, log_rank, restricted_mean

# Remission in weeks, 6-MP and placebo (Freireich et al. 1963, Blood 21:699)
DRUG = ([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
        [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])  # fmt: skip
PLACEBO = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)


def times(rows: tuple[list[int], list[int]], horizon: float = np.inf) -> Times:
    time, had = (np.array(values) for values in rows)
    had = had * (time <= horizon)
    time = np.minimum(time, horizon)
    distinct = np.unique(time)
    return Times(
        distinct.astype(float),
        np.array([(had * (time == t)).sum() for t in distinct]),
        np.array([((1 - had) * (time == t)).sum() for t in distinct]),
    )


@pytest.mark.parametrize("rows", [DRUG, PLACEBO], ids=["drug", "placebo"])
def test_incidence_as_statsmodels(rows: tuple[list[int], list[int]]) -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    expected = SurvfuncRight(*rows)
    for horizon in (8, 20):
        found = incidence(times(rows, horizon))
        place = np.flatnonzero(expected.surv_times <= horizon)[-1]
        assert 1 - found.value == pytest.approx(expected.surv_prob[place], rel=1e-10)
        assert found.variance**0.5 == pytest.approx(expected.surv_prob_se[place], rel=1e-8)


def test_log_rank_as_statsmodels_and_lifelines() -> None:
    from statsmodels.duration.survfunc import survdiff

    found = log_rank(times(DRUG), times(PLACEBO))
    assert found == pytest.approx((16.792940989216547, 4.168809109334511e-05), rel=1e-9)
    group = np.repeat([0, 1], 21)
    expected = survdiff(np.r_[DRUG[0], PLACEBO[0]], np.r_[DRUG[1], PLACEBO[1]], group)
    assert found == pytest.approx(expected, rel=1e-8)


def test_restricted_mean() -> None:
    found = restricted_mean(times(PLACEBO, 20), 20)
    assert found.value == pytest.approx(8.428571428571429)  # lifelines
    capped = np.minimum(PLACEBO[0], 20)  # nobody is censored: a plain mean
    assert found.value == pytest.approx(capped.mean())
    assert found.variance == pytest.approx(capped.var() / 21)


def test_without_censoring_the_interval_is_wilsons() -> None:
    from assay.inference.proportions import wilson

    found = incidence(times(PLACEBO, 8))
    assert found.interval(0.95)[:2] == pytest.approx(wilson(13, 21, 0.95)[:2])


def test_no_events_and_all_events_are_no_certainty() -> None:
    nobody = incidence(Times(np.array([5.0]), np.array([0]), np.array([30])))
    assert nobody.interval(0.95).low == 0
    assert 0.05 < nobody.interval(0.95).high < 0.2
    everybody = incidence(Times(np.array([5.0]), np.array([30]), np.array([0])))
    assert everybody.value == 1
    assert 0.8 < everybody.interval(0.95).low < 0.95


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (Times(np.array([]), np.array([], int), np.array([], int)), "no units"),
        (Times(np.array([2.0, 1.0]), np.array([1, 1]), np.array([0, 0])), "ascending"),
        (Times(np.array([1.0, np.inf]), np.array([1, 1]), np.array([0, 0])), "finite"),
    ],
)
def test_what_are_no_times(bad: Times, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        incidence(bad)


def test_nobody_with_the_event_cannot_be_ranked() -> None:
    last = Times(np.array([5.0]), np.array([0]), np.array([30]))
    with pytest.raises(ValueError, match="nobody has the event"):
        log_rank(last, last)
