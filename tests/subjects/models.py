"""Real models and data for the tests of subjects and collection."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def applicants(rows: int = 250, seed: int = 0) -> pd.DataFrame:
    """Two numbers, two texts, three kinds of targets, a unit."""
    rng = np.random.default_rng(seed)
    ratio = rng.normal(0.3, 0.1, rows)
    score = rng.integers(1, 7, rows)
    risk = 8 * (ratio - 0.3) + 0.5 * (score - 3) + rng.normal(0, 1, rows)
    return pd.DataFrame(
        {
            "loan": np.arange(rows) + 1000,
            "ratio": ratio,
            "score": score,
            "single": rng.choice(["yes", "no"], rows),
            "afam": rng.choice(["no", "yes"], rows, p=[0.8, 0.2]),
            "deny": np.where(risk > 1, "yes", "no"),
            "grade": np.select([risk > 1, risk > 0], ["c", "b"], "a"),
            "loss": 3 * risk + 10,
        }
    )


FEATURES = ["ratio", "score", "single", "afam"]


def pipeline(last: object) -> Pipeline:
    """Numbers scaled, texts one-hot, then an estimator."""
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["ratio", "score"]),
            ("texts", OneHotEncoder(), ["single", "afam"]),
        ]
    )
    return make_pipeline(columns, last)


def classifier(target: str = "deny") -> Pipeline:
    """Fitted on a pandas frame."""
    frame = applicants()
    return pipeline(LogisticRegression()).fit(frame[FEATURES], frame[target])


def regressor() -> Pipeline:
    """Fitted on a pandas frame."""
    frame = applicants()
    return pipeline(LinearRegression()).fit(frame[FEATURES], frame["loss"])


def saved(model: object, folder: Path, name: str = "model.skops") -> str:
    """The model in a skops file; its name."""
    skops.io.dump(model, folder / name)
    return name


def arrow(frame: pd.DataFrame) -> pa.Table:
    """The frame in Arrow."""
    return pa.Table.from_pandas(frame, preserve_index=False)
