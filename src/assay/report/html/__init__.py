"""The report as one HTML file: no script, no network, nothing outside the file.

Its content security policy forbids everything but its own stylesheet, known by its hash, so that
even a defect in the escaping could not run or load anything.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from assay.core.evidence import Chart
from assay.report.html.certainty import certainty, filter_css
from assay.report.html.charts import Charts
from assay.report.html.context import changed, next_steps, provenance
from assay.report.html.decision import decision, top
from assay.report.html.details import details, has_details
from assay.report.html.findings import findings
from assay.report.html.markup import h, stylesheet
from assay.report.html.style import css
from assay.report.standing import DECISIONS, STANDINGS, grouped

if TYPE_CHECKING:
    from assay.core.result import Run
    from assay.report.html.markup import Element
    from assay.report.standing import Standing

_FINDINGS: dict[Standing, str] = {
    "blocking": "Each of these alone keeps it from shipping.",
    "undecided": "The data at hand cannot settle these; the gate lets them through.",
    "warning": "These miss what is required, and only warn.",
    "noted": "These miss what is required, and have no effect on the decision.",
}


def render(run: Run, *, previous: Run | None = None) -> str:
    """The page; ``previous`` adds what changed since that run."""
    groups = grouped(run)
    ordered = [result for results in groups.values() for result in results]
    # Ids of checks may hold anything; anchors are counted.
    anchors = {r.id: f"check-{i}" for i, r in enumerate(ordered, 1) if has_details(r)}
    detailed = [r for r in ordered if r.id in anchors]
    failing = [r for r in detailed if r.verdict != "pass"]
    passing = [r for r in detailed if r.verdict == "pass"]

    pictures = Charts(e for r in detailed for e in r.evidence if isinstance(e, Chart))

    sections: list[tuple[str, str, Element]] = []
    for name, intro in _FINDINGS.items():
        if groups[name]:
            title = STANDINGS[name]
            sections.append((name, title, findings(groups[name], anchors, title, intro, name)))
    sections.append(("certainty", "How sure are we", certainty(ordered, anchors)))
    if previous is not None:
        sections.append(("changed", "What changed", changed(run, previous)))
    if failing:
        title, intro = "Where it fails", "Slice by slice, row by row, for what did not pass."
        part = details("failing", title, intro, failing, anchors, pictures, opened=True)
        sections.append(("failing", title, part))
    sections.append(("next", "What to do next", next_steps(run, anchors)))
    if passing:
        title, intro = "Behind the passes", "The same for the checks that passed."
        part = details("passing", title, intro, passing, anchors, pictures, opened=False)
        sections.append(("passing", title, part))
    sections.append(("provenance", "Provenance", provenance(run)))

    contents = [(anchor, title) for anchor, title, _ in sections]
    main = h("main", {"id": "main"}, decision(run, contents), [part for _, _, part in sections])
    return "<!doctype html>\n" + str(_document(run, main)) + "\n"


def _document(run: Run, main: Element) -> Element:
    text = css() + filter_css()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )
    version = run.environment.packages.get("assay", "")
    head = h(
        "head",
        None,
        h("meta", {"charset": "utf-8"}),
        h("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        h("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        h("meta", {"name": "color-scheme", "content": "light dark"}),
        h("meta", {"name": "referrer", "content": "no-referrer"}),
        h("link", {"rel": "icon", "href": "data:,"}),
        h("title", None, f"{DECISIONS[run.decision][1]}: {run.suite.name}"),
        stylesheet(text),
    )
    footer = h("footer", None, f"Written by Assay {version}".strip(), f". Document {run.schema}.")
    skip = h("a", {"class": "skip", "href": "#main"}, "Skip to the decision")
    page = h("div", {"class": "page"}, top(run), main, footer)
    return h("html", {"lang": "en"}, head, h("body", None, skip, page))
