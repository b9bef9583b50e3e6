"""Any metric's interval, asked so that it holds at every look."""

from __future__ import annotations

import pytest
from scipy import stats

from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.inference.interval import census, measured
from assay.inference.means import student_t
from assay.inference.proportions import proportion as wilson_share
from assay.inference.sequential.anytime import STRICTEST, anytime, anytime_level
from assay.inference.sequential.means import Summary, t_mixture
from assay.inference.sequential.proportions import proportion


def test_the_level_of_a_look():
    assert anytime_level(1.0, 0.95) == pytest.approx(0.99760, abs=1e-5)
    assert anytime_level(1.0, 0.99) > anytime_level(1.0, 0.95)
    assert anytime_level(0.1, 0.95) > anytime_level(1.0, 0.95)
    assert anytime_level(1e-9, 0.95) == STRICTEST < 1
    with pytest.raises(ValueError, match="above 0"):
        anytime_level(0, 0.95)


def test_shares_are_replaced_by_the_exact_sequence_and_the_rest_is_kept():
    nothing = Unmeasured(reason="there are no rows", key={"g": "c"})

    def estimate(level: float):
        how = Estimation(level=level)
        interval = student_t(3.0, 4.0, 5000, level)
        return (
            wilson_share(7, 400, how, key={"g": "a"}),
            measured(3.0, interval, n=5000, how=how, key={"g": "b"}),
            nothing,
            census(0.5, n=10),
        )

    share, mean, absent, counted = anytime(estimate, 0.95, fraction=0.5)
    assert isinstance(share, Measurement)
    exact = proportion(7, 400, 0.95, tuned_for=800)
    assert (share.low, share.high, share.level) == (exact.low, exact.high, 0.95)
    assert share.method == exact.method
    assert share.key == {"g": "a"}
    assert isinstance(mean, Measurement)
    assert mean.method == "student-t-anytime"
    assert mean.level == 0.95
    assert mean.low is not None
    z = stats.norm.ppf(0.5 + anytime_level(0.5, 0.95) / 2)
    assert 3 - mean.low == pytest.approx(z * (4 / 5000) ** 0.5, rel=5e-3)
    beside = t_mixture(Summary(5000, 3.0, 4.0), 0.95, tuned_for=10_000)
    assert mean.low == pytest.approx(beside.low, abs=1e-3)
    assert absent is nothing
    assert counted == census(0.5, n=10)


def test_a_share_that_is_no_count_keeps_its_own_interval():
    """Effective counts (weights, clusters) are not whole: the exact sequence does not apply."""

    def estimate(level: float):
        return (Measurement(value=0.123, low=0.1, high=0.2, level=level, method="wilson", n=77),)

    (found,) = anytime(estimate, 0.95, fraction=1.0)
    assert isinstance(found, Measurement)
    assert (found.low, found.high, found.method) == (0.1, 0.2, "wilson-anytime")
