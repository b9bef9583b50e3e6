"""A drawn SVG, taken apart and rebuilt from what cannot act: an allow-list, not a search for evil.

Scripts, links, images, styles, event attributes and outside references are not on the list, so
they are gone whatever wrote them. Ids are made unique to the picture, because all pictures of a
page share one name space.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from assay.report.html.markup import Element, Node, h

if TYPE_CHECKING:
    from collections.abc import Mapping

_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset(
    {"svg", "g", "path", "line", "rect", "circle", "ellipse", "polygon", "polyline", "text",
     "tspan", "defs", "clipPath", "linearGradient", "radialGradient", "stop"}
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {"d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "width",
     "height", "points", "transform", "viewBox", "fill", "fill-opacity", "fill-rule", "stroke",
     "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
     "stroke-linejoin", "stroke-miterlimit", "opacity", "font-size", "font-weight", "font-style",
     "text-anchor", "dominant-baseline", "clip-path", "clip-rule", "id", "offset", "stop-color",
     "stop-opacity", "gradientUnits", "gradientTransform", "fx", "fy", "display", "visibility"}
)  # fmt: skip
# Vega writes its defaults on every mark; saying them again would be a third of the page.
_DEFAULTS = {
    ("opacity", "1"),
    ("display", "inline"),
    ("fill-opacity", "1"),
    ("stroke-opacity", "1"),
}
_REFERENCE = re.compile(r"url\(#([\w-]+)\)")
_FUNCTION = re.compile(r"([a-zA-Z-]+)\(")
_FUNCTIONS = frozenset(
    {"rgb", "rgba", "hsl", "hsla", "var", "translate", "rotate", "scale", "matrix", "skewX",
     "skewY"}
)  # fmt: skip


def rebuilt(svg: str, *, prefix: str, attributes: Mapping[str, str]) -> Element:
    """The picture from its allowed parts; ``attributes`` replace those of the outermost element.

    Raises:
        ValueError: it is not an SVG, or declares a document type.
    """
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        raise ValueError("the drawing declares a document type")
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - no document type, so no entities
    except ElementTree.ParseError as error:
        raise ValueError(f"the drawing is not XML: {error}") from None
    if root.tag != f"{_SVG}svg":
        raise ValueError("the drawing is not an SVG")
    names = _Names(prefix)
    kept = _attributes(root, names)
    size = {name: value for name, value in kept.items() if name in {"width", "height", "viewBox"}}
    return h("svg", {**size, **attributes}, *_children(root, names))


class _Names(dict[str, str]):
    """New names for the ids of one picture, counted, so that equal pictures are equal text."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def __missing__(self, name: str) -> str:
        self[name] = f"{self.prefix}{len(self) + 1}"
        return self[name]


def _element(element: ElementTree.Element, names: _Names) -> Node:
    name = element.tag.removeprefix(_SVG) if isinstance(element.tag, str) else ""
    if name == "a":  # a link's picture stays, its address goes
        return _children(element, names)
    if name not in _ELEMENTS:
        return None
    kept = _attributes(element, names)
    if (name == "path" and not kept.get("d")) or kept.get("display") == "none":
        return None  # Vega's empty backgrounds
    children = _children(element, names)
    if name == "g" and not children:
        return None
    return h(name, kept, *children)


def _children(element: ElementTree.Element, names: _Names) -> list[Node]:
    """Text and allowed elements within, in order."""
    found: list[Node] = [element.text] if element.text and element.text.strip() else []
    for child in element:
        node = _element(child, names)
        if node is not None and node != []:
            found.append(node)
        if child.tail and child.tail.strip():
            found.append(child.tail)
    return found


def _attributes(element: ElementTree.Element, names: _Names) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name not in _ATTRIBUTES or (name, value) in _DEFAULTS:
            continue
        if name == "id":
            kept[name] = names[value]
        elif reference := _REFERENCE.fullmatch(value):
            kept[name] = f"url(#{names[reference[1]]})"
        elif all(function in _FUNCTIONS for function in _FUNCTION.findall(value)):
            kept[name] = value
    return kept
