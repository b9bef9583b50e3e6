"""Whom a suite may tell of a decision: what an address and a signing secret must look like.

Faults never repeat the value: an address or a secret may come from the environment.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import urlsplit

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix that marks a secret, no secret
SECRET_BYTES = (24, 64)
"""Least and greatest length of a key: Standard Webhooks 1.0.0, signature scheme."""


def address_fault(url: str) -> str | None:
    """Why a webhook is not sent to this URL, as the end of a sentence; None where it may be.

    ``https`` anywhere; ``http`` to this machine only, because the body would travel in clear.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if re.search(r"[^\x21-\x7e]", url):
        return "must be written without blanks and in ASCII"
    if parts.scheme not in ("http", "https") or not host:
        return "must begin with https:// and name a host"
    if parts.scheme == "http" and not _is_loopback(host):
        return "must begin with https:// (http:// only to this machine)"
    if parts.fragment:
        return "must not have a fragment (#…)"
    return None


def has_credentials(url: str) -> bool:
    """Whether the URL holds a user name or a password."""
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


def signing_key(secret: str) -> bytes:
    """The key in a secret as Standard Webhooks writes it: base64, usually behind ``whsec_``.

    Raises:
        ValueError: it is not such a secret; the message is the end of a sentence.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64, as in whsec_…") from None
    least, most = SECRET_BYTES
    if not least <= len(key) <= most:
        raise ValueError(f"must hold {least} to {most} bytes in base64, not {len(key)}")
    return key


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
