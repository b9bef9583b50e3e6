"""The address of an endpoint: held to what can be called, and shown without its secrets."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from assay.core.endpoint import address_fault, key_fault, variables_for
from assay.core.errors import SubjectError
from assay.subjects.language.formats.named import format_of

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from assay.core.check import LanguageModelSpec
    from assay.subjects.language.formats.protocol import WireFormat

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff\t]*")


@dataclass(frozen=True, slots=True)
class Address:
    """Where questions are sent.

    Attributes:
        url: whole, with what secrets it holds.
        shown: host and path, for people and for fingerprints.
        headers: that go with each call, the key among them.
        secrets: values that must not be seen.
        keyed: a key goes with each call, or a header that is one.
    """

    url: str = field(repr=False)
    shown: str
    headers: dict[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    keyed: bool = False


def address_of(spec: LanguageModelSpec, wire: WireFormat | None = None) -> Address:
    """The address and the headers of a suite's model.

    What the wire format's calls end with (``/chat/completions``) is added to the path unless it
    ends so. A vendor's key of the environment is taken for the vendor's own host alone.

    Raises:
        SubjectError: the address is none, or a header cannot be sent. Neither is repeated.
    """
    url = spec.url or ""
    fault = address_fault(url)
    if fault:
        raise SubjectError(
            f"The address of the language model {fault}.",
            hint="It looks like https://api.example.com/v1",
        )
    wire = wire or format_of(spec)
    parts = urlsplit(url)
    suffix = wire.suffix(spec)
    path = parts.path.rstrip("/") if suffix else parts.path
    path = path if path.endswith(suffix) else path + suffix
    query = "&".join(part for part in (parts.query, wire.query(spec)) if part)
    key = spec.api_key or next(filter(None, map(os.environ.get, variables_for(url))), None)
    given = _own_headers(spec)
    headers = {"Content-Type": "application/json", **wire.headers(), **given}
    named = {name.lower() for name in given}
    own = wire.key_headers(key.strip()) if key else {}
    if key and not named & {name.lower() for name in own}:
        _hold_to_wire("api_key", key)
        if fault := key_fault(url):
            raise SubjectError(f"The key is not sent there: the address {fault}.")
        headers |= own
    whole = urlunsplit((parts.scheme, parts.netloc, path, query, ""))
    hidden = [key or "", *given.values(), *(v for _, v in parse_qsl(parts.query))]
    hidden += [v.partition(" ")[2] for v in given.values()]  # the token of "Bearer token"
    shown = f"{_place(parts)}{path.removesuffix(suffix)}"
    return Address(whole, shown, headers, tuple(hidden), bool(key) or "authorization" in named)


def _place(parts: SplitResult) -> str:
    """Host and port, for people."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


def _own_headers(spec: LanguageModelSpec) -> dict[str, str]:
    for name, value in spec.headers.items():
        if not _NAME.fullmatch(name):
            raise SubjectError("The name of a header is not one that can be sent.")
        _hold_to_wire(f"header {name!r}", value)
    return dict(spec.headers)


def _hold_to_wire(what: str, value: str) -> None:
    if not _VALUE.fullmatch(value.strip()):
        raise SubjectError(
            f"The value of {what} holds a character that cannot be sent (a line break?).",
            hint="Look at the variable of the environment that it comes from.",
        )
