"""Performance under drift through whole runs: a model, a reference with labels, current rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit
from scipy.stats import t

import assay
from assay.core.check import CheckSpec, Suite, TableSpec
from assay.core.evidence import Chart, Table, Text
from assay.core.source import Memory

FEATURES = ("x", "z", "town")


def rows(n: int, seed: int, *, shift: float = 0.0, concept: float = 1.0) -> pd.DataFrame:
    """``x`` moves by ``shift``; what it means for the outcome is multiplied by ``concept``."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(shift, 1, n), "z": rng.normal(0, 1, n)})
    frame["town"] = rng.choice(["Ghent", "Lyon", "Graz"], n)
    logit = 1.5 * concept * frame["x"] + 0.5 * frame["z"] - 1
    frame["y"] = np.where(rng.random(n) < expit(logit), "yes", "no")
    frame["amount"] = frame["x"] * concept + rng.normal(0, 1, n) * (1 + 0.3 * np.abs(frame["x"]))
    frame["group"] = rng.choice(["a", "b"], n)
    return frame


class Counting:
    """A classifier that counts what it is asked."""

    def __init__(self) -> None:
        self.rows = 0

    def __call__(self, frame: pd.DataFrame) -> dict[str, np.ndarray]:
        self.rows += len(frame)
        p = expit(1.2 * frame["x"] + 0.5 * frame["z"] - 0.8).to_numpy()
        return {"no": 1 - p, "yes": p}


def run(checks, current, reference, *, model=None, **more):
    model = model or assay.model(
        Counting(), task="binary", target="y", positive="yes", features=FEATURES
    )
    return assay.run(checks, on={"new": current, "old": reference, "m": model, **more})


def check(metric, **given):
    given = {"severity": "info", "id": "it", **given}
    return assay.check(f"drift.{metric}", on="m", data="new", against="old", **given)


def one(metric, current, reference, **given):
    result = run([check(metric, **given)], current, reference).result("it")
    (found,) = result.measurements
    return found


def reason(metric, current, reference, **given):
    result = run([check(metric, **given)], current, reference).result("it")
    assert result.verdict == "not_applicable", result.reason
    return " ".join([result.reason, *(u.reason for u in result.unmeasured)])


OLD = rows(3000, 1)
SHIFTED = rows(2500, 2, shift=0.8)
CONCEPT = rows(2500, 3, concept=0.2)


def of_days(days: int, seed: int, *, shift: float = 0.0) -> pd.DataFrame:
    """Forty rows or so of each day, with outcomes that days have in common."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(days, size=40 * days))
    frame = rows(len(day), seed, shift=shift)
    logit = 1.5 * frame["x"] + 0.5 * frame["z"] - 1 + rng.normal(0, 1.5, days)[day]
    frame["y"] = np.where(rng.random(len(day)) < expit(logit), "yes", "no")
    return frame.assign(day=[f"d{i}" for i in day])


def by_day(metric, current, reference, *, cluster=(None, "day"), **given):
    """Measurement with rows, then days, as independent."""
    found = []
    model = assay.model(Counting(), task="binary", target="y", positive="yes", features=FEATURES)
    spec = CheckSpec(
        metric=f"drift.{metric}", on="m", data="new", against="old", params=given, severity="info"
    )
    for column in cluster:
        tables = {
            name: TableSpec(source=Memory(frame), cluster=column)
            for name, frame in (("new", current), ("old", reference))
        }
        suite = Suite(name="days", subjects={**tables, "m": model}, checks=(spec,))
        [result] = assay.run(suite).results
        found += result.measurements or [result.unmeasured[0].reason]
    return found


def test_days_take_the_place_of_rows():
    """The change of a mean has the clustered error of statsmodels on each side."""
    old, new = of_days(30, 1), of_days(20, 2, shift=0.8)
    independent, clustered = by_day("impact", new, old, part="change")
    assert clustered.value == pytest.approx(independent.value, abs=1e-12)
    variance = 0.0
    groups = []
    for frame in (old, new):
        right = (Counting()(frame)["yes"] >= 0.5) == (frame["y"] == "yes")
        codes = frame["day"].astype("category").cat.codes
        fit = sm.OLS(right.astype(float), np.ones(len(frame))).fit(
            cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
        )
        sizes = codes.value_counts()
        g = len(sizes)
        variance += fit.bse.iloc[0] ** 2 * g / (g - 1)
        groups.append(1 / ((sizes / sizes.sum()) ** 2).sum())
    half = t.ppf(0.975, min(groups) - 1) * variance**0.5
    # rows of a side have n / (n - 1) in their variance beside
    assert clustered.high - clustered.value == pytest.approx(half, rel=2e-3)
    assert half > 1.15 * (independent.high - independent.value)


@pytest.mark.parametrize(
    ("metric", "given"),
    [
        ("impact", {"part": "explained"}),
        ("impact", {"part": "rest", "score": "brier"}),
        ("reweighted_performance", {"score": "accuracy"}),
        ("reweighted_performance", {"score": "roc_auc"}),
        ("estimated_performance", {"score": "accuracy"}),
        ("estimated_performance", {"score": "roc_auc"}),
    ],
)
def test_every_interval_goes_by_days_where_they_are_declared(metric, given):
    old, new = of_days(30, 1), of_days(20, 2, shift=0.8)
    independent, clustered = by_day(metric, new, old, **given)
    assert clustered.value == pytest.approx(independent.value, abs=1e-9)
    assert clustered.method == independent.method
    assert clustered.high - clustered.low > 1.05 * (independent.high - independent.low)
    # each row a day of its own: as if rows were independent, but for Student's t
    alone = [frame.assign(day=np.arange(len(frame))).astype({"day": str}) for frame in (new, old)]
    [own] = by_day(metric, *alone, cluster=("day",), **given)
    ratio = (own.high - own.low) / (independent.high - independent.low)
    assert ratio == pytest.approx(1, abs=0.35)  # a thousand days are drawn in groups of some fifty


@pytest.mark.parametrize("metric", ["impact", "reweighted_performance", "estimated_performance"])
def test_one_day_says_nothing_of_days(metric):
    old, new = of_days(30, 1), of_days(20, 2).assign(day="same")
    [why] = by_day(metric, new, old, cluster=("day",))
    assert why == "all rows of the table are of one cluster: nothing is known of how they differ"


def accuracy(frame: pd.DataFrame) -> float:
    return float(np.mean((Counting()(frame)["yes"] >= 0.5) == (frame["y"] == "yes")))


@pytest.mark.parametrize("metric", ["estimated_performance", "reweighted_performance"])
def test_performance_without_labels_holds_the_truth(metric):
    truth = accuracy(rows(200_000, 9, shift=0.8))
    found = one(metric, SHIFTED.drop(columns="y"), OLD)
    assert found.low < truth < found.high
    assert found.value == pytest.approx(truth, abs=0.02)
    assert found.n == 2500


def test_a_shift_is_explained():
    parts = {p: one("impact", SHIFTED, OLD, part=p) for p in ("explained", "rest", "change")}
    truth = accuracy(rows(200_000, 9, shift=0.8)) - accuracy(rows(200_000, 8))
    assert truth < -0.01  # there are fewer clear cases
    assert parts["explained"].low < truth < parts["explained"].high
    assert parts["explained"].high < 0
    assert parts["rest"].low < 0 < parts["rest"].high
    assert parts["explained"].value + parts["rest"].value == pytest.approx(parts["change"].value)
    assert parts["change"].value == pytest.approx(accuracy(SHIFTED) - accuracy(OLD))


def test_concept_drift_is_the_rest():
    parts = {p: one("impact", CONCEPT, OLD, part=p) for p in ("explained", "rest", "change")}
    assert parts["explained"].low < 0 < parts["explained"].high
    assert abs(parts["explained"].value) < 0.02
    assert parts["rest"].high < -0.05
    # without labels nothing of it is seen
    for metric in ("estimated_performance", "reweighted_performance"):
        assert one(metric, CONCEPT, OLD).value > accuracy(CONCEPT) + 0.08


def test_label_shift_is_partly_explained():
    """More positives of the same kind: the inputs move, and so do outcomes given the inputs."""
    pool = rows(20_000, 5)
    positive = pool["y"] == "yes"
    new = pd.concat([pool[positive][:2200], pool[~positive][:300]], ignore_index=True)
    parts = {p: one("impact", new, OLD, part=p) for p in ("explained", "rest")}
    assert parts["explained"].high < 0
    assert not parts["rest"].low < 0 < parts["rest"].high


def test_the_column_that_moved_comes_first():
    run_ = run([check("impact", part="columns")], SHIFTED, OLD)
    found = run_.result("it").measurements
    assert found[0].key == {"column": "x"}
    assert {m.key["column"] for m in found} == set(FEATURES)
    assert found[0].high < 0
    assert all(m.low < 0 < m.high for m in found[1:])


def test_evidence_tells_parts_and_columns():
    result = run([check("impact")], SHIFTED, OLD).result("it")
    parts, columns = (e for e in result.evidence if isinstance(e, Table))
    assert [row[0] for row in parts.rows] == [
        "on the reference", "on the reference, weighted like the current rows",
        "on the current rows", "change", "of it explained by moved columns", "of it the rest",
    ]  # fmt: skip
    assert columns.rows[0][0] == "x"
    assert any(isinstance(e, Chart) for e in result.evidence)
    said = next(e for e in result.evidence if isinstance(e, Text) and "weights" in e.title)
    assert "are worth" in said.text
    unlabelled = run([check("impact")], SHIFTED.drop(columns="y"), OLD).result("it")
    assert "no current row has a label" in unlabelled.evidence[1].title


def test_without_labels_only_the_explained_part_is_known():
    new = SHIFTED.drop(columns="y")
    assert one("impact", new, OLD).value == pytest.approx(one("impact", SHIFTED, OLD).value)
    assert "needs them" in reason("impact", new, OLD, part="rest")


@pytest.mark.parametrize("score", ["mae", "rmse"])
def test_numbers(score):
    def predict(frame):
        return frame["x"].to_numpy()

    model = assay.model(predict, task="regression", target="amount", features=("x", "z"))
    checks = [
        check("impact", score=score, part=part, id=part) for part in ("explained", "rest", "change")
    ]
    checks.append(check("reweighted_performance", score=score, id="level"))
    found = run(checks, SHIFTED, OLD, model=model)
    values = {r.id: r.measurements[0] for r in found.results}
    assert values["explained"].low > 0  # errors grow with |x|
    assert values["rest"].low < 0 < values["rest"].high
    gap = (SHIFTED["amount"] - SHIFTED["x"]).abs()
    truth = gap.mean() if score == "mae" else np.sqrt((gap**2).mean())
    assert values["level"].low < truth < values["level"].high


def test_more_than_two_classes():
    def softmax(frame):
        logits = np.column_stack([frame["x"], frame["z"], -frame["x"]])
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return {name: p[:, i] for i, name in enumerate("abc")}

    def labelled(n, seed, shift):
        frame = rows(n, seed, shift=shift)
        p = np.column_stack(list(softmax(frame).values()))
        u = np.random.default_rng(seed).random(n)[:, None]
        frame["k"] = np.array(list("abc"))[(u > p.cumsum(axis=1)).sum(axis=1)]
        return frame

    model = assay.model(softmax, task="multiclass", target="k", features=("x", "z"))
    old, new = labelled(2000, 1, 0.0), labelled(1500, 2, 1.0)
    many = labelled(100_000, 3, 1.0)
    p = np.column_stack(list(softmax(many).values()))
    truth = np.mean(np.array(list("abc"))[p.argmax(axis=1)] == many["k"])
    checks = [
        check("estimated_performance", id="estimated"),
        check("reweighted_performance", id="weighted"),
        check("impact", score="log_loss", id="loss"),
        check("estimated_performance", score="f1", id="f1"),
    ]
    found = run(checks, new.drop(columns="k"), old, model=model)
    for name in ("estimated", "weighted"):
        (m,) = found.result(name).measurements
        assert m.low < truth < m.high
    assert found.result("loss").measurements[0].high < 0
    assert "two classes only" in found.result("f1").reason


def test_each_row_is_predicted_once():
    model = Counting()
    partly = SHIFTED.copy()
    partly.loc[::3, "y"] = None
    checks = [
        check("estimated_performance", id="a"),
        check("reweighted_performance", id="b", score="roc_auc"),
        check("impact", id="c"),
        assay.check("classification.accuracy", on="m", data="new", at_least=0.5, id="new"),
        assay.check("classification.accuracy", on="m", data="old", at_least=0.5, id="old"),
    ]
    found = run(
        checks, partly, OLD,
        model=assay.model(model, task="binary", target="y", positive="yes", features=FEATURES),
    )  # fmt: skip
    assert model.rows == len(SHIFTED) + len(OLD)
    assert found.result("a").measurements[0].n == 2500
    assert found.result("c").measurements[0].n == partly["y"].notna().sum()
    # what others measure is not changed by the rows without a target
    assert found.result("new").measurements[0].n == partly["y"].notna().sum()
    assert found.result("old").measurements[0].value == pytest.approx(accuracy(OLD))


def test_a_check_that_needs_labels_says_so_beside_one_that_does_not():
    checks = [
        check("estimated_performance"),
        assay.check("classification.accuracy", on="m", data="new", at_least=0.5, id="blind"),
    ]
    found = run(checks, SHIFTED.drop(columns="y"), OLD)
    assert found.result("it").measurements
    assert found.result("blind").verdict == "error"
    assert "has no column 'y'" in found.result("blind").reason


def test_a_reference_without_labels_is_an_error():
    found = run([check("impact")], SHIFTED, OLD.drop(columns="y"))
    assert found.result("it").verdict == "error"
    assert "has no column 'y'" in found.result("it").reason


def test_slices_have_references_of_their_own():
    found = run([check("impact", by=["group"])], SHIFTED, OLD).result("it")
    assert [m.key["group"] for m in found.measurements] == ["a", "b"]
    part = {g: one("impact", SHIFTED[SHIFTED.group == g], OLD[OLD.group == g]) for g in "ab"}
    for m in found.measurements:
        assert m.value == pytest.approx(part[m.key["group"]].value)


def test_columns_that_are_named_take_the_features_place():
    by_group = one("impact", SHIFTED, OLD, columns=["group"])
    assert by_group.value == pytest.approx(one("impact", SHIFTED, OLD).value, abs=0.02)
    broken = run([check("impact", columns=["nope"])], SHIFTED, OLD).result("it")
    assert broken.verdict == "error"
    assert "no column 'nope'" in broken.reason


def test_a_column_the_reference_knows_nothing_of_is_left_out():
    new = SHIFTED.assign(town="Wien")
    result = run([check("impact")], new, OLD).result("it")
    said = next(e for e in result.evidence if isinstance(e, Text) and "weights" in e.title)
    assert "Not weighted by 'town': 100 % of the rows have values the reference lacks" in said.text
    ranked = run([check("impact", part="columns")], new, OLD).result("it")
    assert {m.key["column"] for m in ranked.measurements} == {"x", "z"}
    assert ranked.unmeasured[0].key == {"column": "town"}


def test_nothing_alike_is_not_estimated():
    far = rows(400, 4, shift=6.0)
    for metric in ("impact", "reweighted_performance"):
        assert "output is outside the reference's range" in reason(metric, far, OLD)
    assert "outside the range" in reason("estimated_performance", rows(400, 4, shift=12.0), OLD)


def test_bad_input_gets_a_reason():
    assert "fewer than 30" in reason("impact", SHIFTED[:10], OLD)
    assert "fewer than 30" in reason("estimated_performance", SHIFTED, OLD[:10])
    assert "too few to calibrate" in reason("estimated_performance", SHIFTED, OLD[OLD.y == "no"])
    assert "estimate" in reason("impact", SHIFTED, OLD, claim="batch")
    assert "a class, not a number" in reason("impact", SHIFTED, OLD, score="mae")

    def labels_only(frame):
        return np.where(frame["x"] > 0, "yes", "no")

    model = assay.model(labels_only, task="binary", target="y", positive="yes", features=FEATURES)
    checks = [check("estimated_performance"), check("impact", id="impact")]
    found = run(checks, SHIFTED, OLD, model=model)
    assert "labels only" in found.result("it").reason
    assert found.result("impact").measurements

    def broken(frame):
        p = np.where(frame["x"] > 2, np.nan, 0.5)
        return {"no": 1 - p, "yes": p}

    model = assay.model(broken, task="binary", target="y", positive="yes", features=FEATURES)
    found = run([check("estimated_performance")], SHIFTED, OLD, model=model)
    assert found.result("it").verdict == "error"
    assert "NaN" in found.result("it").reason


def test_a_model_that_is_always_right_has_an_interval():
    old, new = OLD.assign(y="no"), SHIFTED.assign(y="no")

    def never(frame):
        return ["no"] * len(frame)

    model = assay.model(never, task="binary", target="y", positive="yes", features=FEATURES)
    (m,) = run([check("impact")], new, old, model=model).result("it").measurements
    assert m.value == 0
    assert m.low < 0 < m.high
    assert m.method == "newcombe"
