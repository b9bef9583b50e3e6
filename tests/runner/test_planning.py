"""Plans of whole suites: pilots, stored runs, slices, families, clusters, and what models take."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import assay
from assay.api.planning import plan
from assay.core.check import GatePolicy, Suite, TableSpec
from assay.core.errors import AssayError, SuiteError
from assay.inference.power import one_proportion
from assay.inference.power.rates import Rates
from assay.subjects.table import table_source


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=2_000)
    return pd.DataFrame(
        {
            "row": np.arange(2_000),
            "x": x,
            "y": np.where(x + rng.normal(size=2_000) > 0, "yes", "no"),
            "side": rng.choice(["left", "right"], 2_000, p=[0.9, 0.1]),
        }
    )


def rule(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    score = 1 / (1 + np.exp(-1.7 * frame["x"].to_numpy()))
    return {"yes": score, "no": 1 - score}


def subjects(frame: pd.DataFrame, **more) -> dict[str, object]:
    model = assay.model(
        rule, task="binary", target="y", positive="yes", features=["x"], batch_size=300, **more
    )
    return {"data": TableSpec(source=table_source(frame, "."), unit="row"), "model": model}


def accuracy(**more):
    return assay.check("classification.accuracy", on="model", data="data", **more)


def test_a_claim_about_the_batch_counts_all_rows(frame):
    found = plan([assay.check("completeness", column="x", at_least=0.9)], on=frame)
    (check,) = found.checks
    assert (check.outlook, check.n_needed, check.rows_on_hand) == ("census", 2_000, 2_000)
    assert found.collections == []


def test_an_effect_needs_no_values(frame):
    found = plan([accuracy(at_least=0.8)], on=subjects(frame), effect=0.03, power=0.9)
    (check,) = found.checks
    rates = Rates(power=0.9)
    wanted = max(one_proportion.needed(0.8, p, rates) for p in (0.77, 0.83))
    assert (check.n_needed, check.n_on_hand) == (wanted, 2_000)
    assert (check.outlook, check.effect, check.level) == ("decides", 0.03, 0.95)


def test_what_cannot_be_decided_is_said_before_a_model_is_called(frame):
    def broken(_frame):
        raise AssertionError("nothing was to be predicted")

    model = assay.model(broken, task="binary", target="y", positive="yes", features=["x"])
    found = plan([accuracy(at_least=0.8, id="a")], on={"data": frame, "model": model}, effect=0.005)
    (check,) = found.checks
    assert check.outlook == "cannot_decide"
    assert check.reason == "Cannot decide: needs about 51,000 rows, has 2,000."
    assert found.undecidable == ["a"]


def test_a_family_is_corrected(frame):
    checks = [accuracy(at_least=0.7, family="f"), accuracy(at_least=0.75, family="f")]
    found = plan(checks, on=subjects(frame), effect=0.03)
    assert [c.level for c in found.checks] == [0.975, 0.975]
    assert [c.together for c in found.checks] == [2, 2]
    suite = Suite(
        name="s", subjects=subjects(frame), checks=tuple(checks),
        gate=GatePolicy(correction="none"),
    )  # fmt: skip
    assert [c.level for c in plan(suite, effect=0.03).checks] == [0.95, 0.95]


def test_slices_are_counted_and_the_hardest_one_is_told(frame):
    found = plan([accuracy(at_least=0.7, by="side")], on=subjects(frame), effect=0.2)
    (check,) = found.checks
    right = int((frame["side"] == "right").sum())
    assert {k.key["side"]: k.n_on_hand for k in check.keys} == {
        "left": 2_000 - right,
        "right": right,
    }
    assert check.n_on_hand == right
    assert check.rows_needed == math.ceil(2_000 * check.n_needed / right)
    assert check.reason.startswith("Decides: side=right (the hardest of 2) needs about ")


def test_a_filter_is_counted(frame):
    found = plan([accuracy(at_least=0.7, where="side = 'right'")], on=subjects(frame), effect=0.1)
    assert found.checks[0].n_on_hand == int((frame["side"] == "right").sum())


def test_a_pilot_tells_how_much_values_vary(frame):
    checks = [
        assay.check("classification.roc_auc", on="model", data="data", at_least=0.8, id="auc"),
        assay.check("classification.recall", on="model", data="data", at_least=0.7, id="recall"),
        assay.check("mean", column="x", between=[-0.2, 0.2], claim="process", id="mean"),
    ]
    found = plan(checks, on=subjects(frame), pilot=400)
    plans = {c.check: c for c in found.checks}
    assert plans["auc"].basis == plans["mean"].basis == "scaling"
    assert plans["recall"].basis == "binomial"
    positives = int((frame["y"] == "yes").sum())
    assert plans["recall"].n_on_hand == pytest.approx(positives, rel=0.1)
    # A mean of unit spread: n = ((1.96 + 0.84) / distance)².
    (mean,) = plans["mean"].keys
    assert mean.value is not None
    distance = 0.2 - abs(mean.value)
    assert plans["mean"].n_needed == pytest.approx((2.8016 / distance) ** 2, rel=0.15)


def test_a_pilot_of_everything_is_the_run_itself(frame):
    checks = [assay.check("classification.brier", on="model", data="data", at_most=0.2, id="b")]
    run = assay.run(checks, on=subjects(frame))
    (measured,) = run.results[0].measurements
    (check,) = plan(checks, on=subjects(frame), pilot=1_000_000).checks
    (key,) = check.keys
    assert (key.value, key.n_on_hand) == (pytest.approx(measured.value), 2_000)


def test_values_of_a_stored_run(frame, tmp_path: Path):
    checks = [
        assay.check("classification.brier", on="model", data="data", at_most=0.2, id="b"),
        assay.check("classification.log_loss", on="model", data="data", at_most=0.6, id="l"),
    ]
    assay.run(checks, on=subjects(frame), home=tmp_path / "h", name="main")
    stricter = [*checks[:1], assay.check("mean", column="x", at_most=9, claim="process", id="l")]
    found = plan(stricter, on=subjects(frame), home=tmp_path / "h", run="main")
    brier, other = found.checks
    assert (brier.outlook, brier.basis) == ("decides", "scaling")
    assert other.outlook == "unknown"  # the id is another check's
    assert found.assumed == "the run 'main'"
    latest = plan(checks, on=subjects(frame), home=tmp_path / "h")
    assert latest.assumed.startswith("the latest run, ")
    assert latest.checks[0].n_needed == brier.n_needed


def test_no_worse_than_is_planned_on_paired_differences(frame, tmp_path: Path):
    assay.run([accuracy(at_least=0.5, id="a")], on=subjects(frame), home=tmp_path, name="main")

    def close(rows: pd.DataFrame) -> dict[str, np.ndarray]:
        score = rule(rows)["yes"] + 0.05 * np.sin(40 * rows["x"].to_numpy())
        return {"yes": score, "no": 1 - score}

    model = assay.model(close, task="binary", target="y", positive="yes", features=["x"])
    on = {**subjects(frame), "model": model}
    check = accuracy(no_worse_than={"baseline": "main", "margin": 0.02}, id="a")
    (paired,) = plan([check], on=on, home=tmp_path, pilot=500).checks
    assert paired.basis == "scaling"
    # Without a unit the pilot's rows are not known to be the baseline's.
    nameless = {**on, "data": TableSpec(source=table_source(frame, "."))}
    (apart,) = plan([check], on=nameless, home=tmp_path, pilot=500).checks
    widths = [key.high - key.low for check in (paired, apart) for key in check.keys]
    assert widths[1] > 3 * widths[0]


def test_whole_clusters_are_drawn(frame):
    clustered = frame.assign(customer=frame["row"] // 10)
    table = TableSpec(source=table_source(clustered, "."), unit="row", cluster="customer")
    checks = [accuracy(at_least=0.7, id="a")]
    (check,) = plan(checks, on={**subjects(frame), "data": table}, pilot=400).checks
    assert check.basis == "scaling"  # the interval is that of clusters, not Wilson's
    (unknown,) = plan(checks, on={**subjects(frame), "data": table}, effect=0.05).checks
    assert unknown.outlook == "unknown"


def test_what_models_take(frame):
    latency = assay.check(
        "inference.latency", on="model", data="data", quantile=0.5, batch_size=2, repeats=100,
        at_most=5,
    )  # fmt: skip
    on = subjects(frame, cost_per_row=0.01, cost_per_call=1.0)
    checks = [accuracy(at_least=0.5, id="a"), latency]
    found = plan(checks, on=on, pilot=200)
    predictions, timed = found.collections
    assert (predictions.all.rows, predictions.all.calls) == (2_000, 7)
    assert predictions.all.cost == pytest.approx(2_000 * 0.01 + 7)
    assert predictions.enough is not None
    assert predictions.enough.rows == found.checks[0].rows_needed
    assert predictions.all.seconds is not None
    assert predictions.enough.seconds == pytest.approx(
        predictions.all.seconds * predictions.enough.rows / 2_000
    )
    warm = timed.all.calls - 100
    assert (timed.all.rows, timed.all.cost) == (
        2 * (100 + warm),
        pytest.approx(1.02 * (100 + warm)),
    )
    assert found.pilot is not None
    assert found.pilot.rows == 200 + 2 * (100 + warm)
    assert found.total is not None
    assert found.total.cost == pytest.approx(predictions.all.cost + timed.all.cost)


def test_without_prices_and_pilot_there_are_no_costs_and_no_time(frame):
    (collection,) = plan([accuracy(at_least=0.5)], on=subjects(frame), effect=0.1).collections
    assert (collection.all.cost, collection.all.seconds) == (None, None)


def test_tables_that_keys_are_looked_up_in_stay_whole(frame):
    keys = pd.DataFrame({"row": np.arange(0, 2_000, 2)})
    check = assay.check(
        "references", foreign_key=["row"], to="keys", key=["row"], at_least=0.3, claim="process",
        id="r",
    )  # fmt: skip
    (found,) = plan([check], on={"data": frame, "keys": keys}, pilot=300).checks
    (key,) = found.keys
    assert key.value == pytest.approx(0.5, abs=0.1)
    assert found.outlook == "decides"


def test_what_has_no_sampling_error_counts_all_rows(frame):
    check = assay.check("uniqueness", key=["side", "x"], at_least=0.9, claim="process")
    (found,) = plan([check], on=frame, pilot=300).checks
    assert (found.outlook, found.rows_needed) == ("census", 2_000)


def test_what_is_not_measured_is_said(frame):
    checks = [
        assay.check("mean", column="nothing", at_least=1, id="none"),
        assay.check("mean", column="x", id="free"),
        assay.check("mean", column="x", one_of=[1, 2], claim="process", id="listed"),
        accuracy(no_worse_than={"baseline": "gone"}, id="base"),
    ]
    found = {c.check: c for c in plan(checks, on=subjects(frame), pilot=100).checks}
    assert "no column 'nothing'" in found["none"].reason
    assert [found[i].outlook for i in ("none", "free", "listed", "base")] == [
        "not_planned", "reported", "cannot_decide", "unknown",
    ]  # fmt: skip
    assert found["base"].reason.startswith("Of a pilot of 100 rows: ")
    assert "no history" in found["base"].reason


def test_a_table_without_rows(frame):
    check = assay.check("mean", column="x", at_least=1, claim="process")
    (found,) = plan([check], on=frame.head(0), pilot=100).checks
    assert (found.outlook, found.reason) == ("not_planned", "The table 'data' has no rows.")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"power": 0.05}, "power must lie between"),
        ({"power": 1.0}, "power must lie between"),
        ({"power": math.nan}, "power must lie between"),
        ({"pilot": 5}, "at least 20 rows"),
        ({"pilot": 100, "run": "main"}, "not from both"),
        ({"run": "main"}, "no history"),
        ({"effect": 0.0}, "above 0"),
        ({"effect": -0.1}, "above 0"),
        ({"effect": math.nan}, "above 0"),
        ({"effect": math.inf}, "above 0"),
        ({"effect": {"acuracy": 0.1}}, "No check is called 'acuracy'. Did you mean 'accuracy'"),
    ],
)
def test_what_cannot_be_asked(frame, more, said):
    with pytest.raises(SuiteError, match=said):
        plan([accuracy(at_least=0.5, id="accuracy")], on=subjects(frame), **more)


def test_a_run_that_is_not_there(frame, tmp_path: Path):
    with pytest.raises(AssayError, match="no history"):
        plan([accuracy(at_least=0.5)], on=subjects(frame), home=tmp_path / "h", run="main")


def test_effects_by_id(frame):
    checks = [accuracy(at_least=0.5, id="a/one"), accuracy(at_least=0.6, id="a/two")]
    found = plan(checks, on=subjects(frame), effect={"a/one": 0.1, "a/*": 0.2})
    assert [c.effect for c in found.checks] == [0.1, 0.2]


def test_a_budget_bounds_the_rows_on_hand(frame):
    from assay.core.check import Budget

    checks = (
        accuracy(at_least=0.7, id="a"),
        assay.check(
            "in_range", column="x", lower=-3, upper=3, at_least=0.9, claim="process", id="x"
        ),
    )  # fmt: skip
    gate = GatePolicy(inconclusive="draw_more", budget=Budget(rows=600))
    suite = Suite(name="s", subjects=subjects(frame), checks=checks, gate=gate)
    for more in ({"effect": 0.1}, {"effect": 0.1, "pilot": 300}):
        found = plan(suite, **more)
        plans = {c.check: c for c in found.checks}
        assert (plans["a"].n_on_hand, plans["a"].rows_on_hand) == (600, 600)
        assert plans["x"].n_on_hand == 2_000
        assert found.collections[0].all.rows == 600
        assert any("budget lets a model be asked about 600 rows" in n for n in found.notes)
