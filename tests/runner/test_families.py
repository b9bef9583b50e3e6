"""Families: which checks are judged together by default, how, and what is written in the result."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests
from tests.runner.test_expand import expanded, spec

import assay
from assay.core.check import CorrectionMethod, GatePolicy
from assay.core.criterion import AtLeast
from assay.core.errors import SuiteError
from assay.core.measurement import Measurement
from assay.core.result import Correction, Result
from assay.inference.interval import census, z_value
from assay.inference.multiplicity import harmonic
from assay.report.text import correction_text
from assay.runner.judge import Case, judge
from assay.suite.load import load


def case(value: float) -> Case:
    """An estimate with standard error 1, which must be at least 0."""

    def estimate(level: float) -> tuple[Measurement, ...]:
        half = z_value(level)
        return (
            Measurement(
                value=value, low=value - half, high=value + half, level=level, method="z", n=9
            ),
        )

    return Case(AtLeast(0.0), "at least 0", estimate)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=12),
    st.sampled_from([("bh", "fdr_bh"), ("by", "fdr_by"), ("holm", "holm")]),
)
def test_settled_is_what_the_procedure_rejects(
    zs: list[float], names: tuple[CorrectionMethod, str]
) -> None:
    """Decided are exactly the hypotheses that statsmodels rejects, by two-sided p-values."""
    method, reference = names
    found = judge([case(z) for z in zs], GatePolicy(correction=method))
    p = 2 * norm.sf(np.abs(zs))
    rejected = multipletests(p, alpha=0.05, method=reference)[0]
    thresholds = 0.05 / np.arange(1, len(p) + 1)
    steps = np.concatenate([thresholds, 0.05 * np.arange(1, len(p) + 1) / len(p)])
    steps = np.concatenate([steps, steps / harmonic(len(p))])
    if np.abs(p[:, None] - steps).min() < 1e-9:
        return  # on the edge, where rounding decides
    for judgement, reject, z in zip(found, rejected, zs, strict=True):
        assert judgement.verdict == (("pass" if z > 0 else "fail") if reject else "inconclusive")


def test_the_level_is_that_of_the_selected() -> None:
    """With R of m decided, Benjamini & Yekutieli's intervals have the level 1 - alpha R / m."""
    found = judge([case(v) for v in (5.0, 3.0, 2.2, 0.5, 0.1)], GatePolicy(correction="bh"))
    assert [j.verdict for j in found] == ["pass", "pass", "pass", "inconclusive", "inconclusive"]
    assert [j.measurements[0].level for j in found] == pytest.approx([1 - 0.05 * 3 / 5] * 5)
    undecided = judge([case(v) for v in (0.5, 0.2)], GatePolicy(correction="bh"))
    assert {j.verdict for j in undecided} == {"inconclusive"}


def test_what_was_corrected_is_written() -> None:
    exact = Case(AtLeast(0.0), "at least 0", lambda _: (census(0.5, n=10),))
    reported = Case(None, "", case(1.0).estimate)
    first, second, batch, only = judge([case(5.0), case(2.0), exact, reported], GatePolicy())
    assert first.correction == Correction(method="holm", size=2, level=0.975)
    assert second.correction == Correction(method="holm", size=2, level=0.95)
    assert batch.correction is only.correction is None
    alone, beside = judge([case(5.0), exact], GatePolicy())
    assert alone.correction is beside.correction is None  # one hypothesis needs none
    uncorrected, _ = judge([case(5.0), case(2.0)], GatePolicy(correction="none"))
    assert uncorrected.correction == Correction(method="none", size=2, level=0.95)
    assert correction_text(Correction(method="by", size=1200, level=0.99)) == (
        "Benjamini-Yekutieli over 1,200"
    )


@pytest.mark.parametrize("method", ["holm", "bh", "by", "none"])
def test_a_suite_says_how(tmp_path: Path, method: str) -> None:
    (tmp_path / "t.csv").write_text("x\n1\n")
    path = tmp_path / "s.yaml"
    text = (
        "suite: s\nsubjects: {t: {table: t.csv}}\ngate: {correction: METHOD}\n"
        "checks: [{row_count: {on: t}, equals: 1}]\n"
    )
    path.write_text(text.replace("METHOD", method))
    assert load(path).gate.correction == method
    path.write_text(text.replace("METHOD", "bhh"))
    with pytest.raises(SuiteError, match="must be one of holm, bh, by, none, not 'bhh'"):
        load(path)


def test_slices_by_metrics_are_one_family() -> None:
    """Whatever is measured on the slices of a model; its latency is measured on none."""
    recall = spec("classification.recall", "model", data="test", by=(("afam",),))
    precision = spec("classification.precision", "model", data="test", by=(("afam",), ("deny",)))
    whole = spec("classification.recall", "model", data="test")
    other = spec("classification.recall", "model", data="train", by=(("afam",),))
    own = spec("mean", column="pirat", by=(("afam",),), family="mine")
    families = [c.family for c in expanded(recall, precision, whole, other, own).checks]
    assert families == [
        "slices of model@test", "slices of model@test", "model@test/classification.recall",
        "slices of model@train", "mine",
    ]  # fmt: skip


def test_columns_of_one_metric_are_one_family() -> None:
    several = spec("mean", columns=["pirat", "hirat"], criterion=AtLeast(0.1))
    named = spec("mean", columns=["pirat", "lvrat"], id="means")
    single = spec("mean", columns=["lvrat"])
    drift = spec("drift", against="test", columns=["pirat", "hirat"])
    families = [c.family for c in expanded(several, named, single, drift).checks]
    assert families == [
        *["columns of train/mean"] * 4, "train/mean/lvrat", "drift", "drift",
    ]  # fmt: skip


def test_a_suite_of_slices_is_judged_together() -> None:
    """Two metrics on six slices of noise: at 95 % each some would miss, together none does."""
    rng = np.random.default_rng(12)
    rows = {
        "g": rng.integers(0, 6, 3000).astype(str),
        "x": rng.normal(size=3000),
        "y": rng.normal(size=3000),
    }
    checks = [
        assay.check("mean", column=c, by=["g"], claim="process", at_most=0.0) for c in ("x", "y")
    ]
    results = assay.run(checks, on=pa.table(rows)).results
    assert {r.family for r in results} == {"slices of data"}
    assert [r.correction and r.correction.size for r in results] == [12, 12]
    assert [r.correction and r.correction.method for r in results] == ["holm", "holm"]
    (again,) = msgspec.json.decode(msgspec.json.encode(results[:1]), type=list[Result])
    assert again == results[0]
    older = msgspec.to_builtins(results[0])
    del older["correction"]
    assert msgspec.convert(older, Result).correction is None
