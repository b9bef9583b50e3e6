"""One label of an annotator, one row of a class: answered, with as much as they tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from tests.metrics.data.measuring import PROCESS, estimate, evidence, folded, measure, reason

from assay.core.measurement import Measurement
from assay.inference.proportions import wilson
from assay.metrics.labels.gold_accuracy import GoldAccuracy
from assay.metrics.labels.imbalance import Imbalance
from assay.metrics.ratings.agreement import Agreement


def rated(eve: dict[int, str]) -> pd.DataFrame:
    """Ann and bob rate twenty items; eve those she is given."""
    rng = np.random.default_rng(0)
    truth = rng.choice(["cat", "dog"], 20)
    flip = {"cat": "dog", "dog": "cat"}
    rows = [(i, "ann", truth[i]) for i in range(20)]
    rows += [(i, "bob", flip[truth[i]] if i in (3, 7) else truth[i]) for i in range(20)]
    rows += [(i, "eve", label) for i, label in eve.items()]
    return pd.DataFrame(rows, columns=["item", "rater", "rating"])


def agreement(frame: pd.DataFrame) -> Measurement:
    return measure(Agreement(item="item", rater="rater", rating="rating"), frame)


def test_an_annotator_with_one_label_hardly_moves_the_agreement():
    without = agreement(rated({}))
    with_one = agreement(rated({0: "cat"}))
    assert abs(with_one.value - without.value) < 0.15
    alone = agreement(rated({99: "cat"}))  # an item of her own says nothing
    assert alone.value == without.value


def test_an_annotator_who_always_says_the_same():
    found = agreement(rated(dict.fromkeys(range(20), "cat")))
    assert found.value < agreement(rated({})).value
    one = rated({0: "cat"}).query("rater == 'eve'")
    assert "rat" in reason(Agreement(item="item", rater="rater", rating="rating"), one)


def test_one_label_against_the_gold_is_known_badly():
    one = pd.DataFrame({"label": ["cat"], "gold": ["cat"]})
    found = measure(GoldAccuracy(label="label", gold="gold"), one)
    assert (found.low, found.high) == wilson(1, 1, 0.95)[:2]
    assert found.low < 0.25


def test_a_class_with_one_row_has_a_wide_ratio():
    frame = pd.DataFrame({"y": ["rare"] + ["often"] * 99})
    (found,) = Imbalance(label="y").estimate(folded(Imbalance(label="y"), frame), PROCESS)
    assert found.value == 99
    assert found.low < 20
    assert found.high > 400
    (shown,) = evidence(Imbalance(label="y"), frame)
    assert shown.rows[0][:2] == ["rare", 1]
    assert isinstance(estimate(Imbalance(label="y", classes=("rare", "often")), frame), Measurement)
