"""Samples that are made: variants of those in a file, and facts hidden in long texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.check import SamplesSpec
from assay.core.errors import SubjectError
from assay.core.samples import NeedleSpec, VariantSpec
from assay.subjects.samples.opening import open_samples
from assay.subjects.samples.variants import find
from assay.suite.nodes import Entries, Items, leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.suite.nodes import Node
    from assay.suite.reader import Reader

VARIATION_KEYS = ("variants", "copies", "seed")
NEEDLE_SUBJECT_KEYS = ("needle", *VARIATION_KEYS)
NEEDLE_KEYS = ("lengths", "depths", "copies", "text", "fact", "question", "target")
_FACT = ("fact", "question", "target")
_HIDDEN = "The needle makes no sense (what it says holds a variable, which is not shown)."


def read_variation(reader: Reader, items: Mapping[str, Node]) -> dict[str, Any]:
    """The keys of :data:`VARIATION_KEYS`, where given."""
    found: dict[str, Any] = {}
    if "variants" in items:
        read = [
            _variant(reader, node) for node in reader.items(items["variants"], "variants") or ()
        ]
        kept = tuple(v for v in read if v is not None)
        names = [v.name for v in kept]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            reader.note(items["variants"].at, f"variants names {twice!r} twice.")
        found["variants"] = kept
    if "copies" in items:
        found["copies"] = reader.whole(items["copies"], "copies", least=1)
        if "variants" not in items:
            reader.note(items["copies"].at, "copies are of variants: name some, as `variants`.")
    if "seed" in items:
        found["seed"] = reader.whole(items["seed"], "seed", least=0)
    return {key: value for key, value in found.items() if value is not None}


def _variant(reader: Reader, node: Node) -> VariantSpec | None:
    """One variant: a name, a name with its strength, or several of these, one after the other."""
    steps = node.items if isinstance(node, Items) else (node,)
    if not steps:
        reader.note(node.at, "variants: an empty list changes nothing.")
    read = [_step(reader, step) for step in steps]
    kept = tuple(step for step in read if step is not None)
    return VariantSpec(kept) if kept and len(kept) == len(read) else None


def _step(reader: Reader, node: Node) -> tuple[str, float | None] | None:
    strength = None
    if isinstance(node, Entries):
        if len(node.items) != 1:
            reader.wanted(node, "a variant", "a name, or {name: strength}")
            return None
        ((name, value),) = node.items.items()
        strength = reader.number(value, name)
        if strength is None:
            return None
    else:
        named = reader.text(node, "each item of variants")
        if named is None:
            return None
        name = named
    try:
        find(name).hold(strength)
    except SubjectError as error:
        reader.note(node.at, error.message, error.hint)
        return None
    return name, strength


def read_needle_subject(reader: Reader, entries: Entries, folder: str) -> SamplesSpec | None:
    """A grid of facts hidden in texts, as samples; None after an error."""
    before = len(reader.errors)
    node = entries.items["needle"]
    needle = _needle(reader, node)
    more = read_variation(reader, entries.items)
    if needle is None or len(reader.errors) > before:
        return None
    spec = SamplesSpec(needle=needle, **more, location=entries.at)
    try:
        open_samples(spec, folder=folder)
    except SubjectError as error:
        secret = any(leaf.secret for leaf in leaves(node))
        reader.note(node.at, _HIDDEN if secret else error.message, None if secret else error.hint)
        return None
    return spec


def _needle(reader: Reader, node: Node) -> NeedleSpec | None:
    before = len(reader.errors)
    entries = reader.entries(node, "needle", NEEDLE_KEYS)
    if entries is None:
        return None
    items = entries.items
    if "lengths" not in items:
        reader.note(entries.at, "needle needs the key 'lengths': of the texts, in characters.")
        return None
    listed = reader.items(items["lengths"], "lengths") or ()
    lengths = [reader.whole(n, "each of lengths", least=1) for n in listed]
    given: dict[str, Any] = {"lengths": tuple(n for n in lengths if n is not None)}
    if "depths" in items:
        listed = reader.items(items["depths"], "depths") or ()
        depths = [reader.number(n, "each of depths") for n in listed]
        given["depths"] = tuple(d for d in depths if d is not None)
    if "copies" in items:
        given["copies"] = reader.whole(items["copies"], "copies", least=1)
    for key in ("text", *_FACT):
        if key in items:
            given[key] = reader.text(items[key], key)
    return NeedleSpec(**given) if len(reader.errors) == before else None
