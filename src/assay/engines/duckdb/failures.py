"""DuckDB's errors, in words for the person whose data or suite it is."""

from __future__ import annotations

import re

import duckdb

from assay.core.errors import AssayError, EngineError, SubjectError

_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)\nOriginal Line:(.*)\n(.*)")
_CONVERSION = re.compile(r'converting column "(.*)"\. Could not convert string "(.*)" to \'(.*)\'')
# what DuckDB adds for those who wrote the query
_ASIDES = re.compile(r"\n\n|\nPossible|\s+Candidate names|\s*If you are trying")
# a path, of which the file's name is enough
_FOLDERS = re.compile(r"""(['"])/(?:[^'"/\n]*/)*([^'"/\n]+)\1""")
_FIELDS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_DAMAGED = (
    duckdb.IOException, duckdb.SerializationException, duckdb.InternalException,
    duckdb.PermissionException,
)  # fmt: skip
_ABOUT_FILES = ("CSV", "JSON", "Parquet", "parquet", "magic bytes", "ZSTD", "GZIP", "gzip", "UTF-8",
                "unicode", "file")  # fmt: skip


def first_words(error: Exception) -> str:
    """The first paragraph of a message, without the class in front and the query behind."""
    text = _ASIDES.split(str(error))[0]
    text = _FOLDERS.sub(r"\1\2\1", text)
    text = re.sub(r"^(?:[A-Z][\w-]* ){0,4}Error: ", "", text.strip())
    return " ".join(text.split())[:400]


def unreadable(what: str, error: Exception) -> SubjectError:
    """``what`` cannot be read: which line or column is at fault, and what to do."""
    text = str(error)
    at = _CSV_LINE.search(text)
    if at:
        return SubjectError(*_csv(what, at, text))
    if "detect the CSV parsing dialect" in text:
        return SubjectError(
            f"{what} cannot be read as CSV: its lines do not have the same number of fields.",
            hint="Repair the lines with too many or too few fields, and quote those with commas.",
        )
    return SubjectError(f"{what} cannot be read: {_sentence(error)}", hint=_remedy(text))


def _csv(what: str, at: re.Match[str], text: str) -> tuple[str]:
    line, reason = int(at[1]), at[3].strip()
    fields = _FIELDS.search(text)
    conversion = _CONVERSION.search(text)
    if fields:
        said = f"line {line:,} has {fields[2]} fields where the header has {fields[1]}"
        hint = "Repair that line, or quote the fields that hold a delimiter."
    elif conversion:
        said = (
            f"line {line:,} holds {conversion[2]!r} in column {conversion[1]!r}, "
            f"whose first values are {conversion[3]}"
        )
        hint = "Repair that value, or store the table as Parquet, which states its types."
    elif "unicode" in reason:
        said, hint = f"line {line:,} is not UTF-8", "Save the file as UTF-8."
    else:
        said, hint = f"line {line:,}: {reason}", "Repair that line."
    return (f"{what} cannot be read as CSV: {said}. {hint}",)


def _remedy(text: str) -> str:
    if "magic bytes" in text or "too small to be a Parquet" in text:
        return "It is not a complete Parquet file: write it again, or state its true format."
    if "JSON" in text or "json" in text:
        return "Each line must be one JSON object."
    if "Conflicting lock" in text or "lock" in text:
        return "Another process has it open for writing: close it, or check a copy."
    if "mismatch" in text or "failed to cast column" in text:
        return "All files of one table must have the same columns and types."
    return "Check that the file is complete, and of the format that its name says."


def failure(what: str, error: duckdb.Error) -> AssayError:
    """A query over ``what`` failed: the data cannot be read, or the question makes no sense."""
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return EngineError(
            f"The scan of {what} needs more memory than it may use: {_sentence(error)}",
            hint="Raise memory_limit, or measure fewer values or groups at once.",
        )
    reading = isinstance(error, _DAMAGED) or (
        isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException)
        and any(word in text for word in _ABOUT_FILES)
    )
    if reading:
        return unreadable(what, error)
    return EngineError(f"The scan of {what} failed: {_sentence(error)}")


def _sentence(error: Exception) -> str:
    words = first_words(error)
    return words if words.endswith((".", "!", "?")) else f"{words}."
