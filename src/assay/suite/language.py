"""Subjects of a suite that are about language: models that answer, and samples to ask them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assay.core.check import LanguageModelSpec, SamplesSpec
from assay.core.endpoint import APIS, NOT_SENT, address_fault, api_of, key_fault
from assay.core.errors import SubjectError
from assay.subjects.samples.opening import open_samples
from assay.suite.application import read_application
from assay.suite.nodes import Entries, Leaf, leaves, plain
from assay.suite.variation import VARIATION_KEYS, read_variation

if TYPE_CHECKING:
    from assay.suite.nodes import Node
    from assay.suite.reader import Reader

NUMBERS = ("temperature", "top_p", "requests_per_minute", "tokens_per_minute", "timeout")
WHOLES = ("max_tokens", "repeats", "concurrency", "attempts")
TRUTHS = ("stream", "logprobs", "cache")
TEXTS = ("model", "system", "template")
LANGUAGE_KEYS = (
    "llm", "api", *TEXTS, "api_key", "headers", *NUMBERS, "seed", *WHOLES, "stop", "options",
    *TRUTHS, "price", "budget",
)  # fmt: skip
SAMPLES_KEYS = ("samples", "fields", "format", *VARIATION_KEYS)
PRICE_KEYS = ("prompt", "completion")
BUDGET_KEYS = ("money", "tokens")

LOCAL = "transformers:"
"""What the name of a model in this process begins with."""
_OF_AN_ADDRESS = ("api", "model", "api_key", "headers", "stream")
_ABOVE_ZERO = ("requests_per_minute", "tokens_per_minute", "timeout")
_PLACES = re.compile(r"\{(input|context|choices)\}")


def read_language_model(reader: Reader, what: str, entries: Entries) -> LanguageModelSpec | None:
    """A language model and how it is asked; None after an error."""
    before = len(reader.errors)
    items = entries.items
    given: dict[str, Any] = (
        read_application(reader, entries)
        if isinstance(items["llm"], Entries)
        else _address(reader, items["llm"])
    )
    if "api" in items:
        given["api"] = reader.choice(items["api"], "api", APIS)
    for key in TEXTS:
        if key in items:
            given[key] = reader.text(items[key], key)
    for key in NUMBERS:
        if key in items:
            given[key] = _number(reader, items[key], key)
    for key in WHOLES:
        if key in items:
            given[key] = reader.whole(items[key], key, least=1)
    if "seed" in items:
        given["seed"] = reader.whole(items["seed"], "seed", least=0)
    for key in TRUTHS:
        if key in items:
            given[key] = reader.truth(items[key], key)
    if "stop" in items:
        given["stop"] = reader.texts(items["stop"], "stop")
    _hold_to_format(reader, entries, given)
    if "timeout" in given:
        given["timeout_s"] = given.pop("timeout")
    given |= _secrets(reader, items, given.get("url"))
    given |= _money(reader, items)
    if "options" in items and (options := reader.entries(items["options"], "options")):
        given["options"] = plain(options)
    template = given.get("template")
    if template and not _PLACES.search(template):
        reader.wanted(items["template"], "template", "a text with {input} in it")
    if given.get("url") and not given.get("model") and "application" not in given:
        reader.note(entries.at, f"{what} needs the key 'model': its name at the endpoint.")
    if len(reader.errors) > before:
        return None
    return LanguageModelSpec(**given, location=entries.at)


def read_samples_subject(reader: Reader, entries: Entries, folder: str) -> SamplesSpec | None:
    """Samples in a file; None after an error."""
    path = reader.text(entries.items["samples"], "samples")
    names: dict[str, str] = {}
    if "fields" in entries.items:
        fields = reader.entries(entries.items["fields"], "fields")
        for name, node in (fields.items if fields else {}).items():
            written = reader.text(node, f"fields.{name}")
            if written is not None:
                names[name] = written
    written_by = None
    if "format" in entries.items:
        written_by = reader.text(entries.items["format"], "format")
    more = read_variation(reader, entries.items)
    if path is None:
        return None
    spec = SamplesSpec(path=path, fields=names, format=written_by, **more, location=entries.at)
    try:
        open_samples(spec, folder=folder)
    except SubjectError as error:
        node = entries.items["samples"]
        if any(leaf.secret for leaf in leaves(node)):
            reader.note(node.at, "There are no such samples (the path holds a variable).")
        else:
            reader.note(node.at, error.message, error.hint)
        return None
    return spec


def _address(reader: Reader, node: Node) -> dict[str, Any]:
    """``url`` of an endpoint, or ``call`` of a Python callable."""
    written = node.written[1:] if isinstance(node, Leaf) and node.written[:1] in "\"'" else (
        node.written if isinstance(node, Leaf) else ""
    )  # fmt: skip
    value = reader.text(node, "llm")
    if value is None:
        return {}
    if written.startswith("python:"):  # as written: no variable turns an address into code
        call = value.removeprefix("python:")
        if not re.fullmatch(r"[\w.]+:[\w.]+", call):
            reader.wanted(node, "a model in Python", "written python:module:attribute")
        return {"call": call}
    if value.startswith(LOCAL):
        if not value.removeprefix(LOCAL).strip():
            reader.wanted(node, "a model on this machine", "written transformers:FOLDER")
        return {"local": value.removeprefix(LOCAL)}
    fault = address_fault(value)
    if fault:
        reader.note(
            node.at, f"The address of a language model {fault}.",
            'Write llm: "https://api.example.com/v1", or python:module:attribute.',
        )  # fmt: skip
    return {"url": value}


def _hold_to_format(reader: Reader, entries: Entries, given: dict[str, Any]) -> None:
    """Note what the wire format of an address has no field for."""
    if given.get("url") is None or "application" in given:
        of = _OF_AN_ADDRESS if given.get("local") is not None else ("api",)
        for key in () if "application" in given else of:
            if key in entries.items:
                reader.note(
                    entries.keys[key], f"{key} is of an address: what is no address has none."
                )
        return
    api = given.get("api") or api_of(given["url"])
    for key in NOT_SENT[api]:
        if given.get(key) not in (None, False):
            reader.note(
                entries.keys[key],
                f"{key} cannot be asked for in the wire format {api!r}: it has no field for it.",
            )


def _number(reader: Reader, node: Node, key: str) -> float | None:
    value = reader.number(node, key)
    if value is None:
        return None
    if value < 0 or (value == 0 and key in _ABOVE_ZERO):
        reader.wanted(node, key, "above 0" if key in _ABOVE_ZERO else "0 or more")
    elif key == "top_p" and value > 1:
        reader.wanted(node, key, "at most 1")
    return value


def _secrets(reader: Reader, items: dict[str, Node], url: str | None) -> dict[str, Any]:
    """Key and headers. The key comes from the environment, so that no file holds it."""
    found: dict[str, Any] = {}
    if "api_key" in items:
        node = items["api_key"]
        key = reader.text(node, "api_key")
        if key is not None and not (isinstance(node, Leaf) and node.secret):
            reader.note(
                node.at, "api_key must come from the environment: no file should hold it.",
                "Write api_key: ${NAME}.",
            )  # fmt: skip
        elif key is not None and url is not None and (fault := key_fault(url)):
            reader.note(node.at, f"api_key is not sent there: the address {fault}.")
        found["api_key"] = key
    if "headers" in items and (entries := reader.entries(items["headers"], "headers")):
        headers: dict[str, str] = {}
        for name, node in entries.items.items():
            value = reader.text(node, f"headers.{name}")
            if value is not None and re.search(r"[\r\n\0]", value + name):
                reader.note(node.at, f"headers.{name} must be one line.")
            elif value is not None:
                headers[name] = value
        found["headers"] = headers
    return found


def _money(reader: Reader, items: dict[str, Node]) -> dict[str, Any]:
    """Prices of a million tokens, and what a run may cost."""
    found: dict[str, Any] = {}
    if "price" in items and (price := reader.entries(items["price"], "price", PRICE_KEYS)):
        for key in PRICE_KEYS:
            if key not in price.items:
                reader.note(price.at, f"price needs the key {key!r}: of a million tokens.")
            else:
                found[f"price_{key}"] = _number(reader, price.items[key], f"price.{key}")
    if "budget" in items and (budget := reader.entries(items["budget"], "budget", BUDGET_KEYS)):
        if "money" in budget.items:
            found["budget"] = _number(reader, budget.items["money"], "budget.money")
            if "price" not in items:
                reader.note(
                    budget.keys["money"], "A budget of money needs to know the price.",
                    "Write price: {prompt: …, completion: …}, of a million tokens.",
                )  # fmt: skip
        if "tokens" in budget.items:
            found["budget_tokens"] = reader.whole(budget.items["tokens"], "budget.tokens", least=1)
        if not budget.items:
            reader.note(budget.at, "budget must name money or tokens.")
    return found
