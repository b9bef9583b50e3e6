"""A comparison as one HTML file to look at: the rules are those of the report of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.criterion import AtLeast, AtMost, Equals
from assay.report.comparison.flipped import flipped
from assay.report.comparison.slices import moved
from assay.report.comparison.style import CSS
from assay.report.comparison.words import CHANGES, change_text, signed, tally, told
from assay.report.html.bars import interval_bar, scale
from assay.report.html.document import document, top
from assay.report.html.layout import head_row, section
from assay.report.html.markup import h
from assay.report.html.style import css
from assay.report.text import counted, figure, interval_text, key_text, unit_text, visible

if TYPE_CHECKING:
    from assay.core.comparison import ComparedRun, Comparison, Difference
    from assay.report.html.markup import Element, Node

_BAR = 200


def render(comparison: Comparison, *, version: str = "") -> str:
    """The page.

    Args:
        version: of Assay, for the foot of the page.
    """
    a, b = (run.name or run.id for run in (comparison.a, comparison.b))
    written = f"Written by Assay {version}".strip()
    main = h(
        "main",
        {"id": "main"},
        _overview(comparison),
        _differences(comparison) if comparison.differences else None,
        flipped(comparison) if comparison.flips else None,
        moved(comparison) if comparison.movements else None,
        _apart(comparison),
        _notes(comparison),
    )
    return document(
        f"Comparison of {visible(a)} and {visible(b)}",
        css() + CSS,
        "Skip to the comparison",
        top("Assay comparison"),
        main,
        h("footer", None, written, "."),
    )


def _overview(comparison: Comparison) -> Element:
    """Which runs, and what the differences come to."""
    a, b = comparison.a, comparison.b
    counts = tally(comparison.differences)
    chips = [
        h(
            "li",
            {"class": f"chip tone-{verdict}"},
            f"{CHANGES[verdict][0]} {n:,} {CHANGES[verdict][1]}",
        )
        for verdict, n in counts
    ]
    n = len(comparison.differences)
    lede = (
        f"{counted(n, 'measurement')} that both runs have." if n else "They have nothing in common."
    )
    return h(
        "section",
        {"class": "overview", "id": "overview", "aria-labelledby": "runs"},
        h("h1", {"id": "runs"}, f"{a.name or a.id} → {b.name or b.id}"),
        h("p", {"class": "lede"}, lede),
        h("ul", {"class": "chips"}, chips) if chips else None,
        h("p", {"class": "facts"}, _run("first", a), _run("second", b)),
    )


def _run(word: str, run: ComparedRun) -> Element:
    return h(
        "span", None, f"{word}: {run.id}, suite {run.suite}, {run.started}, decision {run.decision}"
    )


def _differences(comparison: Comparison) -> Element:
    """Every difference in one table, its interval against what is no worse."""
    margin = comparison.margin
    zone = (
        f"The shaded zone is where a loss is at most {figure(margin)}."
        if margin is not None
        else "The shaded zone is where the second run is better."
    )
    return section(
        "differences",
        "What changed",
        f"Each difference with its interval at {comparison.level * 100:.4g} %. {zone}",
        differences_table(comparison, ("First", "Second")),
    )


def differences_table(comparison: Comparison, sides: tuple[str, str]) -> Element:
    """A row for each difference.

    Args:
        sides: what the two are called.
    """
    titles = (
        ("Change", None), ("Check", None), ("Difference", None),
        (f"{sides[1]} − {sides[0].lower() if sides[0] == 'First' else sides[0]}", "number"),
        (sides[0], "number"), (sides[1], "number"), ("Rows", "number"),
    )  # fmt: skip
    rows = [_row(d, comparison.margin) for d in told(comparison, everything=True)]
    return h(
        "div",
        {"class": "scroll", "role": "region", "tabindex": 0, "aria-label": "All differences"},
        h(
            "table",
            {"class": "differences"},
            h("caption", {"class": "hidden"}, "All differences"),
            h("thead", None, head_row(titles)),
            h("tbody", None, rows),
        ),
    )


def chip(difference: Difference) -> Element:
    """The verdict, as a sign and a word."""
    sign, word = CHANGES[difference.verdict]
    return h("span", {"class": f"chip tone-{difference.verdict}"}, f"{sign} {word}")


def _row(difference: Difference, margin: float | None) -> Element:
    m = difference.difference
    good = zone_of(difference, margin)
    on = scale([m], good, _BAR)
    about: Node = key_text(difference.key) or None
    paired = "paired" if difference.paired else "independent"
    return h(
        "tr",
        None,
        h("td", None, chip(difference)),
        h(
            "th",
            {"scope": "row"},
            h("span", {"class": "id"}, difference.id),
            h("span", {"class": "about"}, about) if about else None,
        ),
        h("td", None, interval_bar(m, good, change_text(difference), on)),
        h(
            "td",
            {"class": "number"},
            signed(m.value),
            unit_text(m.unit),
            h("span", {"class": "interval"}, interval_text(m)),
        ),
        h("td", {"class": "number"}, figure(difference.a.value)),
        h("td", {"class": "number"}, figure(difference.b.value)),
        h(
            "td",
            {"class": "number"},
            f"{difference.n_common or m.n:,}",
            h("span", {"class": "interval"}, paired),
        ),
    )


def zone_of(difference: Difference, margin: float | None) -> AtLeast | AtMost | Equals:
    """Where a difference is no loss, or one within the margin."""
    if difference.higher_is_better is None:
        return Equals(0.0)
    bound = margin or 0.0
    return AtLeast(-bound) if difference.higher_is_better else AtMost(bound)


def _apart(comparison: Comparison) -> Node:
    """Checks that only one of the runs has."""
    lists = [
        (word, ids)
        for word, ids in (
            ("Only in the first run", comparison.only_in_a),
            ("Only in the second run", comparison.only_in_b),
        )
        if ids
    ]
    if not lists:
        return None
    return section(
        "apart",
        "In one run only",
        "Checks are matched by their ids.",
        [
            [
                h("h3", {"class": "listed"}, word),
                h("ul", {"class": "bare"}, [h("li", None, i) for i in ids]),
            ]
            for word, ids in lists
        ],
    )


def _notes(comparison: Comparison) -> Node:
    if not comparison.notes:
        return None
    return section(
        "notes",
        "How it was compared",
        "What a verdict rests on.",
        h("ul", {"class": "bare"}, [h("li", None, note) for note in comparison.notes]),
    )
