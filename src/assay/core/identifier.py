"""Ids of checks: stable names that stand in reports, histories and file names."""

from __future__ import annotations

import re
from hashlib import blake2b

MAX_LENGTH = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_RESERVED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069/\\%]")


def id_fault(text: str) -> str | None:
    """What keeps the text from being a check's id, as a clause; None where nothing does."""
    if not text.strip():
        return "must not be empty"
    if len(text) > MAX_LENGTH:
        return f"must have at most {MAX_LENGTH} characters, not {len(text)}"
    if _CONTROL.search(text):
        return "must not hold control characters"
    if "\\" in text:
        return "must not hold a backslash"
    if text.startswith("/") or any(part in ("", ".", "..") for part in text.split("/")):
        return "must not hold an empty part, '.' or '..' between slashes"
    return None


def segment(text: str) -> str:
    """Any text as one part of an id: slashes, control characters and dots alone are escaped."""
    escaped = _RESERVED.sub(_percent, text)
    if escaped.strip(".") == "":
        return escaped.replace(".", "%2E") or "(no name)"
    return escaped


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def shortened(text: str, length: int = MAX_LENGTH) -> str:
    """The text where it fits, else its start and a hash of the whole."""
    if len(text) <= length:
        return text
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{text[: length - len(digest) - 1]}~{digest}"
