"""Families of verdicts: how often, and in which share, decided intervals miss the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.core.check import CorrectionMethod, GatePolicy
from assay.core.criterion import AtLeast
from assay.core.measurement import Measurement
from assay.inference.interval import z_value
from assay.runner.judge import Case, judge

RUNS = 1500
SIZE = 20
ALPHA = 0.1


def family(values: NDArray[np.float64]) -> Case:
    """Estimates with standard error 1, which must be at least 0."""

    def estimate(level: float) -> tuple[Measurement, ...]:
        half = z_value(level)
        return tuple(
            Measurement(
                value=v, low=v - half, high=v + half, level=level, method="normal", n=50,
                key={"g": str(i)},
            )
            for i, v in enumerate(values.tolist())
        )  # fmt: skip

    return Case(AtLeast(0.0), "at least 0", estimate)


def missed(
    method: CorrectionMethod, truth: NDArray[np.float64], noise: NDArray[np.float64]
) -> list[float]:
    """Of each family: the share of the decided whose interval does not hold the truth."""
    policy = GatePolicy(correction=method, false_alarm=ALPHA)
    shares = []
    for run in truth + noise:
        (judgement,) = judge([family(run)], policy)
        decided = [
            (m, theta)
            for m, theta in zip(judgement.measurements, truth, strict=True)
            if m.low is not None and m.high is not None and (m.low >= 0 or m.high < 0)
        ]
        misses = sum(not m.low <= theta <= m.high for m, theta in decided)  # type: ignore[operator]
        shares.append(misses / max(len(decided), 1))
    return shares


def noise(kind: str) -> NDArray[np.float64]:
    rng = np.random.default_rng(5)
    own = rng.standard_normal((RUNS, SIZE))
    if kind == "independent":
        return own
    common = rng.standard_normal((RUNS, 1))
    mixed = math.sqrt(0.5) * (own + common)
    return mixed if kind == "alike" else mixed * np.where(np.arange(SIZE) % 2, 1, -1)


TRUTHS = {
    "all on the bound": np.zeros(SIZE),
    "half far off": np.where(np.arange(SIZE) < SIZE // 2, 4.0, 0.0),
    "on both sides": np.linspace(-4, 4, SIZE),
}
ERROR = 3.3 * math.sqrt(ALPHA * (1 - ALPHA) / RUNS)


@pytest.mark.parametrize("truth", list(TRUTHS))
@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("bh", "independent"), ("bh", "alike"), ("by", "independent"), ("by", "opposed"),
        ("holm", "opposed"),
    ],
)  # fmt: skip
def test_the_share_of_misses_among_the_decided(method, kind, truth):
    shares = missed(method, TRUTHS[truth], noise(kind))
    assert np.mean(shares) <= ALPHA + ERROR
    if method == "holm":
        assert np.mean([s > 0 for s in shares]) <= ALPHA + ERROR


def test_without_correction_a_family_errs():
    shares = missed("none", TRUTHS["all on the bound"], noise("independent"))
    assert np.mean([s > 0 for s in shares]) > 0.8


def test_benjamini_hochberg_decides_more():
    """Where half of the slices are 2.5 standard errors off."""
    values = TRUTHS["half far off"] * (2.5 / 4) + noise("independent")[:300]
    decided = {}
    for method in ("holm", "by", "bh", "none"):
        policy = GatePolicy(correction=method, false_alarm=ALPHA)
        found = [judge([family(run)], policy)[0] for run in values]
        decided[method] = sum(
            m.low is not None and m.low >= 0 for j in found for m in j.measurements[:10]
        )
    assert decided["none"] > decided["bh"] > 1.5 * decided["holm"]
    assert decided["bh"] > decided["by"]
