"""The two shapes that the page is made of: a titled section, and a table that scrolls by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.markup import h

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.report.html.markup import Element, Node


def section(anchor: str, title: str, intro: Node, *children: Node) -> Element:
    """A landmark with its heading and a sentence on what it holds."""
    return h(
        "section",
        {"id": anchor, "class": anchor, "aria-labelledby": f"{anchor}-title"},
        h("h2", {"id": f"{anchor}-title"}, title),
        h("p", {"class": "intro"}, intro),
        *children,
    )


def head_row(titles: Sequence[tuple[str, str | None]]) -> Element:
    """Column headings: (title, class)."""
    return h("tr", None, [h("th", {"scope": "col", "class": kind}, text) for text, kind in titles])


def scrolling_table(
    title: str,
    head: Node,
    rows: Sequence[Element],
    *,
    note: str = "",
    kind: str | None = None,
) -> Element:
    """A table with a caption. A wide one scrolls in its own box, by keyboard too; the page never.

    Args:
        title: the caption; ``note`` follows it in a lighter tone.
        head: one or more rows of headings.
        rows: the body.
        kind: class of the table.
    """
    caption = h("caption", None, title, h("span", {"class": "muted"}, note))
    body = h("tbody", None, rows)
    return h(
        "div",
        {"class": "scroll", "role": "region", "tabindex": 0, "aria-label": title},
        h("table", {"class": kind}, caption, h("thead", None, head), body),
    )
