"""Which samples flipped: both ways, with the question and the answers of both, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.comparison.words import flips_text
from assay.report.html.layout import section
from assay.report.html.markup import h
from assay.report.html.wording import beside
from assay.report.text import figure

if TYPE_CHECKING:
    from assay.core.comparison import Comparison, Flip, Flips, Way
    from assay.report.html.markup import Element, Node

_OPENED = 3
_BRIEF = 160

Sides = tuple[str, str]
_RUNS: Sides = ("First answer", "Second answer")


def flipped(comparison: Comparison, sides: Sides = _RUNS) -> Element:
    """The section of all flips.

    Args:
        sides: what stands above each side's answer.
    """
    return section(
        "flips",
        "Which samples flipped",
        "The same question, scored otherwise; the greatest change first. Words that only one of "
        "the answers has are marked.",
        [flips_part(one, sides) for one in comparison.flips],
    )


def flips_part(flips: Flips, sides: Sides = _RUNS) -> Element:
    """The flips of one check."""
    return h(
        "div",
        {"class": "movement"},
        h("h3", None, flips.id),
        h("p", None, flips_text(flips)),
        [_way(way, sides) for way in flips.ways if way.some],
    )


def _way(way: Way, sides: Sides) -> Node:
    shown = len(way.some)
    rest = f" ({shown:,} of {way.total:,})" if way.total > shown else f" ({way.total:,})"
    title = h("h4", {"class": "way"}, way.title, h("span", {"class": "muted"}, rest))
    return title, [_flip(flip, sides, opened=at < _OPENED) for at, flip in enumerate(way.some)]


def _flip(flip: Flip, sides: Sides, *, opened: bool) -> Element:
    question = " ".join(flip.question.split())
    brief = question if len(question) <= _BRIEF else f"{question[:_BRIEF]}…"
    summary = h(
        "summary", None, h("span", {"class": "id"}, flip.unit), h("span", None, brief),
        h("span", {"class": "muted"}, f"{figure(flip.score_before)} → {figure(flip.score_after)}"),
    )  # fmt: skip
    titles = (
        (sides[0], f" · score {figure(flip.score_before)}"),
        (sides[1], f" · score {figure(flip.score_after)}"),
    )
    body = h(
        "div",
        {"class": "flip"},
        h("p", {"class": "asked"}, flip.question) if brief != flip.question else None,
        h("p", None, h("span", {"class": "muted"}, "Target: "), flip.target)
        if flip.target
        else None,
        beside(titles, flip.before, flip.after),
        h("p", {"class": "why"}, f"{sides[1]}: {flip.reason}") if flip.reason else None,
    )
    return h("details", {"open": opened}, summary, body)
