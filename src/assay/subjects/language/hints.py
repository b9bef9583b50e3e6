"""How long a server asks to wait, from its headers."""

from __future__ import annotations

import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_EPOCH_S = 1e9
_EPOCH_MS = 1e12
"""Numbers from here on are instants, and no lengths of time."""


def wait_hint(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait before the next call; None where the headers do not say.

    In this order: ``retry-after-ms`` (OpenAI, Azure); ``Retry-After`` in seconds or as a date (RFC
    9110, section 10.2.3); ``x-ratelimit-reset-requests`` and ``-tokens`` of the limit that is used
    up, as a length of time (``6m0s``, ``20ms``), as seconds, or as an instant since 1970.

    A date is held against the server's own ``Date``, so a wrong clock here does not matter.

    Args:
        headers: of the response; names are found in any case.
    """
    by_name = {name.lower(): value.strip() for name, value in headers.items()}
    milliseconds = _number(by_name.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    after = by_name.get("retry-after", "")
    if after:
        seconds = _number(after)
        seconds = _until(after, by_name) if seconds is None else seconds
        if seconds is not None:
            return seconds
    return _reset(by_name)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _now(headers: Mapping[str, str]) -> float:
    """The server's clock, or ours where it does not tell."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return time.time()


def _until(date: str, headers: Mapping[str, str]) -> float | None:
    try:
        instant = parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, instant - _now(headers))


def _reset(headers: Mapping[str, str]) -> float | None:
    waits: dict[str, float] = {}
    for of in ("requests", "tokens"):
        wait = _length(headers.get(f"x-ratelimit-reset-{of}", ""), headers)
        if wait is not None:
            waits[of] = wait
    used_up = [w for of, w in waits.items() if headers.get(f"x-ratelimit-remaining-{of}") == "0"]
    if used_up:
        return max(used_up)
    return min(waits.values(), default=None)


def _length(text: str, headers: Mapping[str, str]) -> float | None:
    number = _number(text)
    if number is not None:
        if number >= _EPOCH_MS:
            return max(0.0, number / 1000 - _now(headers))
        return max(0.0, number - _now(headers)) if number >= _EPOCH_S else number
    return length(text)


def length(text: str) -> float | None:
    """Seconds of a length of time with its units (``6m0s``, ``20ms``, ``34.07s``); None of none."""
    parts = _PART.findall(text)
    if not parts or "".join(n + unit for n, unit in parts) != text:
        return None
    return sum(float(n) * _UNITS[unit] for n, unit in parts)
