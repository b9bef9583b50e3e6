"""JUnit XML, read back by a consumer's parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import junitparser
from tests.report.example_run import example_run, result, share

from assay.core.check import GatePolicy
from assay.core.criterion import AtLeast
from assay.report.junit import outcome, render
from assay.report.standing import grouped
from assay.report.text import visible

if TYPE_CHECKING:
    from assay.core.result import Run


def parsed(run: Run) -> junitparser.TestSuite:
    xml = junitparser.JUnitXml.fromstring(render(run).encode())
    (suite,) = xml
    return suite


def test_one_case_per_check_and_true_counts(run: Run) -> None:
    suite = parsed(run)
    cases = list(suite)
    assert [c.name for c in cases] == [r.id for r in run.results]
    stated = (suite.tests, suite.failures, suite.errors, suite.skipped)
    suite.update_statistics()  # type: ignore[no-untyped-call]
    assert stated == (suite.tests, suite.failures, suite.errors, suite.skipped)
    assert stated == (45, 7, 1, 6)


def test_the_red_cases_are_those_that_block(run: Run) -> None:
    red = {
        c.name
        for c in parsed(run)
        if any(isinstance(r, junitparser.Failure | junitparser.Error) for r in c.result)
    }
    assert red == {r.id for r in grouped(run)["blocking"]}


def test_a_case_says_why(run: Run) -> None:
    case = next(c for c in parsed(run) if c.name == "model/recall")
    (told,) = case.result
    assert isinstance(told, junitparser.Failure)
    assert (
        told.message
        == "fail: It must be at least 0.5, and it is 0.3908: the whole interval misses it."
    )
    assert told.type == "fail"
    assert told.text.splitlines()[1:] == ["required: at least 0.5", "0.3908 [0.295, 0.4959] n = 87"]
    assert case._elem.get("file") == "suite.yaml"
    assert case._elem.get("line") == "8"
    assert case.classname == "mortgage-approval"


def test_inconclusive_is_as_the_gate_has_it() -> None:
    one = result("a", "m", AtLeast(0.5), [share(5, 10)])
    strict, mild = example_run([one]), example_run([one], gate=GatePolicy(inconclusive="warn"))
    assert (outcome(one, strict), outcome(one, mild)) == ("failure", "skipped")
    (case,) = parsed(mild)
    assert "inconclusive: It must be at least 0.5" in case.result[0].message


def test_the_decision_is_among_the_properties(run: Run) -> None:
    properties = {p.name: p.value for p in parsed(run).properties()}  # type: ignore[no-untyped-call]
    assert properties["decision"] == "block"
    assert properties["exit_code"] == "1"
    assert properties["reason"] == run.run.reason


def test_hostile_text_is_valid_xml_and_stays_text(hostile: Run) -> None:
    suite = parsed(hostile)
    assert [c.name for c in suite] == [visible(r.id) for r in hostile.results]
    assert suite.failures == len(hostile.results)


def test_many_slices_are_cut() -> None:
    slices = [share(0, 90, g=str(i)) for i in range(80)]
    (case,) = parsed(example_run([result("a", "m", AtLeast(0.5), slices)]))
    assert case.result[0].text.splitlines()[-1] == "and 30 more"
