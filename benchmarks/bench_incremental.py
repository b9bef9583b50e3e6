"""A growing table of 100 daily files: what a day costs with kept states.

    python benchmarks/bench_incremental.py [--days 100] [--rows 100000] [--repeats 5]

Whole processes of ``assay run``, in turn: the day's file alone (what the day's rows cost), the
table with kept states when a new file has arrived, and the table read whole. `read` is what the
process took from files, in megabytes (`rchar` of /proc/self/io: kept states count too). Twice: with
22 checks as of a daily gate, quantiles and slices among them; and with exact uniqueness beside
them, whose kept hashes grow with the table (eight bytes a key).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

CHECKS = """
  - row_count: {on: orders}
    at_least: 1000
  - completeness: {on: orders, columns: [id, amount, qty, city, email, paid, note]}
    at_least: 0.8
  - in_range: {on: orders, column: amount, lower: 0}
  - in_range: {on: orders, column: qty, lower: 1, upper: 8}
  - in_set: {on: orders, column: city, values: [Oslo, Rome, Lima, Kyiv]}
  - matches: {on: orders, column: email, pattern: "u[0-9]+@x[.]org"}
  - satisfies: {on: orders, predicate: "amount >= 0 or not paid"}
  - references: {on: orders, foreign_key: [city], to: cities, key: [name]}
  - mean: {on: orders, column: amount}
    between: [50, 150]
  - mean: {on: orders, column: amount, by: [city], where: paid}
    between: [50, 150]
  - mean: {on: orders, column: qty}
    between: [1, 8]
  - std: {on: orders, column: amount}
    at_most: 100
  - std: {on: orders, column: qty}
    at_most: 100
  - quantile: {on: orders, column: amount, q: 0.5}
    at_most: 1000
  - quantile: {on: orders, column: amount, q: 0.95}
    at_most: 1000
  - correlation: {on: orders, x: amount, y: qty}
    between: [-1, 1]
"""
UNIQUE = """
  - uniqueness: {on: orders, key: [id]}
  - distinct_count: {on: orders, column: email}
    at_least: 10
"""
SUITE = """
suite: shop
subjects:
  orders: {{table: {table}}}
  cities: {{table: cities.parquet}}
checks:
{checks}
"""


class Cost(NamedTuple):
    """Of one process: seconds, processor seconds, megabytes at most and megabytes read."""

    wall: float
    cpu: float
    peak: float
    read: float


RUN = """
import os, re, sys
from assay.cli.main import main
sys.argv = ["assay", "run", *sys.argv[1:], "--quiet"]
try:
    main()
finally:
    with open("/proc/self/io") as file:
        print(re.search(r"rchar: (\\d+)", file.read())[1], file=sys.stderr)
"""


def run(suite: str, home: str, folder: Path) -> Cost:
    """One ``assay run`` in a process of its own."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, suite, "--home", home], cwd=folder, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"assay run {suite} failed: {said}")
    read = int(said.split()[-1]) / 1e6
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, read)


def write_day(number: int, rows: int, path: Path) -> None:
    """The rows of one day."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    r = np.random.default_rng(number)
    users = r.integers(0, rows * 50, rows).astype(str)
    table = pa.table(
        {
            "id": np.arange(number * rows, (number + 1) * rows),
            "amount": r.gamma(2, 50, rows),
            "qty": r.integers(1, 9, rows),
            "city": r.choice(["Oslo", "Rome", "Lima", "Kyiv"], rows),
            "email": np.char.add(np.char.add("u", users), "@x.org"),
            "paid": r.random(rows) < 0.8,
            "note": pa.array(np.where(r.random(rows) < 0.1, None, "ok").tolist()),
        }
    )
    pq.write_table(table, path)
    os.utime(path, (1e9, 1e9))


def compare(name: str, checks: str, folder: Path, days: int, rows: int, repeats: int) -> float:
    """Print the costs; returns how many times the day's own cost a day with kept states takes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    (folder / "orders").mkdir()
    pq.write_table(pa.table({"name": ["Oslo", "Rome", "Lima", "Kyiv"]}), folder / "cities.parquet")
    for number in range(days):
        write_day(number, rows, folder / f"orders/day-{number:04}.parquet")
    tables = {"kept": "orders, incremental: true", "whole": "orders", "day": "day.parquet"}
    for suite, table in tables.items():
        (folder / f"{suite}.yaml").write_text(SUITE.format(table=table, checks=checks))
    write_day(0, rows, folder / "day.parquet")
    run("day.yaml", "day", folder)  # warm caches, compile
    first = run("kept.yaml", "kept", folder)
    found: dict[str, list[Cost]] = {suite: [] for suite in tables}
    for number in range(days, days + repeats):
        path = folder / f"orders/day-{number:04}.parquet"
        write_day(number, rows, path)
        shutil.copy(path, folder / "day.parquet")
        time.sleep(2.1)  # a file just written is hashed once more on the next day
        for suite in ("day", "kept"):
            found[suite].append(run(f"{suite}.yaml", suite, folder))
    found["whole"] = [run("whole.yaml", "whole", folder) for _ in range(min(2, repeats))]
    print(f"\n{name}, {days} files of {rows:,} rows, median of {repeats} days")
    print(f"{'':34}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'read MB':>9}")
    rows_of = {
        "first run, all files": [first],
        "table read whole, every day": found["whole"],
        "the day's file alone": found["day"],
        "table with kept states, a day more": found["kept"],
    }
    for title, costs in rows_of.items():
        middle = Cost(*(statistics.median(c[i] for c in costs) for i in range(4)))
        print(f"{title:34}{middle.wall:9.2f}{middle.cpu:9.2f}{middle.peak:9.0f}{middle.read:9.1f}")
    kept = folder / "kept" / "states.db"
    print(f"{'kept on disk':34}{kept.stat().st_size / 1e6:36.1f} MB")
    pairs = list(zip(found["kept"], found["day"], strict=True))
    wall, cpu, _, read = (statistics.median(a[i] / b[i] for a, b in pairs) for i in range(4))
    print(f"{'kept / the day alone':34}{wall:9.2f}{cpu:9.2f}{'':9}{read:9.2f}")
    return wall


def main() -> int:
    """Measure, print, and say whether a day costs what a day costs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sizes = (options.days, options.rows, options.repeats)
        ratio = compare("22 checks", CHECKS, Path(folder, "plain"), *sizes)
        compare("and exact uniqueness", CHECKS + UNIQUE, Path(folder, "unique"), *sizes)
    target = 1.5
    print(f"\n{'met' if ratio <= target else 'missed'}: {ratio:.2f}, target {target}")
    return 0 if ratio <= target else 1


if __name__ == "__main__":
    sys.exit(main())
