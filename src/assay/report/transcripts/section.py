"""The section of transcripts: controls, an empty list, the data, and the script that fills it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from assay.report.html.layout import section
from assay.report.html.markup import data_block, h

if TYPE_CHECKING:
    from assay.report.html.markup import Element, Node
    from assay.report.transcripts.paging import Paged

_STATES = (
    ("all", "All samples"),
    ("short", "Falls short"),
    ("best", "As good as can be"),
    ("none", "No answer"),
    ("refusal", "Refused"),
    ("cut", "Cut off or filtered"),
)


@cache
def script() -> str:
    """The program that shows transcripts: our own text only."""
    return files("assay.report.transcripts").joinpath("browser.js").read_text(encoding="utf-8")


def transcripts_section(paged: Paged, folder: str) -> Element:
    """The section.

    Args:
        folder: name of the folder of files beside the page.
    """
    intro = "Every sample with its answers and what each check says of them, worst first."
    if paged.beside:
        intro += f" All but the first are in the folder {folder} beside this file: keep it there."
    without = h(
        "noscript", None,
        h("p", {"class": "note"},
          "Transcripts are shown by a script, which is off here. What fails is shown above."),
    )  # fmt: skip
    return section(
        "transcripts", "Transcripts", intro, without, _controls(), _list(),
        data_block("transcripts-data", paged.data, {"data-folder": folder}),
    )  # fmt: skip


def _controls() -> Element:
    search: dict[str, str | bool] = {"type": "search", "id": "transcripts-text",
                                     "autocomplete": "off", "spellcheck": "false"}  # fmt: skip
    return h(
        "div",
        {"class": "browse", "id": "transcripts-browse", "role": "search", "hidden": True,
         "aria-label": "Transcripts"},
        _choice("group", "Answers of", []),
        _choice("check", "Check", [("", "any")]),
        _choice("state", "Show", list(_STATES)),
        _choice("facet", "Where", [("", "anything")]),
        h("label", {"for": "transcripts-text", "class": "wide"},
          h("span", None, "Search"), h("input", search)),
    )  # fmt: skip


def _choice(name: str, title: str, options: list[tuple[str, str]]) -> Element:
    listed = [h("option", {"value": value}, word) for value, word in options]
    named = f"transcripts-{name}"
    return h("label", {"for": named}, h("span", None, title), h("select", {"id": named}, listed))


def _list() -> Node:
    return [
        h("p", {"id": "transcripts-told", "class": "told", "role": "status"}),
        h("ol", {"id": "transcripts-list", "class": "transcripts-list"}),
        h("button", {"id": "transcripts-more", "type": "button", "hidden": True}, "Show more"),
    ]
