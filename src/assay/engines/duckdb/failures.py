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
# what every message about a file begins with: whoever tells of it names the file
_READING = re.compile(
    r"""^(?:Failed to read|Error while reading) (?:Parquet )?file (['"]).*?\1: """
)
_LONG_VALUE = re.compile(r"'([^'\n]{60})[^'\n]{20,}'")  # of the data, quoted
# the parts of a Parquet file that are not as its format has them
_STRUCTURE = re.compile(
    r"TProtocol|TTransport|TType|don't know what type|Out of buffer|likely corrupted|is corrupt"
    r"|^Prefetch registered|Could not read enough bytes|schema element"
)
_TOO_LARGE = re.compile(r"\b(?:STDDEV|VAR|SKEW|KURTOSIS|COVAR|AVG|SUM)\w* is out of range")
_INCOMPLETE = ("magic bytes", "too small to be a Parquet", "Footer length error")
_TOO_LONG = re.compile(r"Maximum line size of (\d+) bytes exceeded. Actual Size:(\d+)")
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
    text = _LONG_VALUE.sub(r"'\1…'", _READING.sub("", text))
    return " ".join(text.split())[:400]


def unreadable(what: str, error: Exception) -> SubjectError:
    """``what`` cannot be read: which line or column is at fault, and what to do."""
    text = str(error)
    if isinstance(error, UnicodeDecodeError) or _STRUCTURE.search(text):
        return SubjectError(
            f"{what} cannot be read: its content is damaged.", hint="Write the file again."
        )
    if "file system operations are disabled" in text or "No files found" in text:
        return SubjectError(
            f"{what} is no longer there.", hint="Was it moved or deleted meanwhile? Run again."
        )
    if any(words in text for words in _INCOMPLETE):
        return SubjectError(
            f"{what} is not a complete Parquet file.",
            hint="Write it again, or give it the ending of its true format.",
        )
    too_long = _TOO_LONG.search(text)
    if too_long:
        most, size = int(too_long[1]), int(too_long[2])
        return SubjectError(
            f"{what} cannot be read as CSV: a line has {size:,} bytes, and {most:,} is the most.",
            hint="See whether a quote is never closed; long texts can be stored as Parquet.",
        )
    at = _CSV_LINE.search(text)
    if at:
        return SubjectError(*_csv(what, at, text))
    if "CSV Error" in text and "unicode" in text:
        return SubjectError(f"{what} cannot be read: it is not UTF-8.", hint="Save it as UTF-8.")
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
        many = "1 field" if fields[2] == "1" else f"{fields[2]} fields"
        said = f"line {line:,} has {many} where the header has {fields[1]}"
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
    if "JSON" in text or "json" in text:
        return "Each line must be one JSON object."
    if "Conflicting lock" in text or "lock" in text:
        return "Another process has it open for writing: close it, or check a copy."
    if "mismatch" in text or "failed to cast column" in text:
        return "All files of one table must have the same columns and types."
    return "Check that the file is complete, and of the format that its name says."


def failure(what: str, error: duckdb.Error | UnicodeDecodeError) -> AssayError:
    """A query over ``what`` failed: the data cannot be read, or the question makes no sense."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return EngineError(
            f"The scan of {what} needs more memory than it may use: {_sentence(error)}",
            hint="Raise memory_limit, or measure fewer values or groups at once.",
        )
    if about_files(error):
        return unreadable(what, error)
    if isinstance(error, duckdb.OutOfRangeException) and _TOO_LARGE.search(str(error)):
        return EngineError(
            f"The values of {what} are too large: powers of them exceed 1.8e308.",
            hint="Leave them out with `where`.",
        )
    return EngineError(f"The scan of {what} failed: {_sentence(error)}")


def about_files(error: duckdb.Error | UnicodeDecodeError) -> bool:
    """Whether the data cannot be read, and not the question is at fault."""
    text = str(error)
    # DuckDB quotes damaged bytes in a message, which then cannot be told either
    if isinstance(error, (UnicodeDecodeError, *_DAMAGED)) or _STRUCTURE.search(text):
        return True
    return isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException) and any(
        word in text for word in _ABOUT_FILES
    )


def _sentence(error: Exception) -> str:
    words = first_words(error)
    return words if words.endswith((".", "!", "?")) else f"{words}."
