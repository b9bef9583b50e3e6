"""Tables with more rows than a metric takes: declined before any is read, or drawn from by lot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import assay
from assay.engines.duckdb import DuckDBEngine
from assay.metrics.missing import parameters
from assay.states import Sample


def table(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    frame.loc[rng.random(n) < 0.2, "a"] = np.nan
    return frame


CHECKS = [
    ("missing.imputation_error", {"columns": ["a", "b"], "methods": ["mean"], "order": "c"}),
    (
        "missing.downstream_score",
        {"target": "b", "columns": ["a"], "methods": ["mean"], "order": "c"},
    ),
]


@pytest.mark.parametrize(("name", "asked"), CHECKS)
def test_rows_are_counted_before_they_are_read(name, asked, monkeypatch):
    monkeypatch.setattr(parameters, "MOST_ORDERED", 900)
    folded: list[object] = []
    fold = DuckDBEngine.fold

    def seen(self, table, aggregates, **how):
        folded.extend(aggregates)
        return fold(self, table, aggregates, **how)

    monkeypatch.setattr(DuckDBEngine, "fold", seen)
    (result,) = assay.run([assay.check(name, **asked)], on=table(301)).results
    assert result.verdict == "not_applicable"
    assert f"301 rows are more than the 300 of these columns that {name} takes" in result.reason
    assert folded
    assert not any(isinstance(a, Sample) for a in folded)
    (result,) = assay.run([assay.check(name, **asked)], on=table(300)).results
    assert result.measurements
    assert any(isinstance(a, Sample) for a in folded)


def test_a_filter_makes_room(monkeypatch):
    monkeypatch.setattr(parameters, "MOST_ORDERED", 900)
    asked = assay.check(
        "missing.imputation_error", columns=["a", "b"], methods=["mean"], order="c", where="c > 0"
    )
    (result,) = assay.run([asked], on=table(400)).results
    assert result.measurements


DRAWN = [
    ("missing.mcar", {"columns": ["a", "b"]}),
    ("missing.dependence", {"column": "a", "predictors": ["b"]}),
]


@pytest.mark.parametrize(("name", "asked"), DRAWN)
def test_where_order_does_not_matter_rows_are_drawn(name, asked, monkeypatch):
    monkeypatch.setattr(parameters, "MOST_VALUES", 1_000)
    rows = table(900)
    asked = assay.check(name, **asked)
    (result,) = assay.run([asked], on=rows).results
    (turned,) = assay.run([asked], on=rows[::-1]).results
    (found,) = result.measurements
    assert 400 < found.n <= 500
    assert found.low < found.high
    assert turned.measurements == result.measurements
