"""Two texts side by side, with the words marked in which they differ."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from assay.report.html.markup import h

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.report.html.markup import Element, Node

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_LIKE = 0.3
_MANY = 1_500


def worded(before: str, after: str) -> tuple[Node, Node]:
    """Both texts, what only the first has within ``del`` and what only the second has in ``ins``.

    Words are aligned as by Ratcliff and Obershelp (``difflib``). Texts that share less than three
    tenths of their words are left unmarked: nothing would stand out.
    """
    a, b = _WORDS.findall(before), _WORDS.findall(after)
    if a == b or not a or not b:
        return before, after
    # Beyond that many words, frequent ones are not aligned: time grows with their square.
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) + len(b) > _MANY)
    if matcher.ratio() < _LIKE:
        return before, after
    left: list[Node] = []
    right: list[Node] = []
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            left.append("".join(a[i:j]))
            right.append("".join(b[k:m]))
            continue
        left.append(_marked("del", a[i:j]))
        right.append(_marked("ins", b[k:m]))
    return left, right


def _marked(name: str, words: Sequence[str]) -> Node:
    return h(name, None, "".join(words)) if words else None


def beside(titles: tuple[Node, Node], before: str | None, after: str | None) -> Element:
    """Two columns: titles above, the texts below with their differences."""
    marked: tuple[Node, Node] = (before, after)
    if before is not None and after is not None:
        marked = worded(before, after)
    columns = [
        h("div", None, h("p", {"class": "whose"}, title), _said(text, words))
        for title, text, words in zip(titles, (before, after), marked, strict=True)
    ]
    return h("div", {"class": "beside"}, columns)


def _said(text: str | None, words: Node) -> Element:
    if not text:
        return h("p", {"class": "said muted"}, "no answer" if text is None else "an empty answer")
    return h("p", {"class": "said", "dir": "auto"}, words)


CSS = """
.beside{display:grid;gap:.5rem 1.25rem;grid-template-columns:repeat(2,minmax(0,1fr));
margin-top:.6rem}
.beside .whose{font-size:.8125rem;color:var(--muted);margin-bottom:.2rem}
.beside .said{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9375rem;line-height:1.5;
padding:.6rem .85rem;border-radius:.4rem;border:1px solid var(--line)}
del{background:var(--fail-soft);color:var(--fail);border-radius:.2rem}
ins{background:var(--pass-soft);color:var(--pass);border-radius:.2rem;
text-decoration-thickness:1px}
@media (max-width:40rem){.beside{grid-template-columns:minmax(0,1fr)}}
"""
