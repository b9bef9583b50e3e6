"""What a fold on Spark costs next to the same aggregates in hand-written Spark SQL.

    python benchmarks/bench_spark.py [--rows 10000000] [--repeats 3] [--cores 2]

The table and the 22 checks are those of ``bench_scan.py``. All run in one session, in turns:
``one query`` is the SQL as one writes it first, ``two queries`` is that of somebody who knows Spark
and counts different values apart, ``fold`` is the engine. ``jobs`` is how many of Spark's jobs one
run starts. The first run of each is not counted. Spark needs Java.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bench_scan

if TYPE_CHECKING:
    from collections.abc import Callable

BY_HAND = f"""
SELECT count(*),
  count(dep_time), count(arr_delay), count(tailnum), count(air_time), count(dep_delay),
  count(DISTINCT tailnum),
  count(CASE WHEN year IS NOT NULL AND month IS NOT NULL AND day IS NOT NULL
    AND carrier IS NOT NULL AND flight IS NOT NULL AND sched_dep_time IS NOT NULL THEN 1 END),
  count(DISTINCT year, month, day, carrier, flight, sched_dep_time),
  count(CASE WHEN month BETWEEN 1 AND 12 THEN 1 END),
  count(CASE WHEN dep_delay BETWEEN -60 AND 600 THEN 1 END),
  count(CASE WHEN distance BETWEEN 50 AND 5000 THEN 1 END),
  count(CASE WHEN hour BETWEEN 0 AND 23 THEN 1 END),
  count(CASE WHEN carrier IN {bench_scan.CARRIERS} THEN 1 END),
  count(CASE WHEN origin IN {bench_scan.ORIGINS} THEN 1 END),
  count(CASE WHEN tailnum RLIKE '^N[0-9]{{1,5}}[A-Z]{{0,2}}$' THEN 1 END),
  count(CASE WHEN air_time > 0 AND air_time < 1000 THEN 1 END),
  count(CASE WHEN origin <> dest THEN 1 END),
  count(air_time), avg(air_time), var_pop(air_time),
  count(distance), avg(distance), var_pop(distance),
  count(arr_delay), avg(arr_delay), var_pop(arr_delay), skewness(arr_delay), kurtosis(arr_delay),
  approx_percentile(dep_delay, array(0.5, 0.9, 0.99)), count(dest), count(DISTINCT dest)
FROM flights
"""
DISTINCT = (
    "count(DISTINCT tailnum)",
    "count(DISTINCT year, month, day, carrier, flight, sched_dep_time)",
    "count(DISTINCT dest)",
)


def two_queries() -> tuple[str, str]:
    """The same, different values apart from the rest."""
    rest = BY_HAND
    for part in DISTINCT:
        rest = rest.replace(part, "1")
    return rest, f"SELECT {', '.join(DISTINCT)} FROM flights"


def jobs_of(session: Any, run: Callable[[], object]) -> int:
    """How many jobs of Spark the work starts."""
    group = str(id(run))
    session.sparkContext.setJobGroup(group, group)
    run()
    session.sparkContext._jsc.clearJobGroup()
    return len(session.sparkContext.statusTracker().getJobIdsForGroup(group))


def measure(path: str, cores: int, repeats: int) -> None:
    """Run all kinds in turns and print."""
    from assay.core.source import Files
    from assay.engines.spark import SparkEngine

    with SparkEngine(settings={"master": f"local[{cores}]", "memory": "2g"}) as engine:
        engine.attach("flights", Files((path,), "parquet"))
        session = engine._session
        session.read.parquet(path).createOrReplaceTempView("flights")
        aggregates = bench_scan.aggregates()
        engine.schema("flights")  # which a run asks for once
        kinds: dict[str, Callable[[], object]] = {
            "one query": lambda: session.sql(BY_HAND).collect(),
            "two queries": lambda: [session.sql(query).collect() for query in two_queries()],
            "fold": lambda: engine.fold("flights", aggregates),
        }
        jobs = {kind: jobs_of(session, run) for kind, run in kinds.items()}  # and warm up
        seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(repeats):
            for kind, run in kinds.items():
                start = time.perf_counter()
                run()
                seconds[kind].append(time.perf_counter() - start)
    medians = {kind: statistics.median(found) for kind, found in seconds.items()}
    print(f"{'':12}{'median s':>10}{'best s':>10}{'ratio':>8}{'jobs':>6}")
    for kind, median in medians.items():
        ratio = medians["fold"] / median
        print(f"{kind:12}{median:10.2f}{min(seconds[kind]):10.2f}{ratio:8.2f}{jobs[kind]:6}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "flights.parquet")
        command = [sys.executable, bench_scan.__file__, "--rows", str(options.rows)]
        subprocess.run([*command, "--child", "write", path], check=True)
        print(f"{options.rows:,} rows, {options.repeats} runs each, {options.cores} cores")
        measure(path, options.cores, options.repeats)


if __name__ == "__main__":
    main()
