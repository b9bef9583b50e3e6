"""A subject of answers that exist already, in the place of a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.check import LanguageModelSpec
from assay.core.errors import SubjectError
from assay.subjects.language.stored import open_stored
from assay.suite.language import PRICE_KEYS
from assay.suite.nodes import leaves

if TYPE_CHECKING:
    from assay.suite.nodes import Entries
    from assay.suite.reader import Reader

ANSWERS_KEYS = ("answers", "fields", "format", "price")


def read_answers(reader: Reader, entries: Entries, folder: str) -> LanguageModelSpec | None:
    """Answers in a file; None after an error."""
    before = len(reader.errors)
    items = entries.items
    path = reader.text(items["answers"], "answers")
    names: dict[str, str] = {}
    if "fields" in items and (fields := reader.entries(items["fields"], "fields")):
        for name, node in fields.items.items():
            names[name] = reader.text(node, f"fields.{name}") or ""
    written = reader.text(items["format"], "format") if "format" in items else None
    prices: dict[str, float | None] = dict.fromkeys(PRICE_KEYS)
    if "price" in items and (price := reader.entries(items["price"], "price", PRICE_KEYS)):
        for key in PRICE_KEYS:
            if key not in price.items:
                reader.note(price.at, f"price needs the key {key!r}: of a million tokens.")
                continue
            prices[key] = reader.number(price.items[key], f"price.{key}")
            if (prices[key] or 0) < 0:
                reader.wanted(price.items[key], f"price.{key}", "0 or more")
    if path is None or len(reader.errors) > before:
        return None
    spec = LanguageModelSpec(
        answers=path, answers_fields=names, answers_format=written,
        price_prompt=prices["prompt"], price_completion=prices["completion"],
        location=entries.at,
    )  # fmt: skip
    try:
        open_stored(spec, folder=folder)
    except SubjectError as error:
        node = items["answers"]
        if any(leaf.secret for leaf in leaves(node)):
            reader.note(node.at, "There are no such answers (the path holds a variable).")
        else:
            reader.note(node.at, error.message, error.hint)
        return None
    return spec
