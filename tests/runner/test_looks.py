"""When to look, and at which level."""

from __future__ import annotations

from itertools import pairwise

import pytest

from assay.inference.sequential.spending import boundaries, pocock
from assay.runner.looks import FIRST, MOST, Look, planned


@pytest.mark.parametrize("rows", [0, 1, 99, 199, 200, 201, 10_000, 123_457, 10**9])
def test_the_plan_doubles_up_to_all(rows):
    plan = planned(rows)
    assert plan[-1] == rows
    assert len(plan) <= MOST
    assert len(plan) == 1 or plan[0] >= FIRST
    for earlier, later in pairwise(plan):
        assert earlier < later <= 2 * earlier


def test_one_look_is_an_ordinary_interval():
    assert Look((300,), 300, last=True).level(0.95) == pytest.approx(0.95)


def test_levels_are_those_of_the_boundaries():
    from scipy.stats import norm

    plan = planned(2000)
    fractions = [n / 2000 for n in plan]
    for level in (0.95, 0.99):
        bounds = boundaries(fractions, level, spending=pocock)
        found = [
            Look(plan[: i + 1], 2000, last=i + 1 == len(plan)).level(level)
            for i in range(len(plan))
        ]
        assert found == pytest.approx(list(2 * norm.cdf(bounds) - 1))


def test_an_end_that_comes_early_spends_what_is_left():
    """A budget of time ends it at a quarter: the last look has all of the error that is left."""
    early = Look((125, 250, 500), 2000, last=True).level(0.95)
    planned_look = Look((125, 250, 500), 2000, last=False).level(0.95)
    assert 0.95 < early < planned_look


def test_a_stricter_level_stays_stricter():
    """Without it Holm's step down over looks would not hold."""
    plan = planned(100_000)
    for i in range(len(plan)):
        look = Look(plan[: i + 1], 100_000, last=i + 1 == len(plan))
        found = [look.level(1 - 0.05 / m) for m in (1, 2, 5, 20, 200)]
        assert found == sorted(found)
        assert found[-1] < 1
