"""What would decide: more rows, of both tables, in more clusters; or nothing of the kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import assay
from assay.core.check import Check, CheckSpec
from assay.core.criterion import AtLeast, AtMost
from assay.core.errors import SuiteError
from assay.core.measurement import Measurement
from assay.core.metric import lookup
from assay.core.schema import Prediction, Schema
from assay.metrics import load_all
from assay.report.advice import advice
from assay.runner.clusters import Clusters, question_of
from assay.runner.needed import Ground, needed, rows_needed

LIMIT = AtMost(0.1)


def drift(n: int, *, value: float = 0.05, half: float = 0.1) -> Measurement:
    return Measurement(
        value=value, low=max(0, value - half), high=value + half, level=0.95, method="x", n=n
    )


def half_width(n: float, m: float) -> float:
    """As that of a difference of two samples: 0.1 of 1,000 rows against 1,000."""
    return 0.1 * np.sqrt((1 / n + 1 / m) / (2 / 1000))


@pytest.mark.parametrize("against", [10, 400, 1_000, 1_000_000])
def test_so_many_rows_of_each_table_would_decide(against):
    m = drift(1_000, half=half_width(1_000, against))
    rows = rows_needed(m, LIMIT, Ground(against=against))
    assert rows is not None
    assert 0.0495 < half_width(rows, rows) <= 0.05  # the distance of the value to the limit
    assert (
        f"{'rows of each table would decide'}"
        in needed([(m, Ground(against=against))], LIMIT).words
    )


def test_more_rows_than_a_metric_uses_are_not_asked_for():
    m = Measurement(value=0.001, low=-0.002, high=0.004, level=0.95, method="x", n=5_000)
    more = needed([(m, Ground(most=5_000))], AtLeast(0))
    assert more.rows is None
    assert more.words == "it uses at most 5,000 rows, so more would not decide"
    few = Measurement(value=0.001, low=-0.002, high=0.004, level=0.95, method="x", n=500)
    assert needed([(few, Ground(most=5_000))], AtLeast(0)).rows == 4_501


def test_of_clusters_more_clusters_are_asked_for():
    of = Ground(clusters="shop", groups=40)
    assert needed([(drift(4_000), of)], LIMIT).words == (
        "about 4 times as many clusters ('shop') would decide if the value stays"
    )
    days = Ground(clusters="day", blocks=True, groups=20)
    assert "about 4 times as long a time ('day')" in needed([(drift(4_000), days)], LIMIT).words
    alone = needed([(drift(4_000), Ground(clusters="shop", groups=1))], LIMIT)
    assert alone.rows is None
    assert "would decide if" not in alone.words


def test_a_figure_is_not_given_where_it_is_absurd():
    near = drift(1_000_000, value=0.0999, half=0.35)  # 12 million times the rows
    assert rows_needed(near, LIMIT, Ground(against=10)) is None


def tables(n: int, m: int, shift: float = 0.05) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(4)
    return {
        "reference": pd.DataFrame({"x": rng.normal(size=m), "shop": np.arange(m) % 12}),
        "current": pd.DataFrame({"x": rng.normal(size=n) + shift, "shop": np.arange(n) % 12}),
    }


def test_a_small_reference_is_named():
    both = tables(20_000, 40)
    found = assay.drift(both["reference"], both["current"], columns=["x"])
    (result,) = found.results
    assert result.verdict == "inconclusive"
    assert "but 20,000 rows against 40 leave room" in result.reason
    assert "rows of each table would decide" in result.reason
    assert result.rows_needed is not None
    assert 40 < result.rows_needed < 20_000
    assert "rows of each table would decide" in str(found)
    assert "of each table would decide" in advice(found)[0].text


def test_clusters_are_named():
    both = tables(600, 600, 0.2)
    found = assay.drift(both["reference"], both["current"], columns=["x"], cluster="shop")
    (result,) = found.results
    assert result.verdict == "inconclusive"
    assert "times as many clusters ('shop') would decide" in result.reason
    assert "as many clusters" in str(found)
    one = {name: t.assign(shop=1) for name, t in both.items()}
    found = assay.drift(one["reference"], one["current"], columns=["x"], cluster="shop")
    (result,) = found.results
    assert result.rows_needed is None
    assert "one cluster does not tell how many would decide" in result.reason
    assert "  " not in result.reason


def test_a_metric_that_draws_rows_says_so(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=6_000), "y": rng.random(6_000) < 0.2})
    check = assay.check(
        "missing.downstream_score", target="y", columns=["a"], methods=["median"],
        mechanism="mcar", baseline="mean", at_least=0,
    )  # fmt: skip
    (result,) = assay.run([check], on=table).results
    assert result.verdict == "inconclusive"
    assert "it uses at most 5,000 rows, so more would not decide" in result.reason
    assert result.rows_needed is None


@pytest.mark.parametrize(
    "metric", ["drift.impact", "drift.estimated_performance", "drift.reweighted_performance"]
)
def test_no_count_is_proposed_of_what_is_an_estimate(metric, monkeypatch):
    """`claim: batch` would be refused, too: another table is named for such a check."""
    load_all()
    found = lookup(metric)
    assert found is not None
    monkeypatch.setattr(found, "clustered", False)  # as for a metric that knows no such interval
    spec = CheckSpec(metric=metric, on="model", data="may", against="march")
    check = Check(
        id="c", metric=found(), spec=spec, criterion=None, claim="process", family=""
    )  # fmt: skip
    schema = Schema((), prediction=Prediction("binary", ("no", "yes"), "yes", True))
    with pytest.raises(SuiteError) as error:
        question_of(check, schema, Clusters("shop", "shop", 40, 400))
    assert "batch" not in error.value.hint
    assert "once more without `cluster`" in error.value.hint
