"""Fairness metrics: fairlearn's figures, and what to say where there is none."""

from __future__ import annotations

import fairlearn.metrics as fl
import numpy as np
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score
from statsmodels.stats.proportion import confint_proportions_2indep
from tests.metrics.observations import Observed

from assay.core.measurement import Measurement, Unmeasured
from assay.metrics.fairness.differences import (
    DemographicParityDifference,
    EqualizedOddsDifference,
    EqualOpportunityDifference,
    PredictiveParityDifference,
)
from assay.metrics.fairness.group_size import GroupSize
from assay.metrics.fairness.ratio import DemographicParityRatio

DISPARITIES = (
    DemographicParityDifference,
    DemographicParityRatio,
    EqualOpportunityDifference,
    EqualizedOddsDifference,
    PredictiveParityDifference,
)


def example(seed: int = 0, n: int = 600, groups: str = "abc"):
    rng = np.random.default_rng(seed)
    group = rng.choice(list(groups), n)
    other = rng.choice(["x", "y"], n)
    y = rng.random(n) < 0.4
    p = rng.random(n) < np.where(y, 0.6, 0.3) + 0.1 * (group == "b")
    return y, p, group, other


def words(flags):
    return np.where(flags, "yes", "no")


def by_fairlearn(y, p, group):
    precision = fl.MetricFrame(
        metrics=precision_score, y_true=y, y_pred=p, sensitive_features=group
    )
    return {
        DemographicParityDifference: fl.demographic_parity_difference(
            y, p, sensitive_features=group
        ),
        DemographicParityRatio: fl.demographic_parity_ratio(y, p, sensitive_features=group),
        EqualOpportunityDifference: fl.equal_opportunity_difference(y, p, sensitive_features=group),
        EqualizedOddsDifference: fl.equalized_odds_difference(y, p, sensitive_features=group),
        PredictiveParityDifference: precision.difference(),
    }


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_agrees_with_fairlearn(seed):
    y, p, group, _ = example(seed)
    seen = Observed(words(y), words(p), group=group)
    for cls, value in by_fairlearn(y, p, group).items():
        found = seen.one(cls(sensitive=("group",)))
        assert found.value == pytest.approx(value, abs=1e-12), cls
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_several_columns_give_each_and_their_crossing():
    y, p, group, other = example(1)
    seen = Observed(words(y), words(p), group=group, other=other)
    crossed = np.char.add(np.char.add(group, " × "), other)
    for cls in DISPARITIES:
        found = seen.by_key(cls(sensitive=("group", "other")), "sensitive")
        assert list(found) == ["group", "other", "group × other"]
        for name, columns in (("group", group), ("other", other), ("group × other", crossed)):
            expected = by_fairlearn(y, p, columns)[cls]
            assert found[name].value == pytest.approx(expected, abs=1e-12)


def test_all_share_one_fold():
    y, p, group, _ = example()
    seen = Observed(words(y), words(p), group=group)
    metrics = [cls(sensitive=("group",)) for cls in (*DISPARITIES, GroupSize)]
    assert len({m.aggregates(seen.schema) for m in metrics}) == 1
    assert {m.columns() for m in metrics} == {("group",)}


def test_two_groups_have_newcombes_interval():
    y, p, group, _ = example(2, groups="ab")
    seen = Observed(words(y), words(p), group=group)
    found = seen.one(DemographicParityDifference(sensitive=("group",)))
    high, low = sorted(("a", "b"), key=lambda g: -p[group == g].mean())
    expected = confint_proportions_2indep(
        int(p[group == high].sum()), int((group == high).sum()),
        int(p[group == low].sum()), int((group == low).sum()),
        method="newcomb", compare="diff",
    )  # fmt: skip
    assert (found.low, found.high) == pytest.approx((max(expected[0], 0), expected[1]), abs=1e-12)


def test_small_groups_are_left_out_and_named():
    y, p, group, _ = example(3, n=300, groups="ab")
    group = group.astype(object)
    group[:5], group[5:7] = "tiny", None
    seen = Observed(words(y), words(p), group=group)
    metric = DemographicParityDifference(sensitive=("group",))
    found, said = seen.all(metric)
    keep = np.arange(300) >= 7
    expected = fl.demographic_parity_difference(
        y[keep], p[keep], sensitive_features=group[keep].astype(str)
    )
    assert isinstance(found, Measurement)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.n == 293
    assert isinstance(said, Unmeasured)
    assert said.reason == (
        "Left out: fewer than 30 rows: 'tiny (5)'; 2 rows have no value of group."
    )
    everyone = seen.all(DemographicParityDifference(sensitive=("group",), min_group=1))
    assert everyone[0].value >= found.value


def test_a_group_without_positives_has_no_true_positive_rate():
    y, p, group, _ = example(4, groups="abc")
    y = y & (group != "c")
    seen = Observed(words(y), words(p), group=group)
    found, said = seen.all(EqualOpportunityDifference(sensitive=("group",)))
    keep = group != "c"
    expected = fl.equal_opportunity_difference(y[keep], p[keep], sensitive_features=group[keep])
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert said.reason == "Left out: no actual positives: 'c'."


def test_the_compared_label_may_be_chosen():
    y, p, group, _ = example(5)
    seen = Observed(words(y), words(p), group=group)
    found = seen.one(DemographicParityRatio(sensitive=("group",), positive="no"))
    expected = fl.demographic_parity_ratio(~y, ~p, sensitive_features=group)
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_several_classes_need_a_label():
    y, p, group, _ = example(6)
    seen = Observed(words(y), words(p), group=group, task="multiclass", labels=("no", "yes"))
    metric = DemographicParityDifference(sensitive=("group",))
    assert "give `positive`" in metric.applicable(seen.schema)
    named = DemographicParityDifference(sensitive=("group",), positive="yes")
    expected = fl.demographic_parity_difference(y, p, sensitive_features=group)
    assert seen.one(named).value == pytest.approx(expected, abs=1e-12)


def test_labels_compare_by_their_text():
    y, p, group, _ = example(7)
    seen = Observed(y.astype(int), p, group=group, labels=("0", "1"), positive="1")
    expected = by_fairlearn(y, p, group)
    for cls in DISPARITIES:
        found = seen.one(cls(sensitive=("group",)))
        assert found.value == pytest.approx(expected[cls], abs=1e-12)


def test_nothing_to_compare_has_a_reason():
    y, p, group, _ = example(8)
    one = Observed(words(y), words(p), group=["a"] * len(y))
    for cls in DISPARITIES:
        assert "two groups are needed" in one.reason(cls(sensitive=("group",)))
    never = Observed(words(y), ["no"] * len(y), group=group)
    assert "0 / 0" in never.reason(DemographicParityRatio(sensitive=("group",)))
    assert never.one(DemographicParityDifference(sensitive=("group",))).value == 0
    silent = Observed(words(y), [None, *words(p)[1:]], group=group)
    assert "no label for 1 rows" in silent.reason(DemographicParityDifference(sensitive=("group",)))


def test_selection_needs_no_target():
    y, p, group, _ = example(9)
    truth = words(y).astype(object)
    truth[::2] = None
    seen = Observed(truth, words(p), group=group)
    found = seen.one(DemographicParityDifference(sensitive=("group",)))
    expected = fl.demographic_parity_difference(y, p, sensitive_features=group)
    assert found.value == pytest.approx(expected, abs=1e-12)
    odds = seen.one(EqualizedOddsDifference(sensitive=("group",)))
    half = slice(1, None, 2)
    expected = fl.equalized_odds_difference(y[half], p[half], sensitive_features=group[half])
    assert odds.value == pytest.approx(expected, abs=1e-12)


def test_group_sizes():
    y, p, group, other = example(10)
    seen = Observed(words(y), words(p), group=group, other=other)
    found = seen.all(GroupSize(sensitive=("group", "other")))
    sizes = {(m.key["sensitive"], m.key["group"]): (m.value, m.unit) for m in found}
    assert sizes["group", "a"] == ((group == "a").sum(), "rows")
    assert sizes["group × other", "b × y"] == (((group == "b") & (other == "y")).sum(), "rows")
    assert len(sizes) == 3 + 2 + 6


def test_evidence_has_the_rates_and_draws():
    y, p, group, other = example(11)
    seen = Observed(words(y), words(p), group=group, other=other)
    shown = seen.evidence(EqualizedOddsDifference(sensitive=("group", "other")))
    assert len(shown) == 3 * 2 * 2  # breakdowns, kinds of rate, table and chart
    table, chart = shown[:2]
    rates = {row[0]: row[1] for row in table.rows}
    expected = {g: p[(group == g) & y].mean() for g in "abc"}
    assert rates == pytest.approx(expected, abs=1e-5)
    assert chart.alt.startswith("True positive rate with 95 % intervals by group: from")
    assert vl_convert.vegalite_to_svg(chart.spec).startswith("<svg")


def test_many_groups_show_the_ends():
    rng = np.random.default_rng(0)
    group = np.repeat([f"g{i:03}" for i in range(120)], 40)
    p = rng.random(len(group)) < 0.5
    seen = Observed(words(p), words(p), group=group)
    table, _ = seen.evidence(DemographicParityDifference(sensitive=("group",)))
    assert "50 of 120 groups" in table.title
    shown = [row[1] for row in table.rows]
    rates = [p[group == g].mean() for g in np.unique(group)]
    assert (min(shown), max(shown)) == pytest.approx((min(rates), max(rates)), abs=1e-5)
