"""Reports put each result where the gate puts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.report.example_run import estimate, exact, example_run, result, share

from assay.core.check import GatePolicy
from assay.core.criterion import AtLeast, AtMost, NoWorseThan, OneOf
from assay.gate.policy import effect
from assay.report.standing import (
    STANDINGS,
    decided,
    decision_reason,
    grouped,
    held_against,
    required,
    standing,
    worst_first,
)

if TYPE_CHECKING:
    from typing import Literal

    from assay.core.result import Run


@pytest.mark.parametrize("inconclusive", ["block", "warn", "pass"])
def test_what_blocks_is_what_blocks_the_gate(
    inconclusive: Literal["block", "warn", "pass"],
) -> None:
    policy = GatePolicy(inconclusive=inconclusive)
    run = example_run(gate=policy)
    blocking = [r.id for r in run.results if standing(r, run) == "blocking"]
    assert blocking == [r.id for r in run.results if effect(r, policy) == "block"]
    assert ("model/roc_auc:by-afam" in blocking) == (inconclusive == "block")


def test_every_result_stands_somewhere_once(run: Run) -> None:
    groups = grouped(run)
    assert list(groups) == list(STANDINGS)
    assert sorted(r.id for group in groups.values() for r in group) == sorted(
        r.id for r in run.results
    )
    assert all(groups[name] for name in ("blocking", "undecided", "warning", "aside", "passed"))
    assert groups["blocking"][0].verdict == "error"


@pytest.mark.parametrize(
    ("severity", "verdict", "place"),
    [
        ("info", "fail", "noted"), ("warn", "error", "warning"), ("block", "skipped", "blocking"),
        ("info", "skipped", "aside"), ("warn", "inconclusive", "undecided"),
        ("block", "not_applicable", "warning"), ("warn", "not_applicable", "aside"),
        ("info", "pass", "passed"),
    ],
)  # fmt: skip
def test_places(severity: str, verdict: str, place: str) -> None:
    one = result("a", "m", AtLeast(1), [], verdict=verdict, reason="r", severity=severity)  # type: ignore[arg-type]
    assert standing(one, example_run([one])) == place


def test_without_its_policy_a_run_is_read_from_its_decision(run: Run) -> None:
    one = result("a", "m", AtLeast(0.5), [share(5, 10)])
    kept = example_run([one])
    unknown = msgspec.structs.replace(kept, suite=msgspec.structs.replace(kept.suite, gate=None))
    assert standing(one, unknown) == "blocking"
    assert standing(one, msgspec.structs.replace(unknown, decision="warn")) == "undecided"


def test_the_gates_sentence_is_not_said_twice(run: Run) -> None:
    assert run.run.reason.startswith("Blocked: 4 checks")
    assert decision_reason(run).startswith("4 checks failed")


def test_the_worst_measurement_is_first() -> None:
    measured = [
        share(9, 10, g="a"),
        share(1, 40, g="b"),
        share(20, 40, g="c"),
        share(39, 40, g="d"),
    ]
    ordered = worst_first(result("x", "m", AtLeast(0.6), measured))
    assert [m.key["g"] for m in ordered] == ["b", "c", "a", "d"]
    listed = [exact(5, 9, g="a"), exact(40, 9, g="b")]
    assert worst_first(result("x", "m", OneOf((5.0, 6.0)), listed))[0].key == {"g": "b"}


def test_only_the_runner_decides_about_a_baseline() -> None:
    assert decided(share(1, 2), NoWorseThan("main")) is None
    assert decided(share(0, 90), AtLeast(0.5)) == "outside"
    one = result("x", "m", NoWorseThan("main"), [], verdict="pass", reason="r")
    assert held_against(one) == NoWorseThan("main")
    assert held_against(msgspec.structs.replace(one, judged_as=AtLeast(0))) == AtLeast(0)
    assert held_against(result("x", "m", AtLeast(1), [exact(1, 1)])) == AtLeast(1)


def test_requirements_carry_the_unit() -> None:
    assert (
        required(result("x", "m", AtMost(5e6), [exact(1, 1, "bytes")])) == "at most 5,000,000 bytes"
    )
    told = result(
        "x", "m", NoWorseThan("main", 0.1), [estimate(1, 1, 2, "s")], verdict="pass", reason="r"
    )
    assert required(told) == "no worse than the run 'main' by more than 0.1"
