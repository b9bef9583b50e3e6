"""The log of an experiment: sums by unit and arm as by hand, and every fault counted."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.experiments.tables import HEAD, write

from assay.core.errors import AssayError, SuiteError
from assay.engines.duckdb.working import WorkingEngine
from assay.experiments.analyzing import analyze
from assay.experiments.collecting import Collected, collect
from assay.experiments.effects import Analysis, NoEffect
from assay.experiments.reading import load_experiment

DAY = datetime(2026, 3, 1)
METRICS = """\
  bought: {kind: proportion, where: "what = 'buy'"}
  spend: {kind: mean, value: amount}
  share: {kind: ratio, value: amount, where: "what = 'buy'", denominator: {where: "what = 'see'"}}
"""


def collected(path: Path) -> Collected:
    with WorkingEngine() as engine:
        return collect(load_experiment(path), engine)


def analysed(path: Path) -> Analysis:
    with WorkingEngine() as engine:
        return analyze(load_experiment(path), engine).analysis


def faults(path: Path) -> dict[str, int]:
    return {fault.what: fault.count for fault in analysed(path).faults}


def drawn(n: int = 400, events: int = 3_000) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    rng = np.random.default_rng(1)
    since = [DAY + timedelta(hours=int(h)) for h in rng.integers(0, 48, n)]
    assignments = {
        "user": list(range(n)),
        "arm": [("control", "treatment")[i] for i in rng.integers(0, 2, n)],
        "since": since,
        "past": rng.normal(10, 2, n).tolist(),
        "country": [("de", "fr", "it")[i] for i in rng.integers(0, 3, n)],
    }
    log = {
        "id": list(range(events)),
        "user": rng.integers(0, n, events).tolist(),
        "at": [DAY + timedelta(minutes=int(m)) for m in rng.integers(0, 6 * 24 * 60, events)],
        "what": [("buy", "see")[i] for i in rng.integers(0, 2, events)],
        "amount": rng.gamma(2, 10, events).tolist(),
    }
    return assignments, log


def test_sums_are_as_by_hand(tmp_path: Path) -> None:
    assignments, log = drawn()
    head = HEAD + "start: 2026-03-01\nend: 2026-03-05\n"
    path = write(
        tmp_path, assignments=assignments, events=log, metrics=METRICS, head=head,
        of_assignments="arm: arm, time: since", of_events="time: at, id: id",
    )  # fmt: skip
    found = collected(path)
    sums: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for user, at, what, amount in zip(
        log["user"], log["at"], log["what"], log["amount"], strict=True
    ):
        if assignments["since"][user] <= at < DAY + timedelta(days=4):
            sums[user]["spend"] += amount
            sums[user]["buy"] += amount * (what == "buy")
            sums[user]["bought"] = max(sums[user]["bought"], what == "buy")
            sums[user]["see"] += what == "see"
    for arm in ("control", "treatment"):
        users = [
            u for u, a in zip(assignments["user"], assignments["arm"], strict=True) if a == arm
        ]
        assert found.units[arm] == len(users)
        for name, x, y in (("bought", "bought", None), ("spend", "spend", None),
                           ("share", "buy", "see")):  # fmt: skip
            [state] = found.moments[name][arm].values()
            values = np.array([sums[u][x] for u in users])
            assert state.n == len(users)
            assert state.mean_x == pytest.approx(values.mean())
            assert state.m2_x == pytest.approx(((values - values.mean()) ** 2).sum())
            if y:
                below = np.array([sums[u][y] for u in users])
                assert state.mean_y == pytest.approx(below.mean())
                assert state.cross == pytest.approx(
                    ((values - values.mean()) * (below - below.mean())).sum()
                )


def test_each_fault_is_counted_and_left_out(tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    users = [*range(20), 20, 20, None, 21, 22, 23]
    arms = [*(["control", "treatment"] * 10), "control", "treatment", "control", "third", None,
            "control"]  # fmt: skip
    since = [DAY + hour] * 25 + [DAY - hour]
    events = [
        # event, user, at, amount
        (1, 0, DAY + 2 * hour, 5.0),
        (1, 0, DAY + 2 * hour, 5.0),  # again
        (1, 0, DAY + 2 * hour, 5.0),  # and again
        (2, 1, DAY, 7.0),  # before its assignment
        (3, 2, DAY - hour, 7.0),  # before the start, and so before its assignment
        (4, 3, DAY + timedelta(days=9), 7.0),  # after the end
        (5, None, DAY + 2 * hour, 7.0),
        (6, 99, DAY + 2 * hour, 7.0),  # nobody
        (7, 20, DAY + 2 * hour, 7.0),  # of a unit in two arms
        (None, 4, DAY + 2 * hour, 3.0),
        (None, 4, DAY + 2 * hour, 3.0),  # without an id: not known to be the same
    ]
    ids, who, at, amounts = (list(values) for values in zip(*events, strict=True))
    path = write(
        tmp_path,
        assignments={"user": users, "arm": arms, "since": since},
        events={"id": ids, "user": who, "at": at, "amount": amounts},
        metrics="  spend: {kind: mean, value: amount}",
        head=HEAD + "start: 2026-03-01\nend: 2026-03-08\n",
        of_assignments="arm: arm, time: since",
        of_events="time: at, id: id",
    )
    assert faults(path) == {
        "assignments without a unit": 1,
        "units in two arms": 1,
        "units in no arm of the experiment": 2,
        "units assigned before the start or after the end": 1,
        "events without a unit": 1,
        "events of units that were not assigned": 1,
        "events that occur again": 2,
        "events before their unit's assignment": 2,
        "events before the start": 1,
        "events at the end or later": 1,
    }
    found = collected(path)
    assert found.units == {"control": 10, "treatment": 10}
    [control] = found.moments["spend"]["control"].values()
    [treatment] = found.moments["spend"]["treatment"].values()
    assert control.mean_x == pytest.approx((5 + 3 + 3) / 10)
    assert treatment.mean_x == 0


def test_what_has_no_time_is_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        assignments={
            "user": [1, 2, 3], "arm": ["control", "treatment", "control"], "at": [DAY, DAY, None],
        },
        events={"user": [1, 1, 2, 3], "at": [DAY, None, DAY, DAY], "amount": [1.0, 2.0, 3.0, 4.0]},
        metrics="  spend: {kind: mean, value: amount}",
        of_assignments="arm: arm, time: at",
        of_events="time: at",
    )  # fmt: skip
    assert faults(path) == {"units without a time of assignment": 1, "events without a time": 1}
    assert collected(path).units == {"control": 1, "treatment": 1}


def test_values_that_are_not_finite_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        assignments={"user": [1, 2, 3, 4], "arm": ["control", "control"] + ["treatment"] * 2},
        events={"user": [1, 1, 2, 3, 4], "amount": [2.0, math.inf, math.nan, 4.0, -math.inf]},
        metrics="  spend: {kind: revenue, value: amount}\n"
        "  median: {kind: quantile, value: amount}",
    )
    assert faults(path) == {
        "units with infinite or NaN values": 3,
        "values of median that are infinite or NaN": 3,
    }
    found = collected(path)
    [control] = found.moments["spend"]["control"].values()
    assert (control.mean_x, control.n) == (1.0, 2)
    assert found.quantiles["median"]["control"].events == 1


def test_negative_revenue_is_kept_and_said(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        assignments={"user": [1, 2, 3, 4], "arm": ["control", "control"] + ["treatment"] * 2},
        events={"user": [1, 2, 3, 4], "amount": [2.0, -3.0, 4.0, 5.0]},
        metrics="  spend: {kind: revenue, value: amount, winsorize: false}",
    )
    assert faults(path) == {"units with negative spend": 1}
    [control] = collected(path).moments["spend"]["control"].values()
    assert control.mean_x == -0.5


def test_revenue_is_winsorised_at_one_cap_for_all_arms(tmp_path: Path) -> None:
    amounts = [0.0] * 50 + [float(i) for i in range(1, 101)]
    arms = ["control", "treatment"] * 75
    path = write(
        tmp_path,
        assignments={"user": list(range(150)), "arm": arms, "amount": amounts},
        metrics="  spend: {kind: revenue, value: amount, winsorize: 0.9}",
    )
    found = collected(path)
    assert found.seen["spend"].cap == 90
    assert found.seen["spend"].capped == 10
    [control] = found.moments["spend"]["control"].values()
    mine = [min(a, 90) for a, arm in zip(amounts, arms, strict=True) if arm == "control"]
    assert control.mean_x == pytest.approx(np.mean(mine))


def test_overrides_and_exclusions_are_not_analysed(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        assignments={"user": ["a", "b", "c", "d", "e"], "arm": ["control", "treatment"] * 2 + [""]},
        events={"user": ["a"], "amount": [1.0]},
        metrics="  spend: {kind: mean, value: amount}",
        head=HEAD + "overrides: {a: treatment}\nexclude: [b]\n",
    )
    assert faults(path)["units assigned by hand or excluded"] == 2
    assert collected(path).units == {"control": 1, "treatment": 1}


def test_without_a_column_of_arms_they_follow_from_the_hash(tmp_path: Path) -> None:
    from assay.experiments.assignment import assign_all

    users = [f"u{i}" for i in range(500)]
    path = write(
        tmp_path,
        assignments={"user": users, "x": [1.0] * 500},
        metrics="  x: {kind: mean, value: x}",
        of_assignments="",
    )
    arms = assign_all(load_experiment(path), users)
    assert collected(path).units == {arm: arms.count(arm) for arm in ("control", "treatment")}


def test_a_missing_arm_is_an_error_and_a_mismatch(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        assignments={"user": list(range(30)), "arm": ["control"] * 30},
        events={"user": [1], "amount": [1.0]},
        metrics="  spend: {kind: mean, value: amount}",
    )
    found = analysed(path)
    [effect] = found.effects
    assert isinstance(effect, NoEffect)
    assert effect.reason.reason == "no unit is in the arm 'treatment'"
    assert effect.reason.fault
    assert found.mismatch.found
    assert found.mismatch.p_value == pytest.approx(math.erfc(math.sqrt(30 / 2)))  # chi-square 30


def test_units_of_different_types_are_joined_as_text(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        assignments={"user": [1, 2, 3, 4], "arm": ["control", "treatment"] * 2},
        events={"user": ["1", "2", "2", "x"], "amount": [1.0, 2.0, 3.0, 4.0]},
        metrics="  spend: {kind: mean, value: amount}",
    )
    found = collected(path)
    assert [s.mean_x for cells in found.moments["spend"].values() for s in cells.values()] == [
        0.5,
        2.5,
    ]
    assert found.counts.unknown_events == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value: amount", "value: amonut", "amonut"),
        ("value: amount", 'value: "amount\'"', "SQL"),
        ("value: amount", "value: (SELECT 1)", "not allowed"),
        ("value: amount", "value: amount, where: amount", "true or false"),
        ("value: amount", "value: amount, covariate: pats", "no column 'pats', its covariate"),
        ("arm: arm", "arm: arms", "no column 'arms', its arm. Did you mean 'arm'?"),
        ("unit: user", "unit: usr", "no column 'usr'"),
        ("value: amount", "value: what", "'what' is of kind string, not a number"),
        ("value: amount", "value: amount, covariate: arm", "its covariate, is of type VARCHAR"),
        ("arm: arm", "arm: arm, time: arm", "its time, is of type VARCHAR, not a date"),
    ],
)
def test_what_does_not_fit_the_tables_is_said(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = write(
        tmp_path,
        assignments={"user": [1, 2], "arm": ["control", "treatment"], "past": [1.0, 2.0]},
        events={"user": [1], "amount": [1.0], "what": ["buy"]},
        metrics="  spend: {kind: mean, value: amount}",
    )
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(AssayError, match=said):
        analysed(path)


def test_without_tables_or_metrics_nothing_is_analysed(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(HEAD + "metrics: {a: {kind: mean}}\n")
    with pytest.raises(SuiteError, match="names no assignments"):
        analysed(path)


def test_empty_tables(tmp_path: Path) -> None:
    nobody = pa.table({"user": pa.array([], pa.int64()), "arm": pa.array([], pa.string())})
    nothing = pa.table({"user": pa.array([], pa.int64()), "amount": pa.array([], pa.float64())})
    path = write(
        tmp_path, assignments=nobody, events=nothing, metrics="  spend: {kind: mean, value: amount}"
    )
    [effect] = analysed(path).effects
    assert isinstance(effect, NoEffect)
    assert effect.reason.fault


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    assignments, log = drawn()
    found = []
    for turn in (slice(None), slice(None, None, -1)):
        folder = tmp_path / str(turn.step)
        folder.mkdir()
        path = write(
            folder,
            assignments={k: v[turn] for k, v in assignments.items()},
            events={k: v[turn] for k, v in log.items()},
            metrics=METRICS + "  wait: {kind: quantile, value: amount, quantile: 0.9}",
            of_events="id: id",
        )
        found.append(analysed(path).effects)
    for a, b in zip(*found, strict=True):
        assert not isinstance(a, NoEffect)
        assert not isinstance(b, NoEffect)
        assert a.value == pytest.approx(b.value, rel=1e-12)
        assert a.difference.low == pytest.approx(b.difference.low, rel=1e-9)


def test_more_units_than_fit_in_memory_go_to_disk(tmp_path: Path) -> None:
    n = 600_000
    units = np.arange(n)
    path = write(
        tmp_path,
        assignments=pa.table({"user": units, "arm": np.where(units % 2, "treatment", "control")}),
        events=pa.table({"user": (units * 7919) % n, "amount": units % 10 + 0.5}),
        metrics="  spend: {kind: mean, value: amount}\n"
        "  each: {kind: ratio, value: amount, denominator: {where: amount > 3}}",
    )
    states = []
    for limit in ("90MB", "2GB"):
        with WorkingEngine(memory_limit=limit, temp_directory=tmp_path / limit) as engine:
            found = collect(load_experiment(path), engine)
        states += [found.moments["each"][arm][()] for arm in ("control", "treatment")]
    assert states[0].n == n / 2
    for small, large in zip(states[:2], states[2:], strict=True):
        assert small.mean_x == pytest.approx(large.mean_x, rel=1e-12)
        assert small.cross == pytest.approx(large.cross, rel=1e-9)
