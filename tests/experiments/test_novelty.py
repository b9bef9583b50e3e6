"""Effects that fade, grow, or stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from assay.api.rollout import lasting
from assay.core.errors import AssayError
from assay.experiments.novelty import DAY, novelty


def shop(rng, *, effects, units=400, noise=1.0, days=6, late=50):
    """Units with tastes of their own; each day has an event whose value holds the day's effect."""
    first = rng.uniform(0, 3 * DAY, units)
    first[:late] = 12 * DAY  # too late to be followed
    treated = rng.random(units) < 0.5
    unit = np.repeat(np.arange(units), days)
    day = np.tile(np.arange(days), units)
    time = first[unit] + (day + rng.uniform(0, 1, len(day))) * DAY
    value = rng.normal(0, 1, units)[unit] + rng.normal(0, noise, len(day))
    return first, treated, unit, time, value + treated[unit] * np.asarray(effects)[day]


def test_each_units_trend_is_one_figure_and_arms_are_compared_by_welchs_test() -> None:
    rng = np.random.default_rng(1)
    first, treated, unit, time, value = shop(rng, effects=[1, 0.8, 0.6, 0.4, 0.2, 0.0])
    found = novelty(first, treated, unit, time, value, days=6, until=15 * DAY)
    wide = value.reshape(400, 6)
    slopes = np.polynomial.polynomial.polyfit(np.arange(6), wide.T, 1)[1]
    followed = np.arange(400) >= 50
    a, b = slopes[followed & ~treated], slopes[followed & treated]
    test = stats.ttest_ind(b, a, equal_var=False)
    assert found.trend.value == pytest.approx(b.mean() - a.mean())
    assert found.trend.p_value == pytest.approx(test.pvalue)
    assert found.trend.interval[:2] == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert found.units == (len(a), len(b))
    assert found.left_out == 50
    assert found.fades
    halves = wide[:, 3:].mean(axis=1) - wide[:, :3].mean(axis=1)
    assert found.late_less_early.value == pytest.approx(
        halves[followed & treated].mean() - halves[followed & ~treated].mean()
    )
    day_two = wide[followed & treated, 2].mean() - wide[followed & ~treated, 2].mean()
    assert found.by_day[2][0] == pytest.approx(day_two)


def test_an_effect_that_stays_or_grows_does_not_fade() -> None:
    rng = np.random.default_rng(2)
    for effects in ([1.0] * 6, [0.2, 0.4, 0.6, 0.8, 1.0, 1.2]):
        found = novelty(*shop(rng, effects=effects), days=6, until=15 * DAY)
        assert not found.fades


def test_the_trend_covers_and_the_days_hold_together() -> None:
    rng = np.random.default_rng(3)
    runs, covered, together = 400, 0, 0
    for _ in range(runs):
        found = novelty(*shop(rng, effects=[0] * 6, units=120, late=0), days=6, until=15 * DAY)
        covered += found.trend.interval.low <= 0 <= found.trend.interval.high
        together += all(i.low <= 0 <= i.high for _, i in found.by_day)
    assert covered >= stats.binom.ppf(1e-4, runs, 0.95)
    assert together >= stats.binom.ppf(1e-4, runs, 0.95)


def test_events_outside_the_days_do_not_count_and_silent_units_are_zero() -> None:
    first = [0.0, 0.0, 0.0, 0.0]
    found = novelty(
        first, [0, 0, 1, 1], [2, 2, 3, 0, 1], [-5.0, 2.5 * DAY, 0.5 * DAY, DAY, 9 * DAY],
        [9.0, 9.0, 2.0, 1.0, 9.0], days=2, until=3 * DAY,
    )  # fmt: skip
    assert found.by_day[0][0] == 1.0
    assert found.by_day[1][0] == -0.5


def test_a_day_on_which_nothing_varies_has_no_interval() -> None:
    found = novelty(
        [0.0] * 4, [0, 0, 1, 1], [0, 2, 3], [0.1, 0.1, 0.1], [1.0, 3.0, 4.0], days=2, until=3 * DAY
    )
    assert found.by_day[1][0] == 0.0
    assert found.by_day[1][1].high == np.inf


@pytest.fixture
def logged(tmp_path):
    """The shop in tables, with an experiment file; and what the arrays alone give."""
    rng = np.random.default_rng(6)
    first, treated, unit, time, value = shop(rng, effects=[1, 0.8, 0.6, 0.4, 0.2, 0.0])
    start = datetime(2026, 3, 1, tzinfo=UTC)
    arm = np.where(treated, "new", "control")
    users = {"user": np.arange(400), "arm": arm, "at": moments(start, first)}
    pq.write_table(pa.table(users), tmp_path / "users.parquet")
    events = {"user": unit, "at": moments(start, time), "worth": value}
    pq.write_table(pa.table(events), tmp_path / "orders.parquet")
    path = tmp_path / "shop.yaml"
    path.write_text(
        "experiment: x\nunit: user\narms: {control: 0.5, new: 0.5}\nend: 2026-03-16\n"
        "assignments: {table: users.parquet, arm: arm, time: at}\n"
        "events: {table: orders.parquet, time: at}\n"
        "metrics:\n  worth: {kind: mean, value: worth}\n"
        "  active: {kind: proportion, where: worth > 1}\n"
    )
    return path, (first, treated, unit, time, value)


def moments(start, seconds):
    return [start + timedelta(microseconds=round(s * 1e6)) for s in seconds]


def test_tables_give_what_arrays_give(logged) -> None:
    path, arrays = logged
    found = lasting(path, metric="worth", days=6)
    alone = novelty(*arrays, days=6, until=15 * DAY)
    assert found.units == alone.units
    assert found.left_out == alone.left_out == 50
    assert found.fades
    for a, b in zip(
        (found.trend, found.late_less_early), (alone.trend, alone.late_less_early), strict=True
    ):
        assert a.value == pytest.approx(b.value)
        assert a.interval[:2] == pytest.approx(b.interval[:2])
    assert [v for v, _ in found.by_day] == pytest.approx([v for v, _ in alone.by_day])


def test_a_proportion_is_asked_of_each_day(logged) -> None:
    path, (first, treated, unit, time, value) = logged
    found = lasting(path, metric="active", days=6)
    alone = novelty(first, treated, unit, time, (value > 1) * 1.0, days=6, until=15 * DAY)
    assert found.trend.value == pytest.approx(alone.trend.value)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"metric": "wrth"}, "Did you mean 'worth'"),
        ({"arm": "nwe"}, "Did you mean 'new'"),
        ({"days": 1}, "2 to 90 days"),
        ({"days": 16}, "were followed for 16 days"),
    ],
)
def test_what_cannot_be_followed_is_said(logged, given, wrong) -> None:
    with pytest.raises(AssayError, match=wrong):
        lasting(logged[0], **({"metric": "worth", "days": 6} | given))


def test_times_are_needed(logged) -> None:
    path = logged[0]
    path.write_text(path.read_text().replace("orders.parquet, time: at", "orders.parquet"))
    with pytest.raises(AssayError, match="times of assignments and of events"):
        lasting(path, metric="worth", days=6)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"treated": [1]}, "first exposures"),
        ({"event_time": [1.0, 2.0]}, "values of events"),
        ({"event_value": [np.nan]}, "NaN"),
        ({"event_unit": [4]}, "of no unit"),
        ({"event_unit": [-1]}, "of no unit"),
        ({"days": 1}, "two days"),
        ({"until": DAY}, "two are needed"),
        ({"event_value": [0.0]}, "no unit differs"),
    ],
)
def test_bad_input_is_refused(given, wrong) -> None:
    good = {
        "first": [0.0] * 4, "treated": [0, 0, 1, 1], "event_unit": [0], "event_time": [1.0],
        "event_value": [1.0], "days": 2, "until": 3 * DAY,
    }  # fmt: skip
    with pytest.raises(ValueError, match=wrong):
        novelty(**(good | given))
