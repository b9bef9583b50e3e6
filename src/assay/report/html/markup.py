"""Elements as data, escaped when they are written: there is no way to paste a value into markup.

``h("p", {"class": "lede"}, text, h("code", {}, name))``. Strings are text, always; the only markup
is what :func:`h` builds. Names of elements and attributes come from this package alone and are
checked against what cannot carry a script.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, TypeAlias

from assay.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Node: TypeAlias = "Element | str | Iterable[Node] | None"
Attribute: TypeAlias = "str | int | float | bool | None"

_VOID = frozenset({"meta", "link", "input", "br", "hr"})
_FORBIDDEN = frozenset({"script", "iframe", "object", "embed", "base", "form", "foreignobject"})
_ADDRESSES = ("#", "data:,")


@dataclass(frozen=True, slots=True)
class Element:
    """One element; build it with :func:`h`."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Node, ...]

    def __str__(self) -> str:
        out: list[str] = []
        _write(self, out)
        return "".join(out)


def h(name: str, attributes: Mapping[str, Attribute] | None = None, *children: Node) -> Element:
    """An element. Attributes that are None or False are left out; True stands alone.

    Raises:
        ValueError: the element or attribute could run a script or load something.
    """
    if name.lower() in _FORBIDDEN:
        raise ValueError(f"a report has no <{name}>")
    held = tuple(
        (key, "" if value is True else str(value))
        for key, value in (attributes or {}).items()
        if value is not None and value is not False
    )
    for key, value in held:
        if key.startswith("on") or key in {"style", "srcdoc", "src"}:
            raise ValueError(f"a report has no attribute {key}")
        if key in {"href", "xlink:href"} and not value.startswith(_ADDRESSES):
            raise ValueError(f"a report links only within itself, not to {value!r}")
    return Element(name, held, children)


def stylesheet(css: str) -> Element:
    """A ``style`` element: our own text only, never a value.

    Raises:
        ValueError: the text would end the element.
    """
    if "<" in css:
        raise ValueError("a stylesheet has no '<'")
    return Element("style", (), (_Verbatim(css),))


def program(code: str) -> Element:
    """A ``script`` element: our own text only, never a value; the policy knows it by its hash.

    Raises:
        ValueError: the text could end the element.
    """
    if "</" in code or "<!--" in code:
        raise ValueError("a script has no '</'")
    return Element("script", (), (_Verbatim(code),))


def data_block(name: str, json: bytes, attributes: Mapping[str, Attribute]) -> Element:
    """Data for a script of the page: JSON, which no browser runs.

    Args:
        name: id of the element. json: with every ``<``, ``>`` and ``&`` escaped.

    Raises:
        ValueError: the JSON could end the element.
    """
    if b"<" in json:
        raise ValueError("data for a script have no '<'")
    held = h("template", {"id": name, **attributes}).attributes
    kind = ("type", "application/json")
    return Element("script", (kind, *held), (_Verbatim(json.decode()),))


class _Verbatim(str):
    """Text that is not escaped: a stylesheet's, a script's, its data."""

    __slots__ = ()


def _write(node: Node, out: list[str]) -> None:
    if node is None:
        return
    if isinstance(node, _Verbatim):
        out.append(str(node))
    elif isinstance(node, str):
        out.append(escape(visible(node, lines=True), quote=False))
    elif isinstance(node, Element):
        held = "".join(f' {k}="{escape(visible(v, lines=True))}"' for k, v in node.attributes)
        out.append(f"<{node.name}{held}>")
        if node.name not in _VOID:
            for child in node.children:
                _write(child, out)
            out.append(f"</{node.name}>")
    else:
        for child in node:
            _write(child, out)
