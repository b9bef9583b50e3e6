"""``engine`` and ``notify``: what measures the tables, and whom to tell of the decision."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from assay.core.check import EngineName, EngineSpec, WebhookSpec
from assay.core.result import Outcome
from assay.core.webhook import address_fault, has_credentials, signing_key
from assay.suite.nodes import Entries, Leaf

if TYPE_CHECKING:
    from assay.suite.nodes import Node
    from assay.suite.reader import Reader

ENGINES: tuple[EngineName, ...] = get_args(EngineName)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
WEBHOOK = ("webhook", "on", "secret", "timeout", "attempts")
MOST_TIMEOUT, MOST_ATTEMPTS = 60, 10
VARIABLE = r"^\$\{[A-Za-z_][A-Za-z0-9_]*(:-)?\}$"
"""A variable and nothing else: no part of a secret, and no default for it, stands in the file."""

_PASSWORD = re.compile(r"://[^\s/@]*:[^\s/@]+@|\bpass(?:word|wd)\s*=", re.IGNORECASE)


def read_engine(reader: Reader, node: Node) -> EngineSpec | None:
    """The engine, by its name or with settings; None where errors were noted."""
    if not isinstance(node, Entries):
        name = reader.choice(node, "engine", ENGINES)
        return None if name is None else EngineSpec(name=name)  # type: ignore[arg-type]
    entries = reader.entries(node, "engine", ENGINES)
    named = [name for name in ENGINES if entries is not None and name in entries.items]
    if len(named) != 1 or len(node.items) != 1:
        if len(named) != 1:
            example = "For example {spark: {master: 'local[4]'}}."
            reader.note(node.at, f"engine must name one of {', '.join(ENGINES)}.", example)
        return None
    settings = reader.entries(node.items[named[0]], named[0])
    read: dict[str, str] = {}
    for key, value in settings.items.items() if settings is not None else ():
        text = reader.text(value, key)
        if text is not None and _PASSWORD.search(text) and not _from_environment(value):
            reader.note(
                value.at,
                f"{key} holds a password in plain text.",
                "Put the whole value in an environment variable and write ${NAME}.",
            )
        read[key] = text or ""
    return EngineSpec(name=named[0], settings=read)


def read_notify(reader: Reader, node: Node) -> tuple[WebhookSpec, ...]:
    """The webhooks; one whose address is empty (``${HOOK:-}``) is left out."""
    found = [_webhook(reader, item) for item in reader.items(node, "notify") or ()]
    return tuple(spec for spec in found if spec is not None)


def _webhook(reader: Reader, node: Node) -> WebhookSpec | None:
    before = len(reader.errors)
    entries = reader.entries(node, "An entry of notify", WEBHOOK)
    if entries is None:
        return None
    items = entries.items
    if "webhook" not in items:
        example = "For example {webhook: '${HOOK}', secret: '${HOOK_SECRET}'}."
        reader.note(entries.at, "An entry of notify needs the key 'webhook'.", example)
        return None
    given: dict[str, Any] = {}
    if "on" in items:
        given["on"] = _outcomes(reader, items["on"])
    if "timeout" in items:
        seconds = given["timeout_s"] = reader.number(items["timeout"], "timeout")
        if seconds is not None and not 0 < seconds <= MOST_TIMEOUT:
            expected = f"more than 0 and at most {MOST_TIMEOUT} seconds"
            reader.wanted(items["timeout"], "timeout", expected)
    if "attempts" in items:
        times = given["attempts"] = reader.whole(items["attempts"], "attempts", least=1)
        if times is not None and times > MOST_ATTEMPTS:
            reader.wanted(items["attempts"], "attempts", f"at most {MOST_ATTEMPTS}")
    address = items["webhook"]
    if _from_environment(address) and isinstance(address, Leaf) and address.value == "":
        return None
    given["url"] = _address(reader, address)
    if "secret" in items:
        given["secret"] = _secret(reader, items["secret"])
    return None if len(reader.errors) > before else WebhookSpec(**given, location=entries.at)


def _outcomes(reader: Reader, node: Node) -> tuple[str, ...]:
    listed = reader.items(node, "on")
    if listed == ():
        reader.note(node.at, "on must name at least one decision.", f"{', '.join(OUTCOMES)}.")
    read = [reader.choice(item, "each item of on", OUTCOMES) for item in listed or ()]
    return tuple(dict.fromkeys(item for item in read if item is not None))


def _address(reader: Reader, node: Node) -> str | None:
    url = reader.text(node, "webhook")
    if url is None:
        return None
    fault = address_fault(url)
    if fault:
        reader.note(node.at, f"The address of the webhook {fault}.")
    elif has_credentials(url) and not _from_environment(node):
        reader.note(
            node.at,
            "The address of the webhook holds a user name or a password in plain text.",
            "Put the whole address in an environment variable and write webhook: ${NAME}.",
        )
    return url


def _secret(reader: Reader, node: Node) -> str | None:
    written = node.written[1:-1] if isinstance(node, Leaf) else ""
    if not re.match(VARIABLE, written):
        reader.note(
            node.at,
            "secret must be a variable and nothing else: a suite holds no secret.",
            "Put it in an environment variable and write secret: ${NAME}.",
        )
        return None
    secret = reader.text(node, "secret")
    if secret is not None:
        try:
            signing_key(secret)
        except ValueError as error:
            reader.note(node.at, f"The secret {error}.", _MAKE_ONE)
    return secret


_MAKE_ONE = (
    'Make one with: python -c "import base64, secrets; '
    "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
)


def _from_environment(node: Node) -> bool:
    return isinstance(node, Leaf) and node.secret
