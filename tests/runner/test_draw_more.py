"""Observations drawn in rounds: how many, what is decided when, and what needs all rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.api.stored import stored_run
from assay.core.check import Budget, CheckSpec, GatePolicy, ModelSpec, Suite, TableSpec
from assay.core.criterion import AtLeast, AtMost, NoWorseThan
from assay.core.source import Memory
from assay.runner.draw_more import Rounds
from assay.runner.looks import planned

ACCURACY, AUC = "classification.accuracy", "classification.roc_auc"


class Right:
    """Right in nine of ten rows, as the data say; it counts what it is asked."""

    classes_ = np.array(["no", "yes"])
    feature_names_in_ = np.array(["hint"])

    def __init__(self, fail_after: int | None = None) -> None:
        self.asked = 0
        self.fail_after = fail_after

    def predict_proba(self, frame):
        self.asked += len(frame)
        if self.fail_after is not None and self.asked > self.fail_after:
            raise RuntimeError("out of order")
        p = np.asarray(frame["hint"], dtype=float)
        return np.column_stack([1 - p, p])

    def predict(self, frame):
        return self.classes_[(np.asarray(frame["hint"], dtype=float) > 0.5).astype(int)]


def table(n: int = 8000, right: float = 0.9, seed: int = 0, **more) -> pa.Table:
    """The hint is right with this probability; sorted, so that the first rows tell nothing."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.5
    ok = np.sort(rng.random(n) < right)[::-1]  # the wrong ones come last
    hint = np.where(ok == y, 0.9, 0.1) + rng.uniform(-0.05, 0.05, n)
    columns = {"id": np.arange(n), "y": np.where(y, "yes", "no"), "hint": hint}
    return pa.table({**columns, **more})


def check(metric=ACCURACY, criterion=None, **more) -> CheckSpec:
    return CheckSpec(metric=metric, on="m", data="t", criterion=criterion or AtLeast(0.8), **more)


def run(rows, *checks, model=None, budget=None, seed=0, cluster=None, batch=1000, **more):
    model = model or Right()
    spec = ModelSpec(kind="object", instance=model, target="y", positive="yes", batch_size=batch)
    suite = Suite(
        name="draws", checks=checks, seed=seed,
        subjects={"t": TableSpec(source=Memory(rows), unit="id", cluster=cluster), "m": spec},
        gate=GatePolicy(inconclusive="draw_more", budget=budget, **more.pop("gate", {})),
    )  # fmt: skip
    return assay.run(suite, **more), model


def test_a_clear_case_ends_early_and_says_so():
    found, model = run(table(), check())
    (result,) = found.results
    assert result.verdict == "pass"
    assert model.asked == result.drawn.rows == 125
    assert result.reason.endswith("Decided after 125 of 8,000 rows: 98 % saved.")
    assert found.drawn[0].observations == "m@t"
    assert (found.drawn[0].rows, found.drawn[0].of, found.drawn[0].rounds) == (125, 8000, 1)
    assert result.measurements[0].n == 125
    assert result.measurements[0].level > 0.99


def test_the_rows_are_drawn_at_random():
    """All wrong rows come last: a model judged on the first rows would look perfect."""
    found, _ = run(table(), check(criterion=AtLeast(0.95)))
    (result,) = found.results
    assert result.verdict == "fail"
    assert result.drawn.rows < 8000


def test_the_same_seed_draws_the_same_rows():
    first, second, other = (
        run(table(), check(criterion=AtLeast(0.88)), seed=seed)[0].results[0] for seed in (1, 1, 2)
    )
    assert first == second
    assert first.measurements != other.measurements


def test_on_the_bound_all_rows_are_drawn():
    found, model = run(table(3000), check(criterion=AtLeast(0.9)))
    (result,) = found.results
    assert result.verdict == "inconclusive"
    assert model.asked == 3000
    assert found.decision == "block"
    assert found.run.exit_code == 1


def test_checks_end_apart_and_rows_are_predicted_once():
    checks = check(id="far"), check(id="near", criterion=AtLeast(0.885)), check(AUC)
    found, model = run(table(), *checks)
    far, near, area = found.results
    assert far.drawn.rows < near.drawn.rows
    assert model.asked == max(r.drawn.rows for r in found.results)
    assert {r.verdict for r in found.results} == {"pass"}
    assert area.measurements[0].n == area.drawn.rows


def test_a_budget_of_rows():
    found, model = run(table(), check(criterion=AtLeast(0.9)), budget=Budget(rows=1200))
    (result,) = found.results
    assert model.asked == 1200
    assert result.verdict == "inconclusive"
    assert result.reason.endswith("The budget ended after 1,200 of 8,000 rows.")
    assert found.decision == "block"


def test_a_budget_larger_than_the_data():
    _, model = run(table(600), check(criterion=AtLeast(0.9)), budget=Budget(rows=10**9))
    assert model.asked == 600


def test_a_budget_of_seconds_ends_with_a_round():
    class Clock:
        """Each row takes a millisecond."""

        def __call__(self) -> float:
            return model.asked / 1000

    model = Right()
    before = Rounds.__dataclass_fields__["clock"].default
    assert callable(before)
    rounds: list[Rounds] = []
    original = Rounds.run

    def timed(self):
        self.clock = Clock()
        rounds.append(self)
        return original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rounds, "run", timed)
        run(table(), check(criterion=AtLeast(0.9)), model=model, budget=Budget(seconds=1.5))
    assert rounds
    assert model.asked == 1500


def test_one_slice_that_misses_decides():
    n = 8000
    region = np.where(np.arange(n) >= n * 0.8, "bad", "good")  # the wrong rows come last
    found, _ = run(table(region=region), check(by=(("region",),)))
    (result,) = found.results
    assert result.verdict == "fail"
    assert result.drawn.rows < 4000


def test_a_pass_waits_for_the_slice_that_is_rare():
    """Forty rows of eight thousand are a slice that is to be judged: a quarter has ten of them."""
    rare = np.where(np.arange(8000) % 200 == 0, "rare", "common")
    found, model = run(
        table(right=0.99, region=rare), check(criterion=AtLeast(0.6), by=(("region",),))
    )
    (result,) = found.results
    assert result.verdict == "pass"
    assert {m.key["region"] for m in result.measurements} == {"rare", "common"}
    assert model.asked > 4000


def test_a_slice_that_is_always_too_small_holds_nothing_up():
    tiny = np.where(np.arange(8000) < 20, "tiny", "common")
    found, model = run(table(region=tiny), check(by=(("region",),)))
    assert found.results[0].verdict == "pass"
    assert model.asked <= 1000


def test_a_family_is_judged_together_at_each_look():
    checks = [check(id=f"c{i}", family="all", criterion=AtLeast(0.85)) for i in range(5)]
    together, _ = run(table(), *checks)
    alone, _ = run(table(), checks[0])
    assert together.results[0].drawn.rows >= alone.results[0].drawn.rows
    level = together.results[0].measurements[0].level
    assert level > alone.results[0].measurements[0].level


@pytest.mark.parametrize("correction", ["bh", "by", "none"])
def test_other_corrections_end_too(correction):
    checks = [check(id=f"c{i}", family="all", criterion=AtLeast(0.85)) for i in range(5)]
    found, _ = run(table(), *checks, gate={"correction": correction})
    assert {r.verdict for r in found.results} == {"pass"}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (check(AUC, claim="batch", criterion=AtLeast(0.1)), "a statement about these very rows"),
        (
            check(AUC, criterion=AtLeast(0.1), family="f"),
            "judged together with checks of something",
        ),
    ],
)
def test_what_needs_all_rows(other, why):
    on_table = CheckSpec(
        metric="completeness", on="t", params={"column": "y"}, criterion=AtLeast(1), family="f"
    )
    found, model = run(table(1000), check(), other, on_table)
    assert model.asked == 1000
    assert found.drawn == []
    assert why in found.results[0].evidence[0].text
    assert {r.verdict for r in found.results} == {"pass"}


def test_values_that_are_only_reported_stop_with_the_rest():
    found, model = run(table(), check(), check(AUC, criterion=None, severity="info", id="report"))
    reported = next(r for r in found.results if r.id == "report")
    assert model.asked == 125
    assert reported.measurements[0].n == 125


def test_rows_without_a_target_are_not_counted():
    rows = table(4000)
    y = [None if i % 4 == 0 else v for i, v in enumerate(rows["y"].to_pylist())]
    found, model = run(rows.set_column(1, "y", pa.array(y)), check())
    assert found.drawn[0].of == 3000
    assert model.asked == found.drawn[0].rows < 1000


def test_clusters_in_rounds():
    rng = np.random.default_rng(1)
    found, _ = run(table(c=rng.integers(0, 60, 8000)), check(), cluster="c")
    (result,) = found.results
    assert result.measurements[0].method == "cluster-jackknife"
    assert result.verdict == "pass"
    assert result.drawn.rows < 8000


def test_fewer_rows_than_a_look():
    found, model = run(table(60), check(criterion=AtLeast(0.5)))
    assert model.asked == 60
    assert found.results[0].verdict == "pass"
    assert found.results[0].reason.endswith("Decided after 60 of 60 rows.")


def test_no_rows_at_all():
    found, _ = run(table(60)[:0], check())
    assert found.results[0].verdict == "not_applicable"
    assert found.decision == "block"


def test_a_model_that_breaks_between_rounds():
    found, _ = run(table(), check(criterion=AtLeast(0.9)), model=Right(fail_after=600))
    (result,) = found.results
    assert result.verdict == "error"
    assert "out of order" in result.reason


def test_a_metric_that_does_not_apply():
    class Labels:
        def __call__(self, frame):
            return ["yes" if v > 0.5 else "no" for v in frame["hint"]]

    spec = ModelSpec(
        kind="object", instance=Labels(), target="y", positive="yes", features=("hint",)
    )
    suite = Suite(
        name="draws", checks=(check(AUC), check()),
        subjects={"t": TableSpec(source=Memory(table())), "m": spec},
        gate=GatePolicy(inconclusive="draw_more"),
    )  # fmt: skip
    area, accuracy = assay.run(suite).results
    assert area.verdict == "not_applicable"
    assert accuracy.verdict == "pass"
    assert accuracy.drawn.rows < 8000


def test_no_worse_than_a_run_over_all_rows(tmp_path):
    """The baseline has all rows, this run a part: they are paired over that part."""
    rows = table()
    plain = Suite(
        name="draws", checks=(check(),),
        subjects={
            "t": TableSpec(source=Memory(rows), unit="id"),
            "m": ModelSpec(kind="object", instance=Right(), target="y", positive="yes"),
        },
    )  # fmt: skip
    assay.run(plain, home=tmp_path, name="main")
    better = table(right=0.97)
    found, model = run(better, check(criterion=NoWorseThan("main", 0.05)), home=tmp_path)
    (result,) = found.results
    assert result.verdict == "pass"
    assert result.measurements[0].method == "paired-jackknife"
    assert model.asked < 8000


def test_a_metric_whose_bound_is_an_upper_one():
    found, model = run(table(), check("classification.log_loss", criterion=AtMost(1.0)))
    assert found.results[0].verdict == "pass"
    assert model.asked == 125


def test_a_drawn_run_is_kept_and_shown(tmp_path):
    first, _ = run(table(), check(), home=tmp_path)
    stored = stored_run(tmp_path, "latest")
    assert stored.drawn == first.drawn
    parts = list(tmp_path.glob("runs/*/observations/*/part-*.parquet"))
    assert sum(pq.read_metadata(p).num_rows for p in parts) == 125


def test_the_plan_has_the_batches_of_the_model():
    """Rounds are cut into batches as a whole pass is: none is larger than the model takes."""
    sizes: list[int] = []

    class Sized(Right):
        def predict_proba(self, frame):
            sizes.append(len(frame))
            return super().predict_proba(frame)

    run(table(2000), check(criterion=AtLeast(0.9)), model=Sized(), batch=100)
    assert max(sizes) == 100
    assert sum(sizes) == 2000
    assert len(planned(2000)) == 5


def test_a_budget_that_is_none():
    for wrong in ({"rows": 0}, {"rows": -1}, {"seconds": 0.0}, {"seconds": float("nan")}):
        with pytest.raises(ValueError, match="above 0"):
            Budget(**wrong)
