"""Passwords do not reach the disk."""

from __future__ import annotations

import re

# `scheme://user:password@host`, and `password=…` of a libpq string. The bytes are JSON: neither
# part may run over a quote or a backslash, so masking leaves the document well formed. A match
# starts at a fixed text and no part runs over the next such start: the time is linear.
_IN_URL = re.compile(rb"(://[^\s:/@\"'\\]*:)[^\s/\"'\\]+@")
_IN_DSN = re.compile(rb"(\b(?:password|passwd|sslpassword)\s?=\s?)[^\s;&,\"'\\]+", re.IGNORECASE)


def without_passwords(document: bytes) -> bytes:
    """The JSON text with passwords in connection strings replaced by ``***``."""
    return _IN_DSN.sub(rb"\1***", _IN_URL.sub(rb"\1***@", document))
