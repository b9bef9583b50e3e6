"""An application behind HTTP in a suite: what it is asked, and where its answer stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.check import ApplicationSpec
from assay.core.endpoint import address_fault
from assay.subjects.language.requests import PLACE
from assay.suite.nodes import Entries, Leaf, leaves, plain

if TYPE_CHECKING:
    from assay.suite.nodes import Node
    from assay.suite.reader import Reader

APPLICATION_KEYS = ("post", "body", "answer", "context", "tool_calls", "tokens")
TOKENS_KEYS = ("prompt", "completion")
NOT_ASKED = (
    "api", "model", "temperature", "top_p", "max_tokens", "seed", "stop", "options", "stream",
    "logprobs", "budget",
)  # fmt: skip
"""Keys of a language model that an application is not told; its body says what it is told."""


def read_application(reader: Reader, entries: Entries) -> dict[str, Any]:
    """``url`` and ``application`` of a language model; errors are noted."""
    node = entries.items["llm"]
    found = reader.entries(node, "llm", APPLICATION_KEYS)
    if found is None:
        return {}
    for key in ("post", "body", "answer"):
        if key not in found.items:
            reader.note(found.at, f"An application needs the key {key!r}.")
            return {}
    for key in NOT_ASKED:
        if key in entries.items:
            reader.note(
                entries.keys[key], f"{key} is not sent to an application.",
                "Write what it should be told into its body.",
            )  # fmt: skip
    url = reader.text(found.items["post"], "llm.post")
    if url is not None and (fault := address_fault(url)):
        reader.note(found.items["post"].at, f"The address of an application {fault}.")
    pointers: dict[str, str | None] = {
        key: _pointer(reader, found.items[key], f"llm.{key}")
        for key in ("answer", "context", "tool_calls")
        if key in found.items
    }
    if "tokens" in found.items:
        tokens = reader.entries(found.items["tokens"], "llm.tokens", TOKENS_KEYS)
        for key, item in (tokens.items if tokens else {}).items():
            pointers[f"{key}_tokens"] = _pointer(reader, item, f"llm.tokens.{key}")
    _hold_to_asking(reader, found.items["body"])
    spec = ApplicationSpec(body=plain(found.items["body"]), **pointers)  # type: ignore[arg-type]
    return {"url": url, "application": spec}


def _pointer(reader: Reader, node: Node, what: str) -> str | None:
    """A JSON pointer."""
    value = reader.text(node, what)
    if value is not None and not value.startswith("/"):
        reader.wanted(node, what, 'a JSON pointer, as "/reply/text"')
    return value


def _hold_to_asking(reader: Reader, body: Node) -> None:
    """Note a body that asks nothing, or that holds what no file should keep."""
    if not isinstance(body, Entries):
        reader.wanted(body, "llm.body", "a mapping")
        return
    texts = [leaf for leaf in leaves(body) if isinstance(leaf.value, str)]
    for leaf in texts:
        if leaf.secret:
            reader.note(
                leaf.at, "llm.body holds a variable of the environment, which may be a secret.",
                "Send secrets as api_key or in headers.",
            )  # fmt: skip
    places = {found[1] for leaf in texts for found in PLACE.finditer(_text(leaf))}
    if not places & {"input", "messages"}:
        reader.note(body.at, "llm.body asks nothing: it needs {input} or {messages}.")


def _text(leaf: Leaf) -> str:
    return leaf.value if isinstance(leaf.value, str) else ""
