"""JUnit XML: one test case per check, for the test view of a CI system.

There is no standard; this is the dialect that Jenkins, GitLab and GitHub's reporters share:
``testsuites/testsuite/testcase`` with ``failure``, ``error`` or ``skipped``. A result becomes a
failure exactly where the gate counts it against the run, so the counts agree with the decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from assay.report.standing import required, standing, worst_first
from assay.report.text import interval_text, key_text, score_text, value_text, visible

if TYPE_CHECKING:
    from typing import Literal

    from assay.core.result import Result, Run

_MEASUREMENTS_SHOWN = 50


def render(run: Run) -> str:
    """The document. Control characters in names and values are spelled out: XML has none."""
    cases = [(result, outcome(result, run)) for result in run.results]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(kind == "failure" for _, kind in cases)),
        "errors": str(sum(kind == "error" for _, kind in cases)),
        "skipped": str(sum(kind == "skipped" for _, kind in cases)),
        "time": f"{run.duration_s:.3f}",
    }
    name = visible(run.suite.name)
    root = ElementTree.Element("testsuites", {"name": "assay", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **counts})
    suite.set("timestamp", visible(run.started))
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (
        ("decision", run.decision),
        ("exit_code", str(run.run.exit_code)),
        ("reason", run.run.reason),
        ("run", run.run.id),
        ("suite_fingerprint", run.suite.fingerprint),
        *((f"score.{s.dimension or 'overall'}", score_text(s.value)) for s in run.scores),
    ):
        ElementTree.SubElement(properties, "property", {"name": key, "value": visible(value)})
    for result, kind in cases:
        _case(suite, name, result, kind)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def outcome(result: Result, run: Run) -> Literal["failure", "error", "skipped"] | None:
    """What the test case says; None for a success.

    What only warns, informs, or is inconclusive without blocking is ``skipped`` with its reason:
    a CI system shows it, and does not turn red for it.
    """
    stands = standing(result, run)
    if stands == "passed":
        return None
    if stands == "blocking":
        return "error" if result.verdict == "error" else "failure"
    return "skipped"


def _case(suite: ElementTree.Element, suite_name: str, result: Result, kind: str | None) -> None:
    # No time: checks share scans, so none has a duration of its own.
    attributes = {"classname": suite_name, "name": visible(result.id)}
    file, _, position = result.location.partition(":")
    if file:
        attributes["file"] = visible(file)
        line = position.partition(":")[0]
        if line.isdecimal():
            attributes["line"] = line
    case = ElementTree.SubElement(suite, "testcase", attributes)
    body = _body(result)
    if kind is None:
        ElementTree.SubElement(case, "system-out").text = body
        return
    message = f"{result.verdict}: {result.reason}"
    told = ElementTree.SubElement(case, kind, {"message": visible(message)})
    if kind != "skipped":
        told.set("type", result.verdict)
    told.text = body


def _body(result: Result) -> str:
    """Reason and measurements as text."""
    lines = [visible(result.reason)]
    if result.criterion is not None:
        lines.append(f"required: {required(result)}")
    measurements = worst_first(result)
    for m in measurements[:_MEASUREMENTS_SHOWN]:
        where = f"{key_text(m.key)}: " if m.key else ""
        lines.append(f"{where}{value_text(m)} {interval_text(m)} n = {m.n:,}")
    if len(measurements) > _MEASUREMENTS_SHOWN:
        lines.append(f"and {len(measurements) - _MEASUREMENTS_SHOWN:,} more")
    return "\n".join(lines)
