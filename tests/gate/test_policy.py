"""The gate: each cell of the table in ``assay.gate.policy``, its laws, and what it says."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.check import GatePolicy, Severity
from assay.core.criterion import AtLeast
from assay.core.result import Result, Verdict
from assay.gate.exit_codes import ExitCode
from assay.gate.policy import decide, effect

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
WEIGHT = {"pass": 0, "warn": 1, "block": 2}


def result(
    verdict: Verdict,
    severity: Severity = "block",
    name: str = "completeness:age",
    *,
    judged: bool = True,
) -> Result:
    criterion = AtLeast(0.9) if judged else None
    return Result(
        id=name,
        metric="completeness",
        params={"column": "age"},
        severity=severity,
        verdict=verdict,
        reason="for the test",
        criterion=criterion,
        criterion_text=str(criterion or ""),
        measurements=[],
        evidence=[],
        on="people",
    )


PASSING = result("pass", name="row_count")


@pytest.mark.parametrize(
    ("verdict", "severity", "inconclusive", "expected"),
    [
        ("fail", "block", "pass", "block"),
        ("error", "block", "pass", "block"),
        ("skipped", "block", "pass", "block"),
        ("inconclusive", "block", "block", "block"),
        ("inconclusive", "block", "warn", "warn"),
        ("inconclusive", "block", "pass", "pass"),
        ("not_applicable", "block", "block", "warn"),
        ("pass", "block", "block", "pass"),
        ("fail", "warn", "pass", "warn"),
        ("error", "warn", "pass", "warn"),
        ("skipped", "warn", "pass", "warn"),
        ("inconclusive", "warn", "block", "warn"),
        ("inconclusive", "warn", "warn", "warn"),
        ("inconclusive", "warn", "pass", "pass"),
        ("not_applicable", "warn", "block", "pass"),
        ("pass", "warn", "block", "pass"),
        *((verdict, "info", "block", "pass") for verdict in VERDICTS),
    ],
)
def test_each_verdict_by_severity(verdict, severity, inconclusive, expected):
    decided = decide([PASSING, result(verdict, severity)], GatePolicy(inconclusive=inconclusive))
    assert decided.decision == expected
    assert decided.exit_code == (ExitCode.BLOCKED if expected == "block" else ExitCode.PASSED)


def test_no_checks_is_not_a_pass():
    decided = decide([], GatePolicy())
    assert (decided.decision, decided.exit_code) == ("block", 1)
    assert decided.reason == "Blocked: the suite has no checks, so nothing was judged."


def test_nothing_applicable_is_not_a_pass():
    decided = decide([result("not_applicable")], GatePolicy())
    assert decided.decision == "block"
    assert "no requirement could be judged" in decided.reason
    assert "1 check could not be judged (completeness:age)" in decided.reason


def test_an_informative_pass_does_not_stand_in_for_requirements_that_do_not_apply():
    checks = [result("not_applicable"), result("pass", "info", "mean:age")]
    assert decide(checks, GatePolicy()).decision == "block"


def test_checks_that_only_report_are_not_a_pass():
    decided = decide([result("pass", judged=False)], GatePolicy())
    assert decided.decision == "block"
    assert "no check states a requirement" in decided.reason


def test_only_informative_checks_may_pass():
    decided = decide([result("fail", "info"), result("pass", "info")], GatePolicy())
    assert decided.decision == "pass"


def test_the_reason_names_what_blocks_and_counts_the_rest():
    checks = [
        PASSING,
        *(result("fail", name=f"drift:{c}") for c in "abcde"),
        result("inconclusive", name="roc_auc"),
        result("fail", "warn", name="not this one"),
        result("not_applicable", name="recall"),
        result("not_applicable", name="only reported", judged=False),
    ]
    assert decide(checks, GatePolicy()).reason == (
        "Blocked: 5 checks failed (drift:a, drift:b, drift:c and 2 more), "
        "1 is inconclusive (roc_auc). 1 check does not apply (recall)."
    )


def test_an_inconclusive_check_that_is_let_through_is_said():
    decided = decide(
        [PASSING, result("inconclusive", name="roc_auc")], GatePolicy(inconclusive="pass")
    )
    assert decided.reason == (
        "Passed: 1 requirement is met. 1 check is inconclusive, which the gate's policy lets "
        "pass (roc_auc)."
    )


def test_a_warning_says_so():
    decided = decide([PASSING, result("fail", "warn")], GatePolicy())
    assert decided.reason == "Passed with warnings: 1 check failed (completeness:age)."
    assert decided.exit_code == 0


results = st.lists(
    st.builds(result, st.sampled_from(VERDICTS), st.sampled_from(SEVERITIES), judged=st.booleans()),
    max_size=6,
)
policies = st.builds(GatePolicy, inconclusive=st.sampled_from(["block", "warn", "pass"]))


@given(results, policies, st.randoms(use_true_random=False))
def test_the_order_of_results_does_not_matter(held, policy, random):
    shuffled = random.sample(held, len(held))
    assert decide(held, policy).decision == decide(shuffled, policy).decision


@given(results, policies)
def test_the_decision_is_at_least_as_severe_as_each_effect(held, policy):
    decided = decide(held, policy)
    assert all(WEIGHT[effect(r, policy)] <= WEIGHT[decided.decision] for r in held)
    assert decided.reason.endswith(".")
    assert decided.exit_code == (1 if decided.decision == "block" else 0)


def test_raising_severity_never_makes_a_result_milder():
    for verdict, inconclusive in itertools.product(VERDICTS, ["block", "warn", "pass"]):
        policy = GatePolicy(inconclusive=inconclusive)
        weights = [WEIGHT[effect(result(verdict, s), policy)] for s in ("info", "warn", "block")]
        assert weights == sorted(weights)


@given(results, policies)
def test_a_pass_rests_on_a_requirement_that_was_judged(held, policy):
    if decide(held, policy).decision != "block":
        assert any(r.verdict in ("pass", "fail", "inconclusive") and r.criterion for r in held)
