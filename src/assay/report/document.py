"""Documents other than runs, as a page or as JSON: the file's ending says which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from assay.core.errors import did_you_mean
from assay.report.write import ReportError, save

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

Format = Literal["html", "json"]
_ENDINGS: dict[str, Format] = {".html": "html", ".htm": "html", ".json": "json"}


def write_document(
    document: msgspec.Struct,
    path: str | os.PathLike[str],
    *,
    noun: str,
    page: Callable[[], str],
) -> Path:
    """Write the page or the JSON document, whole or not at all, and return where it is.

    Args:
        noun: what it is, for errors: ``profile``.
        page: draws the page; asked only where one is wanted.

    Raises:
        ReportError: the ending is unknown, or the file cannot be written.
    """
    target = Path(path)
    if format_by_ending(target, noun) == "json":
        return save(target, json_document(document))
    return save(target, page().encode())


def json_document(document: msgspec.Struct) -> bytes:
    """The JSON document, indented, with a last line end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def format_by_ending(path: Path, noun: str) -> Format:
    """What the file's ending stands for.

    Raises:
        ReportError: it stands for nothing.
    """
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise ReportError(
            f"{str(path)!r} does not end like a {noun}.{did_you_mean(ending, _ENDINGS)}",
            hint="Write .html for a page to look at, or .json for the document.",
        )
    return _ENDINGS[ending]
