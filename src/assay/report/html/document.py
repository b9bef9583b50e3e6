"""A whole page: one file, no network, and no script but, for transcripts, one of ours.

Its content security policy forbids everything but its own stylesheet and that script, both known
by their hashes, so that even a defect in the escaping could not run or load anything. Only what
that script itself loads is let through (``strict-dynamic``), where pages stand beside the file.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from assay.report.html.markup import h, program, stylesheet

if TYPE_CHECKING:
    from assay.report.html.markup import Element, Node

_THEMES = (("auto", "Auto"), ("light", "Light"), ("dark", "Dark"))


def document(
    title: str, css: str, skip: str, *content: Node, script: str = "", loads: bool = False
) -> str:
    """The page as text.

    Args:
        css: the stylesheet: our own text only, never a value.
        skip: words of the link that leads past the top, to the element ``main``.
        content: what the page holds, in order.
        script: that runs at the end of the page: our own text only; "" for none.
        loads: the script may load files beside the page.
    """
    policy = (
        f"default-src 'none'; style-src {_hash(css)}; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )
    if script:
        policy += f"; script-src {_hash(script)}" + (" 'strict-dynamic'" if loads else "")
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
    body = h("body", None, link, page, program(script) if script else None)
    return f"<!doctype html>\n{h('html', {'lang': 'en'}, head, body)}\n"


def _hash(text: str) -> str:
    """As a policy names it."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


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
