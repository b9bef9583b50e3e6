"""What changed, what to do next, and what the run rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.measurement import Measurement
from assay.report.advice import advice
from assay.report.changes import changes
from assay.report.html.findings import mark
from assay.report.html.layout import head_row, scrolling_table, section
from assay.report.html.markup import h
from assay.report.text import (
    counted,
    drawn_text,
    figure,
    interval_text,
    key_text,
    unit_text,
    value_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.check import Budget
    from assay.core.result import Result, Run, SubjectRecord
    from assay.report.changes import Changes, ValueChange, VerdictChange
    from assay.report.html.markup import Element, Node

_VALUES_SHOWN = 40


def changed(run: Run, previous: Run) -> Element:
    """The section that holds this run against an earlier one."""
    found = changes(run, previous)
    name = h("span", {"class": "id"}, previous.run.name or previous.run.id)
    return section(
        "changed",
        "What changed",
        ("Since the run ", name, f": {_ground(found)}"),
        h("p", None, "Every verdict and every value is as it was.") if found.nothing else None,
        [_verdict_change(change) for change in found.verdicts],
        _listed("New checks", found.added),
        _listed("No longer checked", found.removed),
        _value_changes(found.values),
    )


def _ground(found: Changes) -> str:
    """Whether suite and subjects are the same, without which no difference can be read."""
    suite = "the suite was changed" if found.suite_changed else "the suite is the same"
    subjects = "the same subjects"
    if found.subjects:
        subjects = f"other content in {', '.join(found.subjects)}"
    return f"{suite}, {subjects}. {counted(found.unchanged, 'check')} came out exactly the same."


def _verdict_change(change: VerdictChange) -> Element:
    return h(
        "p",
        {"class": "change"},
        mark(change.before.verdict),
        " → ",
        mark(change.now.verdict),
        " ",
        h("span", {"class": "id"}, change.now.id),
    )


def _listed(title: str, results: Sequence[Result]) -> Node:
    if not results:
        return None
    names = [h("li", None, h("span", {"class": "id"}, result.id)) for result in results]
    return h("h3", {"class": "listed"}, title), h("ul", {"class": "bare"}, names)


def _value_changes(values: Sequence[ValueChange]) -> Node:
    if not values:
        return None
    shown = values[:_VALUES_SHOWN]
    more = f" ({len(shown)} of {len(values)})" if len(values) > len(shown) else ""
    titles = (
        ("Check", None), ("Before", "number"), ("Now", "number"), ("Difference", "number"),
        ("Intervals", None),
    )  # fmt: skip
    rows = [_value_row(change) for change in shown]
    return scrolling_table("Values that moved", head_row(titles), rows, note=more)


def _value_row(change: ValueChange) -> Element:
    where = f" {key_text(change.now.key)}" if change.now.key else ""
    difference = change.now.value - change.before.value
    sign = "+" if difference > 0 else ""
    return h(
        "tr",
        None,
        h(
            "th",
            {"scope": "row"},
            h("span", {"class": "id"}, change.result.id),
            h("span", {"class": "muted"}, where),
        ),
        h("td", {"class": "number"}, _with_interval(change.before)),
        h("td", {"class": "number"}, _with_interval(change.now)),
        h("td", {"class": "number"}, f"{sign}{figure(difference)}{unit_text(change.now.unit)}"),
        h("td", None, "apart" if change.apart else "overlap"),
    )


def _with_interval(measurement: Measurement) -> Node:
    return value_text(measurement), " ", h("span", {"class": "muted"}, interval_text(measurement))


def next_steps(run: Run, anchors: Mapping[str, str]) -> Element:
    """The section that says what to do."""
    steps = []
    for step in advice(run):
        name: Node = None
        if step.result is not None:
            name = h("span", {"class": "id"}, step.result.id)
            if step.result.id in anchors:
                name = h("a", {"href": f"#{anchors[step.result.id]}"}, name)
            name = h("strong", None, name), h("br")
        steps.append(h("li", None, h("span", None, name, step.text)))
    intro = "What the verdicts ask for, blocking checks first."
    return section("next", "What to do next", intro, h("ol", {"class": "steps"}, steps))


def provenance(run: Run) -> Element:
    """The section that says what the run rests on: enough to know whether it is the same again."""
    gate = run.suite.gate
    facts: list[tuple[str, Node]] = [
        ("Run", h("span", {"class": "id"}, run.run.id)),
        ("Suite", (run.suite.name, f" ({run.suite.file})" if run.suite.file else None)),
        ("Suite fingerprint", h("span", {"class": "id"}, run.suite.fingerprint)),
        ("Seed", str(run.run.seed)),
    ]
    if gate is not None:
        policy = (
            f"inconclusive: {gate.inconclusive}, false alarm: {figure(gate.false_alarm)} per"
            f" family, correction: {gate.correction}"
        )
        if gate.budget is not None:
            policy += f", budget: {_budget(gate.budget)}"
        facts.append(("Gate", policy))
    facts += [("Drawn", f"{d.observations}: {drawn_text(d)}") for d in run.drawn]
    facts.append(("Python", f"{run.environment.python}, {run.environment.platform}"))
    packages = ", ".join(f"{name} {version}" for name, version in run.environment.packages.items())
    facts.append(("Packages", packages or "none recorded"))
    facts.append(("Document", run.schema))
    terms = [(h("dt", None, term), h("dd", None, fact)) for term, fact in facts]
    return section(
        "provenance",
        "Provenance",
        "What this run rests on.",
        h("dl", {"class": "facts-list"}, terms),
        _subjects(run),
        _suite_text(run),
    )


def _budget(budget: Budget) -> str:
    bounds = [(budget.rows, "row"), (budget.seconds, "second")]
    return ", ".join(f"{figure(n)} {noun}s" for n, noun in bounds if n is not None)


def _subjects(run: Run) -> Node:
    if not run.subjects:
        return None
    titles = [("Subject", None), ("What it is", None), ("Rows", "number"), ("Fingerprint", None)]
    aside = any(subject.quarantined is not None for subject in run.subjects)
    if aside:
        titles[3:3] = [("Set aside", "number")]
    rows = [
        h(
            "tr",
            None,
            h("th", {"scope": "row"}, subject.name),
            h("td", None, f"{subject.kind}: {subject.description}", _parts(subject)),
            h("td", {"class": "number"}, "–" if subject.rows is None else f"{subject.rows:,}"),
            _set_aside(subject) if aside else None,
            h("td", {"class": "id"}, subject.fingerprint or "none"),
        )
        for subject in run.subjects
    ]
    return scrolling_table("What was under test", head_row(titles), rows)


def _parts(subject: SubjectRecord) -> str | None:
    """How much of a growing table was read."""
    if subject.parts is None:
        return None
    return f"; {subject.parts.read:,} of {counted(subject.parts.total, 'file')} read in this run"


def _set_aside(subject: SubjectRecord) -> Element:
    """How many rows are in the quarantine, and where that is."""
    count = "–" if subject.quarantined is None else f"{subject.quarantined:,}"
    where: Node = None
    if subject.quarantine is not None:
        where = h("br"), h("span", {"class": "id muted"}, subject.quarantine.folder)
    return h("td", {"class": "number"}, count, where)


def _suite_text(run: Run) -> Node:
    if not run.suite.text:
        return None
    summary = h("summary", None, h("span", None, "The suite as it was"))
    text = h("pre", {"tabindex": 0}, run.suite.text)
    return h("details", {"id": "suite-text"}, summary, h("div", {"class": "detail"}, text))
