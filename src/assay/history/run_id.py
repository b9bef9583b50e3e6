"""Names of runs: sortable by start, unique without asking anybody."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

_PATTERN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}", re.ASCII)


def new_run_id(started: datetime | None = None) -> str:
    """``20261123-141502-a1b2c3``: start in UTC to the second; then its microsecond (20 bits), so
    that runs of one second keep their order, and 4 random bits for those that start together.

    ``started`` must know its time zone; None is now.
    """
    started = datetime.now(UTC) if started is None else started.astimezone(UTC)
    return f"{started:%Y%m%d-%H%M%S}-{started.microsecond << 4 | secrets.randbits(4):06x}"


def is_run_id(text: str) -> bool:
    """Whether the text is a whole run id (and so is safe as the name of a folder)."""
    return _PATTERN.fullmatch(text) is not None
