"""The address of an endpoint: held to what can be called, and shown without its secrets."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from assay.core.endpoint import OPENAI, address_fault, key_fault
from assay.core.errors import SubjectError

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec

_PATH = "/chat/completions"
_VARIABLE = "OPENAI_API_KEY"
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
    """

    url: str = field(repr=False)
    shown: str
    headers: dict[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def address_of(spec: LanguageModelSpec) -> Address:
    """The address and the headers of a suite's model.

    ``/chat/completions`` is added to the path unless it ends so. A key of the environment,
    ``OPENAI_API_KEY``, is taken for ``https://api.openai.com`` alone.

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
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    path = parts.path.rstrip("/")
    path = path if path.endswith(_PATH) else path + _PATH
    place = f"[{host}]" if ":" in host else host
    place = f"{place}:{port}" if port else place
    key = spec.api_key
    if key is None and (parts.scheme, host) == ("https", OPENAI) and port in (None, 443):
        key = os.environ.get(_VARIABLE)
    given = _own_headers(spec)
    headers = {"Content-Type": "application/json", **given}
    if key and "authorization" not in {name.lower() for name in given}:
        _hold_to_wire("api_key", key)
        if fault := key_fault(url):
            raise SubjectError(f"The key is not sent there: the address {fault}.")
        headers["Authorization"] = f"Bearer {key.strip()}"
    whole = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
    hidden = [key or "", *given.values(), *(v for _, v in parse_qsl(parts.query))]
    hidden += [v.partition(" ")[2] for v in given.values()]  # the token of "Bearer token"
    return Address(whole, f"{place}{path.removesuffix(_PATH)}", headers, tuple(hidden))


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
