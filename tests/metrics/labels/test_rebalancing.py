"""``labels.rebalancing``, against pipelines of imbalanced-learn that are cross-validated."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from scipy import stats
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.preprocessing import StandardScaler
from tests.metrics.data.measuring import PROCESS, evidence, folded, not_applicable
from threadpoolctl import threadpool_limits

from assay.core.evidence import Table, Text
from assay.core.measurement import Measurement
from assay.metrics.labels.rebalancing import Rebalancing
from assay.metrics.learning.rebalanced import best_cut, scores_of

NAMES = ("a", "b", "c")


def table(n: int = 500, share: float = 0.1, seed: int = 0) -> pd.DataFrame:
    x, y = make_classification(
        n, 3, n_informative=3, n_redundant=0, weights=[1 - share], flip_y=0.05, random_state=seed
    )
    return pd.DataFrame(x, columns=list(NAMES)).assign(y=np.where(y == 1, "sick", "well"))


def by_method(metric, frame):
    return {e.key["method"]: e for e in metric.estimate(folded(metric, frame), PROCESS)}


def logistic(**how) -> tuple[StandardScaler, LogisticRegression]:
    return StandardScaler(), LogisticRegression(max_iter=2000, **how)


THEIRS = {
    "nothing": make_pipeline(*logistic()),
    "class_weight": make_pipeline(*logistic(class_weight="balanced")),
    "over": make_pipeline(RandomOverSampler(random_state=0), *logistic()),
    "under": make_pipeline(RandomUnderSampler(random_state=0), *logistic()),
    "smote": make_pipeline(StandardScaler(), SMOTE(random_state=0), *logistic()),
    "ensemble": BalancedBaggingClassifier(
        make_pipeline(*logistic()), n_estimators=10, random_state=0
    ),
}


def test_gains_are_those_of_pipelines():
    """Resampled inside the folds only, by their own pipelines; two scores, and an interval."""
    frame = table().sort_values(["y", *NAMES], ignore_index=True)
    x, y = frame[list(NAMES)].to_numpy(), (frame["y"] == "sick").to_numpy()
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
    scoring = {
        "average_precision": "average_precision",
        "balanced_accuracy": "balanced_accuracy",
        "brier": "neg_brier_score",
    }
    with threadpool_limits(limits=1):
        theirs = {
            name: cross_validate(model, x, y, cv=folds, scoring=scoring)
            for name, model in THEIRS.items()
        }
    for score in scoring:
        asked = Rebalancing(target="y", columns=NAMES, score=score, methods=tuple(THEIRS)[1:])
        found = by_method(asked, table())
        for name, e in found.items():
            gained = theirs[name][f"test_{score}"] - theirs["nothing"][f"test_{score}"]
            assert e.value == pytest.approx(gained.mean(), abs=5e-4), (name, score)
            half = stats.t.ppf(0.975, 14) * np.sqrt(gained.var(ddof=1) * (1 / 15 + 1 / 4))
            assert e.high - e.value == pytest.approx(half, abs=2e-3)


def test_balance_costs_calibration_and_a_threshold_does_not():
    frame = table(1000, 0.08)
    asked = Rebalancing(target="y", score="brier")
    found = by_method(asked, frame)
    for name in ("class_weight", "over", "under", "smote", "ensemble"):
        assert found[name].high < 0, name
    assert found["threshold"].value == 0
    moved = by_method(Rebalancing(target="y", score="balanced_accuracy"), frame)
    assert moved["threshold"].low > 0
    said, scores, *differences = evidence(asked, frame)
    assert isinstance(said, Text)
    assert "'sick'" in said.text
    assert isinstance(scores, Table)
    rows = {row[0]: row for row in scores.rows}
    truth = float((frame["y"] == "sick").mean())
    assert rows["nothing"][5] == pytest.approx(truth, abs=0.01)
    assert rows["over"][5] > 2 * truth  # predicted far too often
    assert len(differences) == 4
    assert {row[5] for row in differences[3].rows[:5]} == {"worse"}
    assert differences[3].rows[5][5] == "not told apart"


def test_nothing_is_gained_from_noise():
    """Rows repeated before the folds are dealt would be tested on their copies."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=list(NAMES))
    frame["y"] = rng.random(400) < 0.1
    asked = Rebalancing(target="y", methods=("over", "smote"), estimator="boosting")
    for e in by_method(asked, frame).values():
        assert e.low < 0.05
        assert e.value < 0.05


def test_texts_and_gaps_take_part():
    frame = table().assign(town=lambda t: np.where(t["a"] > 0, "x", "y"))
    frame.loc[::7, "a"] = np.nan
    frame.loc[::11, "town"] = None
    for columns in (None, ("town",)):
        for e in by_method(Rebalancing(target="y", columns=columns), frame).values():
            assert isinstance(e, Measurement)


def test_whole_numbers_are_classes_and_one_may_be_named():
    frame = table(600).assign(y=lambda t: np.where(t["y"] == "sick", 2, np.arange(600) % 2))
    rarest = Rebalancing(target="y", methods=("class_weight",), score="g_mean")
    assert by_method(rarest, frame)["class_weight"].low > 0
    assert "are '2'" in evidence(rarest, frame)[0].text
    named = Rebalancing(target="y", methods=("class_weight",), positive="1")
    assert "are '1'" in evidence(named, frame)[0].text
    absent = Rebalancing(target="y", methods=("class_weight",), positive="7")
    assert by_method(absent, frame)["class_weight"].reason == "no row has the class '7'"


def test_a_class_with_one_row():
    asked = Rebalancing(target="y", methods=("smote", "under"))
    one = table(share=0.4).assign(y=["rare"] + ["well"] * 499)
    for e in by_method(asked, one).values():
        assert e.reason.startswith("class 'rare' has 1 row, fewer than the 10")
    assert evidence(asked, one) == ()
    alone = by_method(asked, one.assign(y="well"))["smote"]
    assert alone.reason == "every row has the target 'well'"
    assert by_method(asked, one[:0])["smote"].reason == "there are no rows with a target"


def test_what_cannot_be_asked():
    with pytest.raises(ValueError, match="different methods"):
        Rebalancing(target="y", methods=())
    with pytest.raises(ValueError, match="no classes to balance"):
        Rebalancing(target="y", task="regression")
    assert "no classes" in not_applicable(Rebalancing(target="a"), table())


def test_the_cut_is_where_balanced_accuracy_is_highest():
    rng = np.random.default_rng(4)
    truth = rng.random(300) < 0.2
    p = np.round(1 / (1 + np.exp(-(rng.normal(size=300) + 2 * truth - 2))), 2)  # ties
    false, true, _ = roc_curve(truth, p, drop_intermediate=False)
    highest = ((true + 1 - false) / 2).max()
    assert scores_of(truth, p, best_cut(p, truth))[1] == pytest.approx(highest)
    assert scores_of(truth, p, 0.0)[1:3] == (0.5, 0.0)


def test_without_imbalanced_learn_it_says_what_to_install():
    code = """
import sys
sys.modules["imblearn"] = None
from assay.core.errors import MissingExtraError
from assay.core.schema import ColumnInfo, Schema
from assay.metrics.labels.rebalancing import Rebalancing
schema = Schema((ColumnInfo("x", "float", "DOUBLE"), ColumnInfo("y", "boolean", "BOOLEAN")))
print(Rebalancing(target="y", methods=("class_weight", "threshold")).applicable(schema))
try:
    Rebalancing(target="y").applicable(schema)
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("None\n")
    assert "'imbalanced-learn'" in done.stdout
    assert "pip install 'assay[imbalance]'" in done.stdout
