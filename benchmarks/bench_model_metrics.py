"""Model metrics with their intervals, beside the bare figures of scikit-learn and fairlearn.

Run: ``python benchmarks/bench_model_metrics.py [--rows 1000000]``. Every pair is timed in
one process, in turn; the best of several runs counts. Values are compared before times are printed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn import metrics as sk

from assay.core.aggregate import Fold
from assay.core.measurement import Estimation
from assay.core.schema import PREDICTION, TARGET, Prediction, score_column
from assay.core.source import Files
from assay.engines.duckdb import DuckDBEngine
from assay.inference.delong import area, area_interval
from assay.inference.ranks import rank
from assay.metrics.classification.average_precision import AveragePrecision
from assay.metrics.classification.roc_auc import RocAuc
from assay.metrics.fairness.differences import (
    DemographicParityDifference,
    EqualizedOddsDifference,
    EqualOpportunityDifference,
    PredictiveParityDifference,
)
from assay.metrics.fairness.group_size import GroupSize
from assay.metrics.fairness.ratio import DemographicParityRatio

FAIRNESS = (
    DemographicParityDifference,
    DemographicParityRatio,
    EqualOpportunityDifference,
    EqualizedOddsDifference,
    PredictiveParityDifference,
    GroupSize,
)
SENSITIVE = ("race", "sex")


def best(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Seconds of the fastest run, and its result."""
    times, result = [], None
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def table(rows: int) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """Observations of a binary classifier with two sensitive columns, its targets and scores."""
    rng = np.random.default_rng(0)
    y = rng.random(rows) < 0.3
    score = 1 / (1 + np.exp(-(rng.normal(0, 1, rows) + 1.5 * y - 1)))
    observations = pa.table(
        {
            TARGET: y.astype(np.int64),
            PREDICTION: (score >= 0.5).astype(np.int64),
            score_column(0): 1 - score,
            score_column(1): score,
            "race": rng.choice(["a", "b", "c", "d", "e"], rows),
            "sex": rng.choice(["f", "m"], rows),
        }
    )
    return observations, y, score


def by_assay(path: Path, metrics: list[Any]) -> list[Any]:
    """Every metric's estimates, from the file, through one fold."""
    engine = DuckDBEngine()
    engine.attach("observations", Files((str(path),), "parquet"))
    prediction = Prediction("binary", (0, 1), 1, has_scores=True)
    schema = replace(engine.schema("observations"), prediction=prediction)
    wanted = list(dict.fromkeys(a for m in metrics for a in m.aggregates(schema)))
    fold = Fold(schema, engine.fold("observations", wanted))
    found = [m.estimate(fold, Estimation()) for m in metrics]
    engine.close()
    return found


def by_fairlearn(frame: pd.DataFrame) -> Any:
    """The same six figures by group and crossed group, without intervals."""
    y, p = frame[TARGET], frame[PREDICTION]
    functions = {
        "selection": fl.selection_rate,
        "tpr": fl.true_positive_rate,
        "fpr": fl.false_positive_rate,
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "count": fl.count,
    }
    held = fl.MetricFrame(
        metrics=functions, y_true=y, y_pred=p, sensitive_features=frame[list(SENSITIVE)]
    )
    return held.difference()


def ranking(y: np.ndarray, score: np.ndarray) -> tuple[float, Any]:
    """The area and its interval from arrays."""
    ranks = rank(y, score)
    found = area(ranks)
    return found.value, area_interval(found, ranks, 0.95)


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    observations, y, score = table(rows)
    print(f"{rows:,} rows")

    bare, area_bare = best(lambda: sk.roc_auc_score(y, score), 5)
    ours, (area_ours, _) = best(lambda: ranking(y, score), 5)
    assert abs(area_bare - area_ours) < 1e-9
    print(f"roc_auc_score (scikit-learn, no interval)     {bare:8.3f} s")
    print(f"area with DeLong interval, from arrays        {ours:8.3f} s   {ours / bare:.2f}×")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "observations.parquet"
        pq.write_table(observations, path)
        whole, found = best(lambda: by_assay(path, [RocAuc()]), 3)
        assert abs(found[0][0].value - area_bare) < 1e-9
        print(f"classification.roc_auc, from Parquet          {whole:8.3f} s   {whole / bare:.2f}×")
        ap_bare, ap = best(lambda: sk.average_precision_score(y, score), 3)
        ap_ours, found = best(lambda: by_assay(path, [AveragePrecision()]), 3)
        assert abs(found[0][0].value - ap) < 1e-9
        print(f"average_precision_score (scikit-learn)        {ap_bare:8.3f} s")
        print(
            f"classification.average_precision, Parquet     {ap_ours:8.3f} s   "
            f"{ap_ours / ap_bare:.2f}×"
        )

        frame = observations.to_pandas()
        theirs, difference = best(lambda: by_fairlearn(frame), 1)
        metrics = [cls(sensitive=SENSITIVE) for cls in FAIRNESS]
        fair, found = best(lambda: by_assay(path, metrics), 3)
        crossed = {e.key["sensitive"]: e.value for e in found[0]}["race × sex"]
        assert abs(crossed - difference["selection"]) < 1e-9
        print(f"MetricFrame × 6 (fairlearn, no intervals)     {theirs:8.3f} s")
        print(
            f"6 fairness metrics with intervals, Parquet    {fair:8.3f} s   "
            f"{theirs / fair:.0f}× faster"
        )


if __name__ == "__main__":
    main()
