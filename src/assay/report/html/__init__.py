"""The report of a run as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Chart
from assay.report.html.certainty import certainty, filter_css
from assay.report.html.charts import Charts
from assay.report.html.context import changed, next_steps, provenance
from assay.report.html.decision import decision
from assay.report.html.details import details, has_details
from assay.report.html.document import document, top
from assay.report.html.findings import findings
from assay.report.html.markup import h
from assay.report.html.moved import moved
from assay.report.html.pyramid import pyramid
from assay.report.html.scores import score_history, scores
from assay.report.html.style import css
from assay.report.html.taken import CSS as TAKEN
from assay.report.html.taken import taken
from assay.report.layers import is_layered
from assay.report.moved.ranking import rankings
from assay.report.standing import DECISIONS, STANDINGS, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.result import Run
    from assay.history.records import ScoredRun
    from assay.report.html.markup import Element
    from assay.report.moved.ranking import Ranking
    from assay.report.spoken import Spoken
    from assay.report.standing import Standing

_FINDINGS: dict[Standing, str] = {
    "blocking": "Each of these alone keeps it from shipping.",
    "undecided": "The data at hand cannot settle these; the gate lets them through.",
    "warning": "These miss what is required, and only warn.",
    "noted": "These miss what is required, and have no effect on the decision.",
}


def render(
    run: Run,
    *,
    previous: Run | None = None,
    earlier: Sequence[ScoredRun] = (),
    spoken: Spoken | None = None,
) -> str:
    """The page.

    Args:
        previous: adds what changed since that run; ``earlier`` a chart of scores.
        spoken: what language models were asked and answered.
    """
    groups = grouped(run)
    ordered = [result for results in groups.values() for result in results]
    # Ids of checks may hold anything; anchors are counted.
    anchors = {r.id: f"check-{i}" for i, r in enumerate(ordered, 1) if has_details(r)}
    detailed = [r for r in ordered if r.id in anchors]
    failing = [r for r in detailed if r.verdict != "pass"]
    passing = [r for r in detailed if r.verdict == "pass"]

    history = score_history(run, earlier)
    drawn = [e for r in detailed for e in r.evidence if isinstance(e, Chart)]
    pictures = Charts([*drawn, *([history] if history else [])])

    sections: list[tuple[str, str, Element]] = []
    for name, intro in _FINDINGS.items():
        if groups[name]:
            title = STANDINGS[name]
            sections.append((name, title, findings(groups[name], anchors, title, intro, name)))
    ranked = rankings(run)
    if ranked:
        place = 0 if _is_about(ranked, run) else len(sections)
        sections.insert(place, ("moved", "What moved", moved(ranked, anchors)))
    sections.append(("next", "What to do next", next_steps(run, anchors)))
    if is_layered(run):
        sections.append(("layers", "Layer by layer", pyramid(run, anchors)))
    sections.append(("certainty", "How sure are we", certainty(ordered, anchors)))
    if run.scores:
        part = scores(run, earlier, history, pictures)
        sections.append(("scores", "Data quality", part))
    if spoken is not None and (costs := taken(spoken.taken)) is not None:
        sections.append(("taken", "Time, tokens and money", costs))
    if spoken is not None and spoken.rivals:
        from assay.report.comparison.rivals import rivals_section

        sections.append(("rivals", "Models side by side", rivals_section(spoken.rivals)))
    if previous is not None:
        sections.append(("changed", "What changed", changed(run, previous)))
    if failing:
        title, intro = "Where it fails", "Slice by slice, row by row, for what did not pass."
        part = details("failing", title, intro, failing, anchors, pictures, opened=True)
        sections.append(("failing", title, part))
    if spoken is not None:
        from assay.report.transcripts.section import transcripts_section

        part = transcripts_section(spoken.paged, spoken.folder)
        sections.append(("transcripts", "Transcripts", part))
    if passing:
        title, intro = "Behind the passes", "The same for the checks that passed."
        part = details("passing", title, intro, passing, anchors, pictures, opened=False)
        sections.append(("passing", title, part))
    sections.append(("provenance", "Provenance", provenance(run)))

    contents = [(anchor, title) for anchor, title, _ in sections]
    main = h("main", {"id": "main"}, decision(run, contents), [part for _, _, part in sections])
    return _document(run, main, spoken)


def _is_about(ranked: Sequence[Ranking], run: Run) -> bool:
    """Whether all that is missed speaks of the tables compared: then what moved comes first."""
    pairs = {(ranking.on, ranking.against) for ranking in ranked}
    misses = [result for result in run.results if result.verdict not in ("pass", "not_applicable")]
    return bool(misses) and all((r.data or r.on, r.against) in pairs for r in misses)


def _document(run: Run, main: Element, spoken: Spoken | None) -> str:
    version = run.environment.packages.get("assay", "")
    written = f"Written by Assay {version}".strip()
    style, code = css() + filter_css(), ""
    if spoken is not None:
        from assay.report.comparison.style import CSS as COMPARISON
        from assay.report.transcripts.section import script
        from assay.report.transcripts.style import CSS

        style, code = style + CSS + TAKEN + (COMPARISON if spoken.rivals else ""), script()
    return document(
        f"{DECISIONS[run.decision][1]}: {run.suite.name}",
        style,
        "Skip to the decision",
        top("Assay report for ", h("strong", None, run.suite.name)),
        main,
        h("footer", None, written, f". Document {run.schema}."),
        script=code,
        loads=spoken is not None and spoken.paged.beside > 0,
    )
