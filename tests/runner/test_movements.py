"""Which slices moved, and the verdicts of a comparison with a margin."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runner.kept_runs import (
    BINARY,
    REGRESSION,
    binary_table,
    check,
    measure,
    regression_table,
)

from assay.core.errors import SuiteError
from assay.engines.duckdb import DuckDBEngine
from assay.runner.compare import Side, compare
from assay.runner.contrast import Rule

ACCURACY, AUC, LOSS = "classification.accuracy", "classification.roc_auc", "classification.log_loss"


@pytest.fixture
def engine():
    with DuckDBEngine() as engine:
        yield engine


def planted(n: int = 3000, seed: int = 0):
    """Truth, scores of two models, and a column: the second is worse where it is "south"."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.4
    region = rng.choice(["north", "south", "west", "tiny"], n, p=[0.4, 0.3, 0.295, 0.005])
    a = np.clip(0.5 + 0.3 * (2 * y - 1) + 0.15 * rng.normal(size=n), 0.01, 0.99)
    b = np.where((region == "south") & (rng.random(n) < 0.2), 1 - a, a)
    return y, a, b, region


def two(engine, tmp_path, y, a, b, checks, **more):
    kept = [
        measure(engine, tmp_path, binary_table(y, s, **more), BINARY, checks, run_id=name)
        for s, name in ((a, "a"), (b, "b"))
    ]
    return kept[0].side, kept[1].side


def test_the_slice_that_moved_comes_first_and_explains_all(engine, tmp_path):
    y, a, b, region = planted()
    sides = two(engine, tmp_path, y, a, b, [check(ACCURACY)], region=region)
    comparison = compare(*sides, engine, by=["region"])
    (found,) = comparison.movements
    first = found.slices[0]
    right = [((s >= 0.5) == y).astype(float) for s in (a, b)]
    d, south = right[1] - right[0], region == "south"
    assert found.change == pytest.approx(d.mean())
    assert first.difference.key == {"region": "south"}
    assert first.difference.verdict == "worse"
    assert first.difference.difference.value == pytest.approx(d[south].mean())
    assert first.contribution == pytest.approx(d[south].sum() / len(d))
    assert first.share == pytest.approx(1.0)
    assert {s.difference.verdict for s in found.slices[1:]} == {"unclear"}
    assert found.left_out == 1  # "tiny" has too few rows to be listed, and still counts


def test_shares_add_up(engine, tmp_path):
    y, a, b, _ = planted()
    half = np.where(np.arange(len(y)) % 2, "x", "z")
    worse = np.where(np.random.default_rng(4).random(len(y)) < 0.1, 1 - b, b)
    sides = two(engine, tmp_path, y, a, worse, [check(LOSS, by=(("half",),))], half=half)
    (found,) = compare(*sides, engine).movements
    assert found.change is not None
    assert sum(s.contribution or 0 for s in found.slices) == pytest.approx(found.change)
    assert sum(s.share or 0 for s in found.slices) == pytest.approx(1)
    assert found.by == ["half"]


def test_slices_of_an_area_have_no_share(engine, tmp_path):
    y, a, b, region = planted()
    sides = two(engine, tmp_path, y, a, b, [check(AUC)], region=region)
    (found,) = compare(*sides, engine, by=["region"]).movements
    assert all(s.contribution is None and s.share is None for s in found.slices)
    assert found.slices[0].difference.key == {"region": "south"}
    p = [s.difference.p_value for s in found.slices]
    assert p == sorted(p)


def test_no_share_of_what_may_be_chance(engine, tmp_path):
    y, a, _, region = planted(400)
    rng = np.random.default_rng(9)
    b = np.where(rng.random(400) < 0.02, 1 - a, a)
    b[:8] = np.where(y[:8], 0.9, 0.1)
    a[:8] = 1 - b[:8]
    sides = two(engine, tmp_path, y, a, b, [check(ACCURACY)], region=region)
    (found,) = compare(*sides, engine, by=["region"]).movements
    assert all(s.share is None for s in found.slices)
    assert any(s.contribution is not None for s in found.slices)


def test_rmse_is_no_mean(engine, tmp_path):
    rng = np.random.default_rng(1)
    y, error = rng.normal(size=900), rng.normal(size=900)
    half = np.where(np.arange(900) % 2, "x", "z")
    kept = []
    for name, prediction in (("a", y + error), ("b", y + error * (1 + 0.5 * (half == "x")))):
        table = regression_table(y, prediction).append_column("half", [half.tolist()])
        checks = [check("regression.rmse"), check("regression.mae")]
        kept.append(measure(engine, tmp_path, table, REGRESSION, checks, run_id=name).side)
    rmse, mae = compare(*kept, engine, by=["half"]).movements
    assert rmse.slices[0].contribution is None
    assert mae.slices[0].share == pytest.approx(1)
    assert mae.slices[0].difference.verdict == "worse"


def test_a_question_that_two_checks_share_is_asked_once(engine, tmp_path):
    y, a, b, region = planted()
    checks = [check(ACCURACY), check(ACCURACY, name="again", by=(("region",),))]
    sides = two(engine, tmp_path, y, a, b, checks, region=region)
    comparison = compare(*sides, engine, by=["region", "region"])
    assert [(m.id, m.by) for m in comparison.movements] == [("again", ["region"])]
    # the slices of a check are judged with all other differences of the comparison, once
    assert sum(d.id == ACCURACY for d in comparison.differences) == 1


def test_slices_that_are_not_paired_are_ranked(engine, tmp_path):
    y, a, b, region = planted()
    one, other = two(engine, tmp_path, y, a, b, [check(ACCURACY, by=(("region",),))], region=region)
    comparison = compare(Side(one.run, {}), Side(other.run, {}), engine)
    (found,) = comparison.movements
    assert found.slices[0].difference.key == {"region": "south"}
    assert found.change is None
    assert all(s.contribution is None for s in found.slices)


def test_a_column_that_was_not_kept(engine, tmp_path):
    y, a, b, region = planted(300)
    sides = two(engine, tmp_path, y, a, b, [check(ACCURACY)], region=region)
    with pytest.raises(SuiteError, match=r"have a column .regoin.") as raised:
        compare(*sides, engine, by=["regoin"])
    assert "They have: region." in str(raised.value.hint)
    with pytest.raises(SuiteError, match=r"column .assay"):
        compare(*sides, engine, by=["assay.target"])


def margins(engine, tmp_path, share: float, *, margin, n=4000, **more):
    """The verdict on an accuracy that fell by about ``share``."""
    rng = np.random.default_rng(3)
    y = rng.random(n) < 0.4
    a = np.where(rng.random(n) < 0.9, y, ~y).astype(float)
    b = a.copy()
    b[: int(share * n)] = np.where(y[: int(share * n)], 0.0, 1.0)
    a[: int(share * n)] = np.where(y[: int(share * n)], 1.0, 0.0)
    sides = two(engine, tmp_path, y, a, b, [check(ACCURACY)])
    return compare(*sides, engine, margin=margin, **more).differences[0]


@pytest.mark.parametrize(
    ("share", "margin", "verdict"),
    [
        (0.02, 0.04, "no_worse"),  # a loss for sure, and within the margin for sure
        (0.02, 0.02, "worse"),
        (0.02, 0.001, "worse"),
        (0.02, 0.0, "worse"),
        (0.0005, 0.01, "no_worse"),
        (0.0005, 0.0005, "unclear"),
        (0.0005, None, "unclear"),
    ],
)
def test_margins(engine, tmp_path, share, margin, verdict):
    found = margins(engine, tmp_path, share, margin=margin)
    assert found.verdict == verdict
    low = found.difference.low
    assert low is not None
    if verdict == "no_worse":
        assert low > -margin
        assert f"no worse by more than {margin}" in found.reason


def test_a_loss_of_an_error_is_upwards(engine, tmp_path):
    y, a, _, _ = planted()
    b = np.clip(a + np.where(y, -0.004, 0.004), 0.001, 0.999)
    sides = two(engine, tmp_path, y, a, b, [check(LOSS)])
    assert compare(*sides, engine, margin=0.05).differences[0].verdict == "no_worse"
    assert compare(*sides, engine, margin=0.0001).differences[0].verdict == "worse"
    back = tuple(reversed(sides))
    assert compare(*back, engine, margin=0.05).differences[0].verdict == "better"


def test_a_statement_about_rows_has_an_exact_margin(engine, tmp_path):
    y, a, b, _ = planted(400)
    sides = two(engine, tmp_path, y, a, b, [check(ACCURACY, claim="batch")])
    loss = compare(*sides, engine).differences[0].difference.value
    assert compare(*sides, engine, margin=-loss + 1e-9).differences[0].verdict == "no_worse"
    assert compare(*sides, engine, margin=-loss - 1e-9).differences[0].verdict == "worse"


@pytest.mark.parametrize("correction", ["holm", "bh", "by", "none"])
def test_corrections(engine, tmp_path, correction):
    """Twenty alike and one that fell a little: alone it shows, among many it depends."""
    y, a, *_ = planted(800, seed=5)
    checks = [check(ACCURACY)] + [
        check(ACCURACY, name=f"c{i}", where=f"k = {i}") for i in range(20)
    ]
    flips = np.random.default_rng(2).random(800) < 0.05
    sides = two(engine, tmp_path, y, a, np.where(flips, 1 - a, a), checks, k=np.arange(800) % 20)
    found = compare(*sides, engine, correction=correction)
    worse = sum(d.verdict == "worse" for d in found.differences)
    alone = sum((d.p_value or 1) <= 0.05 for d in found.differences)
    assert found.correction == correction
    assert worse == alone if correction == "none" else 1 <= worse <= alone
    names = {"holm": "(Holm)", "bh": "(Benjamini-Hochberg)", "by": "(Benjamini-Yekutieli)",
             "none": "judged alone"}  # fmt: skip
    assert names[correction] in found.notes[0]


def test_a_rule_that_is_none():
    with pytest.raises(ValueError, match="level"):
        Rule(level=1.0)
    for margin in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="margin"):
            Rule(margin=margin)
