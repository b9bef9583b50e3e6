"""Verdicts from intervals, alone and in families."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from assay.core.check import GatePolicy
from assay.core.criterion import AtLeast, AtMost, Between, Equals, OneOf
from assay.core.measurement import Measurement, Unmeasured
from assay.inference.interval import census, z_value
from assay.runner.judge import Case, judge
from assay.runner.needed import rows_needed

POLICY = GatePolicy()


def normal_case(value: float, sd: float, criterion, n: int = 100, key=None) -> Case:
    """A case whose interval is value ± z(level) * sd."""

    def estimate(level: float):
        half = z_value(level) * sd
        return (
            Measurement(
                value=value, low=value - half, high=value + half, level=level, method="normal",
                n=n, key=key or {},
            ),
        )  # fmt: skip

    return Case(criterion, str(criterion), estimate)


@pytest.mark.parametrize(
    ("value", "criterion", "verdict"),
    [
        (0.9, AtLeast(0.8), "pass"),
        (0.7, AtLeast(0.8), "fail"),
        (0.81, AtLeast(0.8), "inconclusive"),
        (0.1, AtMost(0.2), "pass"),
        (0.5, Between(0.4, 0.6), "pass"),
        (0.41, Between(0.4, 0.6), "inconclusive"),
        (0.3, Between(0.4, 0.6), "fail"),
        (0.5, Equals(0.5, 0.1), "pass"),
        (0.5, Equals(0.5), "inconclusive"),
        (0.7, Equals(0.5), "fail"),
        (0.5, OneOf((0.5, 1.0)), "inconclusive"),
        (0.7, OneOf((0.5, 1.0)), "fail"),
    ],
)
def test_three_way_verdict(value, criterion, verdict):
    (found,) = judge([normal_case(value, 0.02, criterion)], POLICY)
    assert found.verdict == verdict
    assert found.reason.endswith(".")


def test_a_census_is_always_decided():
    case = Case(AtLeast(0.99), "at least 0.99", lambda _: (census(0.989, n=1000, unit="share"),))
    (found,) = judge([case], POLICY)
    assert found.verdict == "fail"
    assert "11 of 1,000 rows fail" in found.reason


def test_nothing_measured_does_not_apply():
    case = Case(AtLeast(1), "at least 1", lambda _: (Unmeasured(reason="there are no rows"),))
    (found,) = judge([case], POLICY)
    assert found.verdict == "not_applicable"
    assert "there are no rows" in found.reason


def test_without_criterion_it_is_only_reported():
    (found,) = judge([normal_case(0.5, 0.1, None)], POLICY)
    assert found.verdict == "not_applicable"
    assert len(found.measurements) == 1


@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=12),
    st.sampled_from(["holm", "none"]),
)
def test_families_follow_holm(zs: list[float], correction):
    """Settled are exactly the hypotheses that Holm rejects, by two-sided p-values."""
    cases = [normal_case(z, 1.0, AtLeast(0.0)) for z in zs]
    found = judge(cases, GatePolicy(correction=correction))
    from scipy.stats import norm

    p = 2 * norm.sf(np.abs(zs))
    method = "holm" if correction == "holm" else "bonferroni"
    reject = multipletests(p, alpha=0.05, method=method)[0] if correction == "holm" else p < 0.05
    near = np.abs(p[:, None] * np.arange(1, len(p) + 1) - 0.05).min(axis=1) < 1e-9
    for judgement, rejected, z, tie in zip(found, reject, zs, near, strict=True):
        if tie:
            continue
        expected = ("pass" if z > 0 else "fail") if rejected else "inconclusive"
        assert judgement.verdict == expected


def test_the_reported_interval_is_the_one_that_decided():
    cases = [normal_case(v, 1.0, AtLeast(0.0)) for v in (5.0, 2.1, 0.5)]
    found = judge(cases, POLICY)
    levels = [j.measurements[0].level for j in found]
    assert levels[0] == pytest.approx(1 - 0.05 / 3)
    assert levels[1] == pytest.approx(1 - 0.05 / 2)  # tried again once the first was settled
    assert [j.verdict for j in found] == ["pass", "inconclusive", "inconclusive"]


def test_family_error_rate_holds():
    """Under the null (value on the bound) a family of 20 has a wrong verdict in at most 5 %."""
    rng = np.random.default_rng(7)
    runs, wrong = 400, 0
    for _ in range(runs):
        cases = [normal_case(v, 1.0, AtLeast(0.0)) for v in rng.normal(0, 1, 20)]
        wrong += any(j.verdict != "inconclusive" for j in judge(cases, POLICY))
    # Upper 99.9 % binomial limit at a true rate of 5 %: 400 * .05 + 3.09 * sqrt(19)
    assert wrong <= 34
    assert wrong >= 5  # and it is not simply blind


def test_rows_needed_would_decide():
    """At the stated number of rows, with the value where it is, the interval clears the bound."""
    value, bound, sd, n = 0.82, 0.80, 0.4, 400
    (found,) = judge([normal_case(value, sd / n**0.5, AtLeast(bound), n=n)], POLICY)
    assert found.verdict == "inconclusive"
    needed = found.rows_needed
    assert needed is not None
    assert needed > n
    (then,) = judge([normal_case(value, sd / needed**0.5, AtLeast(bound), n=needed)], POLICY)
    assert then.verdict == "pass"
    (before,) = judge(
        [normal_case(value, sd / (needed - 5) ** 0.5, AtLeast(bound), n=needed)], POLICY
    )
    assert before.verdict == "inconclusive"


def test_on_the_bound_no_number_of_rows_decides():
    m = Measurement(value=0.8, low=0.7, high=0.9, level=0.95, method="x", n=10)
    assert rows_needed(m, AtLeast(0.8)) is None
    (found,) = judge([Case(AtLeast(0.8), "at least 0.8", lambda _: (m,))], POLICY)
    assert "no number of rows" in found.reason


def test_an_end_that_sits_on_the_bound_with_its_value():
    """All of 952 rows are good, and all must be: the upper end is the value and the bound."""
    m = Measurement(value=1.0, low=0.996, high=1.0, level=0.95, method="wilson", n=952)
    assert rows_needed(m, AtLeast(1.0)) is None


def test_slices_of_one_check_are_a_family():
    def estimate(level: float):
        return tuple(
            Measurement(
                value=v, low=v - z_value(level), high=v + z_value(level), level=level,
                method="normal", n=50, key={"group": g},
            )
            for g, v in (("a", 2.1), ("b", 2.1))
        )  # fmt: skip

    (found,) = judge([Case(AtLeast(0.0), "at least 0", estimate)], POLICY)
    assert found.verdict == "inconclusive"  # each alone would pass at 95 %
    assert "2 of 2 are undecided" in found.reason
    (alone,) = judge([Case(AtLeast(0.0), "at least 0", estimate)], GatePolicy(correction="none"))
    assert alone.verdict == "pass"


def test_a_subject_at_fault_is_an_error_not_an_excuse():
    """A model that answers NaN must not slip past a requirement as not applicable."""
    absent = Unmeasured(reason="3 of 90 rows have no usable score", n=90, fault=True)
    (found,) = judge([Case(AtLeast(0.8), "at least 0.8", lambda _: (absent,))], POLICY)
    assert found.verdict == "error"
    assert "3 of 90 rows" in found.reason

    def partly(level: float):
        (good,) = normal_case(0.9, 0.01, AtLeast(0.8), key={"g": "a"}).estimate(level)
        return good, Unmeasured(reason="3 of 90 rows", key={"g": "b"}, n=90, fault=True)

    (found,) = judge([Case(AtLeast(0.8), "at least 0.8", partly)], POLICY)
    assert found.verdict == "error"
    assert "g=b: 3 of 90 rows" in found.reason
