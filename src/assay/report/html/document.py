"""A whole page: one file, no script, no network, nothing outside the file.

Its content security policy forbids everything but its own stylesheet, known by its hash, so that
even a defect in the escaping could not run or load anything.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from assay.report.html.markup import h, stylesheet

if TYPE_CHECKING:
    from assay.report.html.markup import Element, Node

_THEMES = (("auto", "Auto"), ("light", "Light"), ("dark", "Dark"))


def document(title: str, css: str, skip: str, *content: Node) -> str:
    """The page as text.

    Args:
        css: the stylesheet: our own text only, never a value.
        skip: words of the link that leads past the top, to the element ``main``.
        content: what the page holds, in order.
    """
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )
    head = h(
        "head",
        None,
        h("meta", {"charset": "utf-8"}),
        h("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        h("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        h("meta", {"name": "color-scheme", "content": "light dark"}),
        h("meta", {"name": "referrer", "content": "no-referrer"}),
        h("link", {"rel": "icon", "href": "data:,"}),
        h("title", None, title),
        stylesheet(css),
    )
    link = h("a", {"class": "skip", "href": "#main"}, skip)
    page = h("div", {"class": "page"}, *content)
    return f"<!doctype html>\n{h('html', {'lang': 'en'}, head, h('body', None, link, page))}\n"


def top(*words: Node) -> Element:
    """What the page is, and the choice of theme (three radio buttons; CSS does the rest)."""
    themes = [
        h(
            "label",
            None,
            h("input", {"type": "radio", "name": "theme", "id": f"theme-{name}",
                        "checked": name == "auto"}),
            word,
        )
        for name, word in _THEMES
    ]  # fmt: skip
    legend = h("legend", {"class": "hidden"}, "Colours of this page")
    return h(
        "header",
        {"class": "top"},
        h("span", None, *words),
        h("fieldset", {"class": "themes"}, legend, themes),
    )
