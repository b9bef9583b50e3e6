"""Write a comparison to a file: the ending says what, and the file is whole or not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from assay.core.errors import did_you_mean
from assay.report.write import ReportError, save

if TYPE_CHECKING:
    import os

    from assay.core.comparison import Comparison

Format = Literal["html", "json"]
_ENDINGS: dict[str, Format] = {".html": "html", ".htm": "html", ".json": "json"}


def write(comparison: Comparison, path: str | os.PathLike[str], *, version: str = "") -> Path:
    """Write the page or the JSON document, and return where it is.

    Args:
        version: of Assay, for the foot of the page.

    Raises:
        ReportError: the ending is unknown, or the file cannot be written.
    """
    target = Path(path)
    if format_of(target) == "json":
        return save(target, to_json(comparison))
    from assay.report.comparison.page import render

    return save(target, render(comparison, version=version).encode())


def to_json(comparison: Comparison) -> bytes:
    """The comparison as its JSON document."""
    return msgspec.json.format(msgspec.json.encode(comparison), indent=2) + b"\n"


def format_of(path: Path) -> Format:
    """What the file's ending stands for.

    Raises:
        ReportError: it stands for nothing.
    """
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise ReportError(
            f"{str(path)!r} does not end like a comparison.{did_you_mean(ending, _ENDINGS)}",
            hint="Write .html for a page to look at, or .json for the document.",
        )
    return _ENDINGS[ending]
