"""Addresses of endpoints that a suite asks, and where a key may travel."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

Api = Literal["openai", "anthropic", "google", "bedrock"]
"""Wire formats that a language model may be asked in."""

APIS: tuple[Api, ...] = ("openai", "anthropic", "google", "bedrock")

OPENAI, ANTHROPIC = "api.openai.com", "api.anthropic.com"
GOOGLE = "generativelanguage.googleapis.com"
AWS = re.compile(r"bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com")
"""Bedrock's hosts, with the region."""

VARIABLES: Mapping[str, tuple[str, ...]] = {
    OPENAI: ("OPENAI_API_KEY",),
    ANTHROPIC: ("ANTHROPIC_API_KEY",),
    GOOGLE: ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
}
"""Variables of the environment that a key is taken from by itself, for the host alone."""
AWS_VARIABLES = ("AWS_BEARER_TOKEN_BEDROCK",)

NOT_SENT: Mapping[Api, tuple[str, ...]] = {
    "openai": (), "google": (), "anthropic": ("seed", "logprobs"), "bedrock": ("seed", "logprobs"),
}  # fmt: skip
"""Keys of a language model that the wire format has no field for."""

_INSIDE = (".local", ".internal", ".localhost", ".svc", ".cluster.local")


def api_of(url: str) -> Api:
    """The wire format of a vendor's own host; OpenAI's for every other, which most speak.

    The hosts of Google and AWS speak OpenAI's too, at paths that say so.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if "/openai" in parts.path:
        return "openai"
    if host == ANTHROPIC:
        return "anthropic"
    if host == GOOGLE:
        return "google"
    return "bedrock" if AWS.fullmatch(host) else "openai"


def variables_for(url: str) -> tuple[str, ...]:
    """Variables of the environment whose key may be sent to this URL without being named.

    A vendor's key is for the vendor's host alone, over https at its usual port.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or parts.port not in (None, 443):
        return ()
    return AWS_VARIABLES if AWS.fullmatch(host) else VARIABLES.get(host, ())


def address_fault(url: str) -> str | None:
    """Why no model can be asked at this URL, as the end of a sentence; None where one can."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if re.search(r"[^\x21-\x7e]", url):
        return "must be written without blanks and in ASCII"
    if parts.scheme not in ("http", "https") or not host:
        return "must begin with http:// or https:// and name a host"
    if "@" in parts.netloc:
        return "must not hold a user or password: use api_key or headers"
    if parts.fragment:
        return "must not have a fragment (#…)"
    return None


def key_fault(url: str) -> str | None:
    """Why a key is not sent to this URL, as the end of a sentence; None where it may be.

    Over plain HTTP everyone on the way could read it, so it only goes to this machine, to private
    addresses, and to names that no public server has.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or _inside(parts.hostname or ""):
        return None
    return "must begin with https://, or the key would travel in clear"


def _inside(host: str) -> bool:
    import ipaddress

    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_INSIDE)
    return address.is_private or address.is_loopback or address.is_link_local
