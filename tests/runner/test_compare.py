"""Comparing runs: paired where units allow, honest where they do not."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from tests.runner.kept_runs import (
    BINARY,
    REGRESSION,
    binary_table,
    check,
    keep,
    measure,
    regression_table,
    result,
    stored,
)

from assay.core.comparison import Comparison
from assay.core.criterion import NoWorseThan
from assay.core.schema import UNIT
from assay.core.source import Files
from assay.engines.duckdb import DuckDBEngine
from assay.inference import paired
from assay.runner.compare import Side, baseline_gaps, compare
from assay.runner.leave_out import Question
from assay.runner.pairing import GROUP, Pair, Unpaired, pair_up

AUC, ACCURACY = "classification.roc_auc", "classification.accuracy"


@pytest.fixture
def engine():
    with DuckDBEngine() as engine:
        yield engine


def scores(n: int, seed: int = 0):
    """Truth, and the scores of two models that share most of their errors."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.35
    common = rng.normal(size=n) + 1.6 * y
    a = 1 / (1 + np.exp(0.8 - common - 0.25 * rng.normal(size=n)))
    b = 1 / (1 + np.exp(0.8 - common - 0.25 * rng.normal(size=n)))
    return y, a, b


def only(comparison: Comparison):
    assert len(comparison.differences) == 1, comparison
    return comparison.differences[0]


def two(engine, tmp_path, table_a, table_b, checks, prediction=BINARY, **more):
    a = measure(engine, tmp_path, table_a, prediction, checks, run_id="a", **more)
    b = measure(engine, tmp_path, table_b, prediction, checks, run_id="b", **more)
    return a, b


def test_paired_accuracy_of_few_rows_is_the_paired_t_interval(engine, tmp_path, monkeypatch):
    from statsmodels.stats.weightstats import DescrStatsW

    monkeypatch.setattr(paired, "PSEUDO_UNITS", 0)
    y, s, _ = scores(48)
    t = s.copy()
    t[:6] = 1 - t[:6]
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(y, t), [check(ACCURACY)])
    found = only(compare(a.side, b.side, engine))
    d = ((t >= 0.5) == y).astype(float) - ((s >= 0.5) == y)
    low, high = DescrStatsW(d).tconfint_mean()
    assert found.paired
    assert found.n_common == 48
    assert found.difference.value == pytest.approx(d.mean())
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high), rel=1e-9)


def test_paired_accuracy_agrees_with_mcnemar(engine, tmp_path):
    y, s, t = scores(4000, seed=3)
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(y, t), [check(ACCURACY)])
    found = only(compare(a.side, b.side, engine))
    right_a, right_b = (s >= 0.5) == y, (t >= 0.5) == y
    table = [[(right_a == i).astype(int) @ (right_b == j) for j in (1, 0)] for i in (1, 0)]
    z = math.sqrt(mcnemar(table, exact=False, correction=False).statistic)
    half = (found.difference.high - found.difference.low) / 2
    se = half / 2.0096  # t of 49 degrees of freedom
    assert abs(found.difference.value) / se == pytest.approx(z, rel=0.25)  # 50 groups: sd 10 %
    unpaired = only(compare(Side(a.side.run, {}), Side(b.side.run, {}), engine))
    assert unpaired.difference.high - unpaired.difference.low > 2.5 * half


def delong_paired_se(y, a, b) -> float:
    """DeLong, DeLong & Clarke-Pearson (1988), by brute force over all pairs."""

    def components(score):
        beats = (score[y][:, None] > score[~y]) + 0.5 * (score[y][:, None] == score[~y])
        return beats.mean(1), beats.mean(0)

    (p_a, q_a), (p_b, q_b) = components(a), components(b)
    return math.sqrt((p_b - p_a).var(ddof=1) / y.sum() + (q_b - q_a).var(ddof=1) / (~y).sum())


def test_delete_one_of_auc_is_paired_delong(monkeypatch):
    """With groups of one unit: the jackknife of a U statistic is DeLong's to O(1/n)."""
    monkeypatch.setattr(paired, "PSEUDO_UNITS", 0)
    y, s, t = scores(240, seed=5)
    keepers = [np.arange(240) != i for i in range(240)]
    left_a, left_b = (np.array([roc_auc_score(y[k], x[k]) for k in keepers]) for x in (s, t))
    found = paired.paired_difference(
        roc_auc_score(y, s), roc_auc_score(y, t), left_a, left_b, np.ones(240, dtype=int)
    )
    assert found is not None
    assert math.sqrt(found.variance) == pytest.approx(delong_paired_se(y, s, t), rel=0.02)


def test_paired_auc_through_the_engine(engine, tmp_path):
    y, s, t = scores(1000, seed=6)
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(y, t), [check(AUC)])
    found = only(compare(a.side, b.side, engine))
    assert found.difference.value == pytest.approx(roc_auc_score(y, t) - roc_auc_score(y, s))
    half = (found.difference.high - found.difference.low) / 2
    assert half == pytest.approx(2.0096 * delong_paired_se(y, s, t), rel=0.25)
    assert found.difference.method == "paired-jackknife"


def test_slices_are_paired_each(engine, tmp_path):
    y, s, t = scores(600, seed=7)
    group = np.where(np.arange(600) % 3 == 0, "x", None)
    checks = [check(ACCURACY, by=(("g",), ("g", "h")))]
    tables = [binary_table(y, x, g=group, h=np.arange(600) % 2) for x in (s, t)]
    a, b = two(engine, tmp_path, *tables, checks)
    found = {tuple(d.key.items()): d for d in compare(a.side, b.side, engine).differences}
    assert len(found) == 6
    d = ((t >= 0.5) == y).astype(float) - ((s >= 0.5) == y)
    x = group == "x"
    assert found[("g", "x"),].difference.value == pytest.approx(d[x].mean())
    assert found[("g", "x"),].n_common == 200
    assert found[("g", "null"),].difference.value == pytest.approx(d[~x].mean())
    crossed = x & (np.arange(600) % 2 == 1)
    assert found[("g", "x"), ("h", "1")].difference.value == pytest.approx(d[crossed].mean())
    assert all(f.paired for f in found.values())


def test_filtered_rows(engine, tmp_path):
    y, s, t = scores(400, seed=8)
    h = np.arange(400)
    tables = [binary_table(y, x, h=h) for x in (s, t)]
    a, b = two(engine, tmp_path, *tables, [check(ACCURACY, where="h >= 100")])
    found = only(compare(a.side, b.side, engine))
    d = ((t >= 0.5) == y).astype(float) - ((s >= 0.5) == y)
    assert found.difference.value == pytest.approx(d[100:].mean())
    assert found.n_common == 300


def test_regression_has_the_other_direction(engine, tmp_path):
    rng = np.random.default_rng(9)
    y = rng.normal(10, 3, 500)
    error = rng.normal(size=500)
    checks = [check("regression.rmse"), check("regression.mean_error")]
    tables = regression_table(y, y + error), regression_table(y, y + 1.3 * error + 0.5)
    a, b = two(engine, tmp_path, *tables, checks, REGRESSION)
    rmse, bias = compare(a.side, b.side, engine).differences
    expected = math.sqrt(((1.3 * error + 0.5) ** 2).mean()) - math.sqrt((error**2).mean())
    assert rmse.difference.value == pytest.approx(expected)
    assert rmse.verdict == "worse"
    assert bias.verdict == "changed"
    back = compare(b.side, a.side, engine).differences
    assert [d.verdict for d in back] == ["better", "changed"]
    assert back[0].difference.value == pytest.approx(-expected)


def test_the_order_of_rows_does_not_matter(engine, tmp_path):
    y, s, t = scores(500, seed=10)
    order = np.random.default_rng(0).permutation(500)
    table = binary_table(y, t)
    a, b = two(engine, tmp_path, binary_table(y, s), table, [check(AUC)])
    c = measure(engine, tmp_path, table.take(pa.array(order)), BINARY, [check(AUC)], run_id="c")
    first = only(compare(a.side, b.side, engine)).difference
    second = only(compare(a.side, c.side, engine)).difference
    assert (second.value, second.low, second.high) == pytest.approx(
        (first.value, first.low, first.high), rel=1e-9
    )


def test_units_of_another_type_still_meet(engine, tmp_path):
    y, s, t = scores(300, seed=11)
    other = binary_table(y, t, units=[str(i) for i in range(300)])
    a, b = two(engine, tmp_path, binary_table(y, s), other, [check(ACCURACY)])
    assert only(compare(a.side, b.side, engine)).n_common == 300


@pytest.mark.parametrize(("shift", "expected"), [(20, 380), (41, None), (400, None)])
def test_units_on_one_side_only(engine, tmp_path, shift, expected):
    y, s, t = scores(800, seed=12)
    tables = (
        binary_table(y[:400], s[:400], units=np.arange(400)),
        binary_table(y[shift:][:400], t[shift:][:400], units=np.arange(400) + shift),
    )
    a, b = two(engine, tmp_path, *tables, [check(ACCURACY)])
    comparison = compare(a.side, b.side, engine)
    found = only(comparison)
    assert found.n_common == expected
    assert found.paired == (expected is not None)
    notes = " ".join(comparison.notes)
    if expected:
        assert "paired over the 380 rows that both runs have" in notes
    else:
        assert f"only {(400 - shift) / 4:.0f} % of the rows are in both runs" in notes
        assert found.difference.method == "mover"


def test_row_numbers_of_other_rows_are_not_taken_for_the_same(engine, tmp_path):
    (y, s, _), (z, _, t) = scores(400, seed=13), scores(400, seed=14)
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(z, t), [check(ACCURACY)])
    comparison = compare(a.side, b.side, engine)
    assert not only(comparison).paired
    assert "rows of the same id have different targets" in " ".join(comparison.notes)


def test_repeated_units_are_not_paired(engine, tmp_path):
    y, s, t = scores(300, seed=15)
    units = np.arange(300) // 2
    tables = [binary_table(y, x, units=units) for x in (s, t)]
    a, b = two(engine, tmp_path, *tables, [check(ACCURACY)])
    comparison = compare(a.side, b.side, engine)
    assert not only(comparison).paired
    assert "unit ids are missing or not unique" in " ".join(comparison.notes)


def test_no_rows(engine, tmp_path):
    y, s, t = scores(60, seed=16)
    whole, none = binary_table(y, s), binary_table(y, t)[:0]
    a, b = (
        keep(tmp_path / name, table, BINARY, signature=name)
        for name, table in (("a", whole), ("b", none))
    )
    assert pair_up(engine, a, b) == Unpaired("one run has no rows")


def test_predictions_that_are_not_whole(engine, tmp_path):
    y, s, t = scores(60, seed=16)
    a = keep(tmp_path / "a", binary_table(y, s), BINARY, signature="a")
    b = keep(tmp_path / "b", binary_table(y, t), BINARY, signature="b")
    cut = Files(b.paths[:1], "parquet")
    assert isinstance(pair_up(engine, a, cut), Unpaired)
    (tmp_path / "b" / "manifest.json").unlink()
    assert isinstance(pair_up(engine, a, b), Unpaired)


def test_groups_are_even_and_the_same_on_both_sides(engine, tmp_path):
    y, s, t = scores(1010, seed=17)
    a = keep(tmp_path / "a", binary_table(y, s), BINARY, signature="a")
    b = keep(tmp_path / "b", binary_table(y, t)[::-1], BINARY, signature="b")
    pair = pair_up(engine, a, b)
    assert isinstance(pair, Pair)
    sides = [
        pa.Table.from_batches(list(engine.batches(name, batch_size=1000))).select([UNIT, GROUP])
        for name in (pair.a, pair.b)
    ]
    assert sides[0].equals(sides[1])
    sizes = np.bincount(sides[0].column(GROUP).to_numpy())
    assert len(sizes) == 50
    assert set(sizes) == {20, 21}


def test_without_predictions_the_intervals_are_used(engine, tmp_path):
    y, s, t = scores(500, seed=18)
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(y, t), [check(ACCURACY)])
    comparison = compare(Side(a.side.run, {}), b.side, engine)
    found = only(comparison)
    assert (found.paired, found.n_common, found.difference.method) == (False, None, "mover")
    assert "predictions were not kept by both runs" in " ".join(comparison.notes)


def test_the_same_model_on_the_same_rows_is_the_same(engine, tmp_path):
    y, s, _ = scores(300, seed=19)
    checks = [check(AUC), check(ACCURACY)]
    tables = binary_table(y, s), binary_table(y, s)
    a, b = two(engine, tmp_path, *tables, checks, signature="one model")
    comparison = compare(a.side, b.side, engine)
    assert [d.verdict for d in comparison.differences] == ["same", "same"]
    assert {d.difference.method for d in comparison.differences} == {"identical"}
    assert "the same model was measured on the same rows" in " ".join(comparison.notes)


def test_another_model_that_agrees_everywhere_is_not_certain_to_be_the_same(engine, tmp_path):
    y, s, _ = scores(300, seed=19)
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(y, s), [check(ACCURACY)])
    found = only(compare(a.side, b.side, engine))
    assert found.verdict == "unclear"
    assert found.difference.value == 0
    assert 1 / 300 < found.difference.high < 3.7 / 300


def test_statements_about_the_rows_differ_exactly(engine, tmp_path):
    y, s, t = scores(300, seed=20)
    t[:3] = 1 - t[:3]
    a, b = two(
        engine, tmp_path, binary_table(y, s), binary_table(y, t), [check(ACCURACY, claim="batch")]
    )
    found = only(compare(a.side, b.side, engine))
    exact = ((t >= 0.5) == y).mean() - ((s >= 0.5) == y).mean()
    assert (found.difference.low, found.difference.high) == (found.difference.value,) * 2
    assert found.difference.value == pytest.approx(exact)
    assert found.difference.method == "census"
    assert found.p_value is None
    assert found.verdict == ("better" if exact > 0 else "worse")


def test_a_side_without_any_error_falls_back_to_intervals(engine, tmp_path):
    y, s, _ = scores(200, seed=21)
    a, b = two(
        engine, tmp_path, binary_table(y, np.where(y, 0.9, 0.1)), binary_table(y, s),
        [check(ACCURACY)],
    )  # fmt: skip
    found = only(compare(a.side, b.side, engine))
    assert not found.paired
    assert found.verdict == "worse"


def test_verdicts_are_judged_together(engine, tmp_path):
    """A difference that is clear alone is not among many."""
    y, s, _ = scores(400, seed=22)
    many = [check(ACCURACY, name=f"slices {i}", by=((f"g{i}",),)) for i in range(4)]
    rng = np.random.default_rng(1)
    columns = {f"g{i}": rng.integers(0, 6, 400) for i in range(4)}
    better = s.copy()
    wrong = np.flatnonzero((s >= 0.5) != y)[:6]
    better[wrong] = 1 - s[wrong]
    tables = binary_table(y, s, **columns), binary_table(y, better, **columns)
    a, b = two(engine, tmp_path, *tables, [check(ACCURACY), *many])
    together = compare(a.side, b.side, engine)
    alone = compare(
        Side(
            msgspec.structs.replace(a.side.run, results=a.side.run.results[:1]), a.side.observations
        ),
        b.side,
        engine,
    )
    first = together.differences[0]
    assert only(alone).p_value == first.p_value
    assert first.p_value is not None
    assert 0.05 / len(together.differences) < first.p_value < 0.05
    assert (only(alone).verdict, first.verdict) == ("better", "unclear")
    assert "among 25 differences may be chance" in first.reason
    assert "judged together over 25 differences (Holm)" in together.notes[0]


def test_checks_of_one_run_only_and_changed_checks(engine, tmp_path):
    y, s, t = scores(300, seed=23)
    a = measure(
        engine, tmp_path, binary_table(y, s), BINARY, run_id="a",
        checks=[check(ACCURACY), check(AUC), check("classification.f_beta", params={"beta": 1.0})],
    )  # fmt: skip
    b = measure(
        engine, tmp_path, binary_table(y, t), BINARY, run_id="b",
        checks=[
            check(ACCURACY), check("classification.mcc"),
            check("classification.f_beta", params={"beta": 2.0}),
        ],
    )  # fmt: skip
    comparison = compare(a.side, b.side, engine)
    assert [d.id for d in comparison.differences] == [ACCURACY]
    assert comparison.only_in_a == [AUC]
    assert comparison.only_in_b == ["classification.mcc"]
    assert "classification.f_beta: not compared, since the check itself was changed." in (
        comparison.notes
    )
    assert msgspec.json.decode(msgspec.json.encode(comparison), type=Comparison) == comparison


def test_a_metric_that_is_not_installed_is_said(engine, tmp_path):
    y, s, _ = scores(100, seed=23)
    a = measure(engine, tmp_path, binary_table(y, s), BINARY, [check(ACCURACY)], run_id="a")
    gone = msgspec.structs.replace(a.side.run.results[0], metric="plugin.gone")
    run = msgspec.structs.replace(a.side.run, results=[gone])
    comparison = compare(Side(run, {}), Side(run, {}), engine)
    assert comparison.differences == []
    assert "There is no metric 'plugin.gone'" in comparison.notes[0]


def test_only_smooth_states_are_left_out_of_in_groups():
    from assay.core.schema import ColumnInfo, Schema
    from assay.metrics import find

    schema = Schema((ColumnInfo("x", "float", "DOUBLE"),))
    quantile = find("quantile")(column="x", q=0.5)
    mean = find("mean")(column="x")
    assert not Question(quantile, None, ((),)).smooth(schema)
    assert Question(mean, None, ((),)).smooth(schema)


# -- no_worse_than -------------------------------------------------------------------------------


def test_a_baseline_is_paired(engine, tmp_path):
    y, s, t = scores(500, seed=30)
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(y, t), [check(AUC)])
    gaps = baseline_gaps(b.checks[AUC], b.folded[AUC], a.side, engine, b.observed)
    (found,) = gaps.at(0.95)
    assert found == only(compare(a.side, b.side, engine)).difference
    (strict,) = gaps.at(0.999)
    assert strict.value == found.value
    assert strict.low < found.low < found.high < strict.high


def test_a_baseline_without_predictions(engine, tmp_path):
    y, s, t = scores(500, seed=31)
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(y, t), [check(ACCURACY)])
    side = Side(a.side.run, {})
    (found,) = baseline_gaps(b.checks[ACCURACY], b.folded[ACCURACY], side, engine, b.observed).at(
        0.95
    )
    assert found.method == "mover"
    assert found.value == pytest.approx(((t >= 0.5) == y).mean() - ((s >= 0.5) == y).mean())


def test_a_baseline_that_is_the_same_model(engine, tmp_path):
    y, s, _ = scores(500, seed=32)
    tables = binary_table(y, s), binary_table(y, s)
    a, b = two(engine, tmp_path, *tables, [check(AUC)], signature="one model")
    (found,) = baseline_gaps(b.checks[AUC], b.folded[AUC], a.side, engine, b.observed).at(0.95)
    assert (found.value, found.low, found.high, found.method) == (0, 0, 0, "identical")


def test_a_baseline_that_never_measured_it(engine, tmp_path):
    y, s, t = scores(200, seed=33)
    a = measure(engine, tmp_path, binary_table(y, s), BINARY, [check(AUC)], run_id="a")
    b = measure(engine, tmp_path, binary_table(y, t), BINARY, [check(ACCURACY)], run_id="b")
    side = Side(a.side.run, {})
    (found,) = baseline_gaps(b.checks[ACCURACY], b.folded[ACCURACY], side, engine, b.observed).at(
        0.95
    )
    assert found.reason == "the baseline has no measurement of it"


def test_what_a_no_worse_than_stored_is_never_taken_for_a_value(engine, tmp_path):
    """Its measurements are differences to its own baseline."""
    y, s, t = scores(300, seed=34)
    criterion = NoWorseThan("main", 0.01)
    checks = [check(ACCURACY, name="held", criterion=criterion)]
    a, b = two(engine, tmp_path, binary_table(y, s), binary_table(y, t), checks)
    near_zero = msgspec.structs.replace(a.side.run.results[0].measurements[0], value=0.0, low=-0.1)
    held = msgspec.structs.replace(a.side.run.results[0], measurements=[near_zero])
    run = stored("a", [held], {})
    # with predictions: both values are measured anew
    found = only(compare(Side(run, a.side.observations), b.side, engine))
    assert found.a.value == pytest.approx(((s >= 0.5) == y).mean())
    assert found.b.value == pytest.approx(((t >= 0.5) == y).mean())
    # without: said, not guessed
    bare = compare(Side(run, {}), Side(b.side.run, {}), engine)
    assert bare.differences == []
    assert any("only its difference to a baseline was kept" in note for note in bare.notes)
    (unmeasured,) = baseline_gaps(
        b.checks["held"], b.folded["held"], Side(run, {}), engine, b.observed
    ).at(0.95)
    assert unmeasured.reason == "the baseline has no measurement of it"
    # another check of the baseline asks the same and kept its value
    plain = msgspec.structs.replace(
        result(a.checks["held"], a.folded["held"]), id="p", criterion=None
    )
    both = stored("a", [held, plain], {})
    (difference,) = baseline_gaps(
        b.checks["held"], b.folded["held"], Side(both, {}), engine, b.observed
    ).at(0.95)
    assert difference.value == pytest.approx(((t >= 0.5) == y).mean() - ((s >= 0.5) == y).mean())
