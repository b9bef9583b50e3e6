"""Addresses of endpoints that a suite asks, and where a key may travel."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

OPENAI = "api.openai.com"
"""The host that the variable OPENAI_API_KEY is for; it is sent nowhere else by itself."""

_INSIDE = (".local", ".internal", ".localhost", ".svc", ".cluster.local")


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
