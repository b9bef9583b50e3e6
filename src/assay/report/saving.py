"""Files of a report: whole under their names, or not there."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from assay.core.errors import AssayError

if TYPE_CHECKING:
    from pathlib import Path


class ReportError(AssayError):
    """A report cannot be written."""


def save(target: Path, content: bytes) -> Path:
    """Put content under a name: whole, or not at all.

    Raises:
        ReportError: it cannot be written.
    """
    try:
        _replace(target, content)
    except OSError as error:
        raise ReportError(
            f"The report cannot be written to {str(target)!r}: {error.strerror or error}.",
            hint="Nothing was changed there. Free space, or choose a folder you may write to.",
        ) from None
    return target


def _replace(target: Path, content: bytes) -> None:
    """Write beside the target, then rename: a reader never sees half a report."""
    target = target.resolve()  # a link keeps pointing where it does
    if target.exists() and not target.is_file() and not target.is_dir():
        target.write_bytes(content)  # a pipe or device cannot be replaced
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".assay-{secrets.token_hex(6)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
