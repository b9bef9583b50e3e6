"""Write a profile to a file: the ending says what, and the file is whole or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.document import Format, format_by_ending, json_document, write_document

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from assay.core.profile import TableProfile


def write(profile: TableProfile, path: str | os.PathLike[str], *, version: str = "") -> Path:
    """Write the page or the JSON document, and return where it is.

    Args:
        version: of Assay, for the foot of the page.

    Raises:
        ReportError: the ending is unknown, or the file cannot be written.
    """

    def page() -> str:
        from assay.report.profile.page import render

        return render(profile, version=version)

    return write_document(profile, path, noun="profile", page=page)


def to_json(profile: TableProfile) -> bytes:
    """The profile as its JSON document."""
    return json_document(profile)


def format_of(path: Path) -> Format:
    """What the file's ending stands for.

    Raises:
        ReportError: it stands for nothing.
    """
    return format_by_ending(path, "profile")
