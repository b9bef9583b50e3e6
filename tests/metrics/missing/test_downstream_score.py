"""``missing.downstream_score`` and ``missing.robustness``, against pipelines of scikit-learn."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.metrics.data.measuring import CENSUS, PROCESS, evidence, folded, not_applicable
from threadpoolctl import threadpool_limits

from assay.core.evidence import Chart, Table, Text
from assay.core.measurement import Measurement, Unmeasured
from assay.metrics.missing.downstream_score import DownstreamScore
from assay.metrics.missing.robustness import Robustness


def table(n: int = 240, seed: int = 0) -> pd.DataFrame:
    """``y`` follows from a and b; b lacks more often where y is true."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    y = a + b + rng.normal(size=n) > 0
    frame = pd.DataFrame({"a": a, "b": b, "c": rng.normal(size=n)})
    frame.loc[rng.random(n) < 0.2, "a"] = np.nan
    frame.loc[rng.random(n) < np.where(y, 0.5, 0.1), "b"] = np.nan
    frame["y"] = y
    frame["town"] = rng.choice(["x", "y", "z"], n)
    return frame


def by_method(metric, frame, how=PROCESS):
    return {e.key.get("method", ""): e for e in metric.estimate(folded(metric, frame), how)}


def in_their_order(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Rows as the metric deals them to folds: by target, then by features; gaps last."""
    return frame.sort_values(list(columns), na_position="last", ignore_index=True)


LOGISTIC = (StandardScaler(), LogisticRegression(max_iter=2000))
PIPELINES = {
    "mean": make_pipeline(SimpleImputer(), *LOGISTIC),
    "median": make_pipeline(SimpleImputer(strategy="median"), *LOGISTIC),
    "indicator": make_pipeline(SimpleImputer(add_indicator=True), *LOGISTIC),
    "native": HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, early_stopping=False, random_state=0
    ),
}


def test_scores_are_those_of_pipelines():
    rows = in_their_order(table(), "y", "a", "b", "c")
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
    asked = DownstreamScore(target="y", columns=("a", "b", "c"), methods=tuple(PIPELINES))
    found = by_method(asked, table())
    x, y = rows[["a", "b", "c"]].to_numpy(), rows["y"].to_numpy()
    with threadpool_limits(limits=1):
        theirs = {
            name: cross_val_score(model, x, y, cv=folds, scoring="roc_auc")
            for name, model in PIPELINES.items()
        }
    for name, scores in theirs.items():
        assert found[name].value == pytest.approx(scores.mean(), abs=1e-4), name
    against = DownstreamScore(
        target="y", columns=("a", "b", "c"), methods=("indicator",), baseline="mean"
    )
    (gain,) = by_method(against, table()).values()
    difference = theirs["indicator"] - theirs["mean"]
    half = stats.t.ppf(0.975, 14) * np.sqrt(difference.var(ddof=1) * (1 / 15 + 1 / 4))
    assert gain.value == pytest.approx(difference.mean(), abs=1e-4)
    assert gain.high - gain.value == pytest.approx(half, abs=1e-3)
    assert gain.method == "corrected-resampled-t"


def test_what_gaps_tell_is_found():
    asked = DownstreamScore(
        target="y", columns=("a", "b", "c"), methods=("indicator", "median"), baseline="mean"
    )
    found = by_method(asked, table(1500))
    assert found["indicator"].low > 0  # b lacks where y is true
    assert abs(found["median"].value) < 0.02 < found["indicator"].value


def test_a_number_is_scored_by_r2():
    frame = table().assign(y=lambda t: t["a"].fillna(0) * 2 + t["c"])
    rows = in_their_order(frame, "y", "a", "b", "c")
    model = make_pipeline(SimpleImputer(), StandardScaler(), Ridge())
    folds = RepeatedKFold(n_splits=5, n_repeats=3, random_state=0)
    theirs = cross_val_score(model, rows[["a", "b", "c"]], rows["y"], cv=folds, scoring="r2")
    asked = DownstreamScore(target="y", columns=("a", "b", "c"), methods=("mean",))
    assert by_method(asked, frame)["mean"].value == pytest.approx(theirs.mean(), abs=1e-4)


def test_every_way_takes_part_and_they_are_compared_in_pairs():
    frame = table().assign(nth=range(240))
    asked = DownstreamScore(target="y", columns=("a", "b", "c", "town"), order="nth")
    found = by_method(asked, frame)
    assert list(found) == [
        "mean", "median", "mode", "knn", "iterative", "soft_impute", "forward_fill", "indicator",
        "native",
    ]  # fmt: skip
    for e in found.values():
        assert isinstance(e, Measurement)
        assert 0 <= e.low <= e.value <= e.high <= 1
        assert e.n == 240
    (shown,) = evidence(asked, frame)
    assert isinstance(shown, Table)
    assert len(shown.rows) == 9
    assert shown.rows[0][6] == "best"
    assert {row[6] for row in shown.rows[1:]} <= {"worse", "not told apart"}
    assert "worse" in {row[6] for row in shown.rows}
    census = by_method(asked, frame, CENSUS)["mean"]
    assert census.low == census.high == found["mean"].value


def test_a_method_that_does_not_converge_leaves_the_others():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(300, 20)) @ rng.normal(size=(20, 20))
    y = values[:, 0] > 0
    values[rng.random(values.shape) < 0.3] = np.nan
    frame = pd.DataFrame(values, columns=[f"c{i}" for i in range(20)]).assign(y=y)
    asked = DownstreamScore(target="y", methods=("mean", "iterative"))
    found = by_method(asked, frame)
    assert isinstance(found["mean"], Measurement)
    assert isinstance(found["iterative"], Unmeasured)
    assert "iterative imputation did not converge" in found["iterative"].reason
    _, text = evidence(asked, frame)
    assert isinstance(text, Text)
    assert "iterative: iterative imputation did not converge" in text.text
    against = DownstreamScore(target="y", methods=("mean",), baseline="iterative")
    (none,) = by_method(against, frame).values()
    assert "did not converge" in none.reason


def test_a_column_that_lacks_throughout_is_borne():
    frame = table().assign(empty=np.nan, same=1.0)
    asked = DownstreamScore(
        target="y", columns=("a", "b", "empty", "same"), methods=("mean", "knn", "native")
    )
    for e in by_method(asked, frame).values():
        assert isinstance(e, Measurement)
        assert e.value > 0.6


def test_classes_of_few_rows():
    frame = table().assign(y=["rare"] + ["x", "y"] * 119 + ["x"])
    asked = DownstreamScore(target="y", columns=("a", "b"), methods=("mean",))
    found = by_method(asked, frame)["mean"]
    assert found.reason.startswith("class 'rare' has 1 row, fewer than the 10 that 5 folds need")
    one = by_method(asked, frame.assign(y="x"))["mean"]
    assert one.reason == "every row has the target 'x'"
    several = frame.assign(y=["x", "y", "z"] * 80)
    assert by_method(asked, several)["mean"].value == pytest.approx(0.5, abs=0.15)


def test_reasons():
    asked = DownstreamScore(target="y", columns=("a", "b"), methods=("mean",))
    whole = table().fillna({"a": 0.0, "b": 0.0})
    assert "no number lacks" in by_method(asked, whole)["mean"].reason
    assert by_method(asked, table()[:0])["mean"].reason == "there are no rows with a target"
    assert evidence(asked, table()[:0]) == ()
    same = DownstreamScore(target="c", columns=("a",), methods=("mean",))
    assert "same" in by_method(same, table().assign(c=1.0))["mean"].reason
    assert "none of the features" in not_applicable(
        DownstreamScore(target="y", columns=("town",)), table()
    )
    assert "no score of a target" in not_applicable(
        DownstreamScore(target="y", columns=("a",), score="r2"), table()
    )
    assert "no order" in not_applicable(
        DownstreamScore(target="y", columns=("a",), order="town"), table()
    )
    assert "only one" in not_applicable(
        DownstreamScore(target="y", columns=("a",), mechanism="mar"), table()
    )
    assert "no column" in not_applicable(asked, table().drop(columns="a"))
    for wrong, words in (
        ({"methods": ("mean", "mean")}, "different methods"),
        ({"methods": ("mean",), "baseline": "mean"}, "only one"),
        ({"methods": ("forward_fill",)}, "needs `order`"),
        ({"share": 0.0}, "`share` must be"),
        ({"columns": ("y",)}, "feature of itself"),
    ):
        with pytest.raises(ValueError, match=words):
            DownstreamScore(target="y", **wrong)


def test_more_gaps_cost_more():
    frame = table(600)
    lost = {}
    for share in (0.05, 0.5):
        asked = Robustness(target="y", columns=("a", "b", "c"), share=share)
        (lost[share],) = asked.estimate(folded(asked, frame), PROCESS)
    assert lost[0.5].value > lost[0.05].value
    assert lost[0.5].low > 0
    unseen = Robustness(target="y", columns=("a", "b", "c"), gaps_in="test", share=0.5)
    (found,) = unseen.estimate(folded(unseen, frame), PROCESS)
    assert found.low > 0


def test_the_curve_has_every_mechanism():
    asked = Robustness(target="y", columns=("a", "b", "c"))
    chart, shown = evidence(asked, table())
    assert isinstance(chart, Chart)
    points = chart.spec["data"]["values"]
    assert {p["share"] for p in points} == {0.0, 0.05, 0.1, 0.2, 0.3, 0.5}
    assert {p["mechanism"] for p in points} == {"mcar", "mar", "mnar"}
    assert len(shown.rows) == 15
    alone = evidence(Robustness(target="y", columns=("a",)), table())[0]
    assert {p["mechanism"] for p in alone.spec["data"]["values"]} == {"mcar", "mnar"}


def test_robustness_has_reasons():
    asked = Robustness(target="y", columns=("a", "b"))
    (none,) = asked.estimate(folded(asked, table()[:0]), PROCESS)
    assert none.reason == "there are no rows with a target"
    (blank,) = asked.estimate(folded(asked, table().assign(a=np.nan, b=np.nan)), PROCESS)
    assert "known number" in blank.reason
    with pytest.raises(ValueError, match="needs `order`"):
        Robustness(target="y", method="forward_fill")
    with pytest.raises(ValueError, match="`share` must be"):
        Robustness(target="y", share=0.6)


def test_without_scikit_learn_it_says_what_to_install():
    code = """
import sys
sys.modules["sklearn"] = None
from assay.core.errors import MissingExtraError
from assay.metrics.missing.downstream_score import DownstreamScore
try:
    DownstreamScore(target="y").applicable(None)
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'scikit-learn'" in done.stdout
    assert "pip install 'assay[sklearn]'" in done.stdout


def test_rows_that_are_equal_in_the_order_do_not_follow_their_target():
    """Sorted by the target, each would be filled in from a row of its own class."""
    rng = np.random.default_rng(2)
    y = rng.random(600) < 0.5
    frame = pd.DataFrame(
        {"a": np.where(rng.random(600) < 0.3, np.nan, y + 0.3 * rng.normal(size=600))}
    )
    frame = frame.assign(y=y, day=1.0)
    asked = DownstreamScore(
        target="y", columns=("a",), methods=("forward_fill",), baseline="mean", order="day"
    )
    assert by_method(asked, frame)["forward_fill"].high < 0
