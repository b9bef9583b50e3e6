"""A profile as one HTML file to look at: the rules are those of the report of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.document import document, top
from assay.report.html.markup import h
from assay.report.html.style import css
from assay.report.profile.columns import columns
from assay.report.profile.sections import method, missing, related, rows, worth_a_look
from assay.report.profile.style import CSS
from assay.report.profile.words import percent
from assay.report.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.profile import TableProfile
    from assay.report.html.markup import Element, Node


def render(profile: TableProfile, *, version: str = "") -> str:
    """The page.

    Args:
        version: of Assay, for the foot of the page.
    """
    # Names of columns may hold anything; anchors are counted.
    anchors = {column.name: f"column-{i}" for i, column in enumerate(profile.columns, 1)}
    parts: list[tuple[str, str, Node]] = [
        ("look", "Worth a look", worth_a_look(profile, anchors)),
        ("columns", "Columns", columns(profile, anchors) if profile.columns else None),
    ]
    if profile.gaps is not None:
        parts.append(("missing", "Missing together", missing(profile.gaps, profile.rows)))
    if profile.correlations is not None:
        found = related(profile.correlations, profile.rows)
        parts.append(("correlations", "Correlations", found))
    if profile.first:
        parts.append(("rows", "The first rows", rows(profile)))
    parts.append(("method", "How it was taken", method(profile)))
    shown = [(anchor, title, part) for anchor, title, part in parts if part is not None]
    contents = [(anchor, title) for anchor, title, _ in shown]
    main = h("main", {"id": "main"}, _overview(profile, contents), [part for *_, part in shown])
    written = f"Written by Assay {version}".strip()
    return document(
        f"Profile of {visible(profile.source)}",
        css() + CSS,
        "Skip to the profile",
        top("Assay profile"),
        main,
        h("footer", None, written, f". Document {profile.schema}."),
    )


def _overview(profile: TableProfile, contents: Sequence[tuple[str, str]]) -> Element:
    """What the table is, how large, and how much of it is there."""
    size = f"{counted(profile.rows, 'row')}, {counted(len(profile.columns), 'column')}."
    links = [h("li", None, h("a", {"href": f"#{i}"}, title)) for i, title in contents]
    return h(
        "section",
        {"class": "overview", "id": "overview", "aria-labelledby": "source"},
        h("h1", {"id": "source"}, profile.source),
        h("p", {"class": "lede"}, size),
        h("p", {"class": "facts"}, [h("span", None, fact) for fact in _facts(profile)]),
        h("nav", {"class": "contents", "aria-label": "Sections"}, h("ul", None, links)),
    )


def _facts(profile: TableProfile) -> list[str]:
    kinds: dict[str, int] = {}
    for column in profile.columns:
        kinds[column.kind] = kinds.get(column.kind, 0) + 1
    found = [f"{n:,} {kind}" for kind, n in sorted(kinds.items(), key=lambda item: -item[1])]
    cells, nulls = profile.rows * len(profile.columns), sum(c.nulls for c in profile.columns)
    if cells:
        found.append(f"{percent(nulls, cells)} of all cells null" if nulls else "no nulls")
    if profile.repeated is not None and profile.rows:
        about = "about " if profile.repeated_error else ""
        n = profile.repeated
        found.append(f"{about}{counted(n, 'repeated row')}" if n else "no repeated rows")
    alerts = len(profile.alerts) + sum(len(c.alerts) for c in profile.columns)
    found.append(f"{counted(alerts, 'alert')}" if alerts else "no alerts")
    return found
