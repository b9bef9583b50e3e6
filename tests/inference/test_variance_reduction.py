"""CUPED and post-stratification against regression, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.variance_reduction import Reduced, reduced
from assay.states.comoments import ComomentsState


def state(x: np.ndarray, y: np.ndarray) -> ComomentsState:
    dx, dy = x - x.mean(), y - y.mean()
    return ComomentsState(
        len(x), x.mean(), y.mean(), float(dx @ dx), float(dy @ dy), float(dx @ dy)
    )


def drawn(rng: np.random.Generator, n: int, effect: float) -> tuple[np.ndarray, ...]:
    past = rng.normal(0, 1, n)
    group = rng.integers(0, 3, n)
    treated = rng.random(n) < 0.5
    return 0.8 * past + group + effect * treated + rng.normal(0, 0.6, n), past, group, treated


def by_arm(
    y: np.ndarray, past: np.ndarray, group: np.ndarray, treated: np.ndarray, *, strata: bool
) -> dict[str, dict[tuple[str, ...], ComomentsState]]:
    return {
        name: {
            (str(g),) if strata else (): state(y[rows], past[rows])
            for g in (np.unique(group) if strata else [0])
            for rows in [mask & (group == g) if strata else mask]
        }
        for name, mask in (("control", ~treated), ("treatment", treated))
    }


def difference(found: Reduced) -> float:
    return found.arms["treatment"].value - found.arms["control"].value


def test_cuped_is_the_coefficient_of_a_regression() -> None:
    import statsmodels.api as sm

    y, past, group, treated = drawn(np.random.default_rng(1), 3_000, 0.2)
    found = reduced(by_arm(y, past, group, treated, strata=False), covariate=True)
    design = sm.add_constant(np.column_stack([treated, past]).astype(float))
    fitted = sm.OLS(y, design).fit()
    assert found.coefficient == pytest.approx(fitted.params[2], rel=1e-8)
    assert difference(found) == pytest.approx(fitted.params[1], rel=1e-8)
    error = sum(e.variance for e in found.arms.values()) ** 0.5
    assert error == pytest.approx(fitted.bse[1], rel=0.02)


def test_strata_are_weighted_by_their_shares() -> None:
    y, past, group, treated = drawn(np.random.default_rng(2), 2_000, 0.2)
    found = reduced(by_arm(y, past, group, treated, strata=True), covariate=False)
    expected = sum(
        (group == g).mean() * (y[treated & (group == g)].mean() - y[~treated & (group == g)].mean())
        for g in range(3)
    )
    variance = sum(
        (group == g).mean() ** 2 * y[arm & (group == g)].var(ddof=1) / (arm & (group == g)).sum()
        for g in range(3)
        for arm in (treated, ~treated)
    )
    assert difference(found) == pytest.approx(expected)
    assert sum(e.variance for e in found.arms.values()) == pytest.approx(variance)
    assert found.share > 0.3


def test_the_stated_error_is_that_of_many_experiments() -> None:
    rng = np.random.default_rng(3)
    found = [
        reduced(by_arm(*drawn(rng, 300, 0.2), strata=True), covariate=True) for _ in range(400)
    ]
    spread = np.std([difference(f) for f in found])
    stated = np.sqrt(np.mean([sum(e.variance for e in f.arms.values()) for f in found]))
    assert stated == pytest.approx(spread, rel=4 / np.sqrt(2 * 400))
    plain = np.sqrt(4 * (0.8**2 + 2 / 3 + 0.6**2) / 300)
    assert stated < 0.6 * plain
    assert np.mean([difference(f) for f in found]) == pytest.approx(0.2, abs=4 * spread / 20)


def test_a_stratum_that_an_arm_lacks_joins_the_others() -> None:
    rng = np.random.default_rng(4)
    cells = {
        "control": {("a",): state(rng.normal(size=40), rng.normal(size=40)),
                    ("b",): state(rng.normal(size=1), rng.normal(size=1))},
        "treatment": {("a",): state(rng.normal(size=40), rng.normal(size=40))},
    }  # fmt: skip
    found = reduced(cells, covariate=False)
    assert found.arms["control"].n == 41
    whole = cells["control"][("a",)].merge(cells["control"][("b",)])
    assert found.arms["control"].value == pytest.approx(whole.mean_x)


def test_a_covariate_that_does_not_vary_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=50)
    cells = {arm: {(): state(x + i, np.ones(50))} for i, arm in enumerate("ab")}
    found = reduced(cells, covariate=True)
    assert found.coefficient == 0
    assert found.share == pytest.approx(0)
    assert found.arms["b"].variance == pytest.approx(x.var(ddof=1) / 50)


def test_one_unit_is_no_arm() -> None:
    cells = {"a": {(): ComomentsState(1, 2.0)}, "b": {(): ComomentsState(5, 2.0, 0.0, 3.0)}}
    with pytest.raises(ValueError, match="'a' has fewer than two units"):
        reduced(cells, covariate=False)
