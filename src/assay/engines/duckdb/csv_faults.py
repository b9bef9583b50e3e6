"""What is wrong with a CSV file that DuckDB can make nothing of: which line, and what to do."""

from __future__ import annotations

import csv
import io

from assay.core.errors import SubjectError

START = 1 << 20
"""Characters from the beginning of a file that are looked at."""


def fault(what: str, start: str, delimiter: str) -> SubjectError | None:
    """The first fault in the text that a file begins with; None where it shows none.

    Args:
        start: up to :data:`START` characters.
    """
    if len(start) >= START:  # the last line may be cut
        start = start[: start.rfind("\n") + 1]
    said = _ragged(start, delimiter) or _line_ends(start)
    return SubjectError(f"{what} cannot be read as CSV: {said[0]}.", hint=said[1]) if said else None


def _ragged(start: str, delimiter: str) -> tuple[str, str] | None:
    rows = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter, strict=True)
    line, width = 1, 0
    try:
        for row in rows:
            width = width or len(row)
            if row and len(row) != width:
                return (
                    f"its lines do not have the same number of fields: line {line:,} has "
                    f"{len(row)} where the header has {width}",
                    "Repair that line, or quote the fields that hold a delimiter.",
                )
            line = rows.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            return (
                f"a quote that opens in line {line:,} is never closed",
                'Close it, and write a quote within quotes twice ("").',
            )
    return None


def _line_ends(start: str) -> tuple[str, str] | None:
    outside = "".join(start.split('"')[::2])
    windows = outside.count("\r\n")
    if 0 < windows < outside.count("\n"):
        return "some of its lines end with CR LF, others with LF alone", "End all lines alike."
    return None


def names_of(start: str, delimiter: str) -> list[str]:
    """Names of the columns as the first line has them, without spaces around; may be empty."""
    text = start.removeprefix("\ufeff")
    try:
        return [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=delimiter))]
    except csv.Error:  # a name longer than 131,072 characters, for instance
        return []
