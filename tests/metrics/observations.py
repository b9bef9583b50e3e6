"""Observations of a model made of arrays, folded by the real engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from assay.core.aggregate import Fold
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.metric import Metric
from assay.core.schema import PREDICTION, TARGET, Prediction, score_column
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine


class Observed:
    """One model's predictions on one data set."""

    def __init__(
        self,
        truth: Any,
        answer: Any,
        *,
        scores: Any = None,
        task: str = "binary",
        labels: Any = ("no", "yes"),
        positive: Any = "yes",
        **columns: Any,
    ) -> None:
        """``scores`` has shape (n, classes), in the order of ``labels``."""
        table = {TARGET: pa.array(truth), PREDICTION: pa.array(answer)}
        if scores is not None:
            for i in range(len(labels)):
                table[score_column(i)] = pa.array([row[i] for row in scores], pa.float64())
        table |= {name: pa.array(values) for name, values in columns.items()}
        if task != "binary":
            positive = None
        labels = () if task == "regression" else tuple(labels)
        self.prediction = Prediction(task, labels, positive, has_scores=scores is not None)  # type: ignore[arg-type]
        self.engine = DuckDBEngine()
        self.engine.attach("observations", Memory(pa.table(table)))
        self.schema = replace(self.engine.schema("observations"), prediction=self.prediction)

    def fold(self, metric: Metric) -> Fold:
        """What the metric asks for, folded."""
        assert metric.applicable(self.schema) is None
        return Fold(
            self.schema, self.engine.fold("observations", list(metric.aggregates(self.schema)))
        )

    def all(self, metric: Metric, **how: Any) -> tuple[Measurement | Unmeasured, ...]:
        """Every estimate."""
        return metric.estimate(self.fold(metric), Estimation(**how))

    def one(self, metric: Metric, **how: Any) -> Measurement:
        """The only measurement."""
        (found,) = self.all(metric, **how)
        assert isinstance(found, Measurement), found
        assert found.low is None or found.low <= found.value
        assert found.high is None or found.high >= found.value
        return found

    def reason(self, metric: Metric) -> str:
        """Why there is no measurement."""
        (found,) = self.all(metric)
        assert isinstance(found, Unmeasured), found
        return found.reason

    def by_key(self, metric: Metric, name: str) -> dict[str, Measurement | Unmeasured]:
        """Estimates by one entry of their key."""
        return {e.key[name]: e for e in self.all(metric)}

    def evidence(self, metric: Metric) -> tuple[Any, ...]:
        """What the metric shows."""
        return metric.evidence(self.fold(metric))
