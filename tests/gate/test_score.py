"""Scores: what each check counts, weights, dimensions; and that they decide nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.criterion import AtLeast, AtMost, Between, NoWorseThan
from assay.core.measurement import Measurement
from assay.core.result import Result
from assay.gate.score import DIMENSIONS, check_score, scores
from assay.metrics import load_all

load_all()


def measured(value: float, n: int = 100, half: float = 0.0, **key: str) -> Measurement:
    level = 0.95 if half else None
    return Measurement(
        value=value, low=value - half, high=value + half, level=level, method="x", n=n, key=key
    )


def result(
    metric: str = "completeness", verdict: str = "pass", *values: Any, **more: Any
) -> Result:
    fields: dict[str, Any] = {
        "id": "a", "metric": metric, "params": {}, "severity": "block", "verdict": verdict,
        "reason": "r", "criterion": AtLeast(0.9), "criterion_text": "", "evidence": [],
        "measurements": [v if isinstance(v, Measurement) else measured(v) for v in values],
        "on": "t", "dimension": "completeness",
    }  # fmt: skip
    return Result(**{**fields, **more})


@pytest.mark.parametrize(
    ("given_result", "counts"),
    [
        (result("completeness", "pass", 0.97), 0.97),
        (result("completeness", "fail", 0.5), 0.5),  # the share, whatever the verdict
        (result("completeness", "inconclusive", measured(0.9, half=0.05)), 0.9),
        # slices, by their rows: (0.5 * 10 + 1.0 * 90) / 100
        (result("completeness", "fail", measured(0.5, 10, s="a"), measured(1.0, 90, s="b")), 0.95),
        # classification.expected_calibration_error is no share of rows, mean has no direction
        (result("mean", "pass", 41.0), 1.0),
        (result("mean", "fail", 7.0), 0.0),
        (result("mean", "inconclusive", measured(1.0, half=0.5), criterion=AtLeast(0.9)), 1.0),
        (result("mean", "inconclusive", measured(1.0, half=0.5), criterion=AtLeast(1.1)), 0.0),
        (
            result("mean", "inconclusive", measured(1.0, half=0.5), measured(2.0, half=0.5),
                   criterion=Between(0.9, 1.9)),
            0.0,
        ),
        (result("completeness", "error"), 0.0),
        (result("completeness", "skipped"), 0.0),
        (result("completeness", "not_applicable"), None),
        (result("completeness", "pass", 0.9, criterion=None), None),
        # a difference to a baseline is not a share
        (result("completeness", "pass", -0.01, criterion=NoWorseThan("main", 0.1),
                judged_as=AtLeast(-0.1)), 1.0),
        (result("completeness", "inconclusive", measured(-0.2, half=0.2),
                criterion=NoWorseThan("main", 0.1), judged_as=AtLeast(-0.1)), 0.0),
        (result("no.such.metric", "pass", 0.3), 1.0),
    ],
)  # fmt: skip
def test_what_a_check_counts(given_result: Result, counts: float | None) -> None:
    assert check_score(given_result) == (None if counts is None else pytest.approx(counts))


def test_a_share_of_what_is_bad_counts_the_other_way_round() -> None:
    for name, cls in load_all().items():
        if cls.unit == "share" and cls.higher_is_better is False:
            bad = result(name, "pass", 0.2, criterion=AtMost(0.5))
            assert check_score(bad) == pytest.approx(0.8)
            return
    pytest.fail("no metric measures a share of which less is better")


def test_weights_and_dimensions() -> None:
    found = scores(
        [
            result("completeness", "pass", 1.0, id="a", weight=3),
            result("completeness", "fail", 0.6, id="b", weight=1),
            result("in_range", "fail", 0.5, id="c", dimension="validity"),
            result("in_range", "fail", 0.0, id="d", dimension="validity", weight=0),
            result("row_count", "pass", 9.0, id="e", dimension=None),
            result("uniqueness", "not_applicable", id="f", dimension="uniqueness"),
        ]
    )
    assert [(s.dimension, s.value, s.checks, s.weight) for s in found] == [
        (None, pytest.approx((0.9 + 0.5) / 2), 3, 5.0),
        ("completeness", pytest.approx(0.9), 2, 4.0),
        ("validity", 0.5, 1, 1.0),
    ]


def test_no_dimension_no_score() -> None:
    assert scores([]) == []
    assert scores([result(dimension=None)]) == []
    assert scores([result(weight=0)]) == []


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1), st.sampled_from(DIMENSIONS), st.floats(0.001, 1000),
            st.integers(1, 10**9),
        ),
        min_size=1,
    )
)  # fmt: skip
def test_every_score_lies_between_the_least_and_the_greatest_of_its_checks(
    checks: list[tuple[float, Any, float, int]],
) -> None:
    found = scores(
        [
            result("completeness", "fail", measured(value, n), dimension=name, weight=weight)
            for value, name, weight, n in checks
        ]
    )
    overall, *dimensions = found
    for score in dimensions:
        values = [value for value, name, *_ in checks if name == score.dimension]
        assert min(values) - 1e-9 <= score.value <= max(values) + 1e-9
        assert score.checks == len(values)
    assert 0 <= overall.value <= 1
    assert overall.value == pytest.approx(sum(s.value for s in dimensions) / len(dimensions))
