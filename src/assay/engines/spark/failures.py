"""Spark's errors, in words for the person whose data or suite it is: never a Java stack trace."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assay.core.errors import AssayError, EngineError, SubjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONDITION = re.compile(r"^\[[A-Z0-9_.]+\]\s*")
_STATE = re.compile(r"\s*SQLSTATE: \w+.*", re.DOTALL)
_CLASS = re.compile(r"^(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)?:\s*")
# an address or path, of which the last part is enough: what is before may hold a name or a password
_PLACES = re.compile(r"(?:\b[a-z][a-z0-9+.-]*:)?(?:/[^\s/'\"`,;:()]+)*/([^\s/'\"`,;:()]+)", re.I)
_ASIDES = re.compile(r"If necessary set .*|To tolerate malformed .*|Use `?try_\w+`? .*")
_GONE = ("Py4JNetworkError", "ConnectionRefusedError", "ConnectionResetError", "EOFError",
         "BrokenPipeError")  # fmt: skip
_STOPPED = ("cancelled", "canceled", "OPERATION_CANCELED")
_READING = ("FAILED_READ_FILE", "CANNOT_READ_FILE", "PATH_NOT_FOUND", "MALFORMED_RECORD",
            "CANNOT_PARSE", "PARQUET", "Parquet", "parquet", "FILE_NOT_EXIST", "UNABLE_TO_INFER",
            "CANNOT_MERGE_SCHEMAS", "SchemaColumnConvert", "footer", "gzip", "GZIP",
            "not a Parquet file", "ZStd", "zstd")  # fmt: skip
_MEMORY = ("OutOfMemory", "Java heap space", "maxResultSize", "UNABLE_TO_ACQUIRE_MEMORY")


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Spark's errors about ``what``, as ours; its own log of them stays silent."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.logger import PySparkLogger

    logger = PySparkLogger.getLogger("SQLQueryContextLogger")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    except (PySparkException, Py4JError, OSError, EOFError) as error:
        raise failure(what, error) from None
    finally:
        logger.disabled = before


def failure(what: str, error: BaseException) -> AssayError:
    """A question about ``what`` failed: the data cannot be read, or it makes no sense."""
    if type(error).__name__ in _GONE or _is_gone(error):
        return EngineError(
            f"The Spark session ended while {what} was read.",
            hint="It may have run out of memory: see Spark's log, and start again.",
        )
    text = whole(error)
    if any(word in text for word in _STOPPED):
        return EngineError(f"The scan of {what} was stopped.")
    if any(word in text for word in _MEMORY):
        return EngineError(
            f"The scan of {what} needs more memory than Spark may use: {words(error)}",
            hint="Raise spark.driver.memory and spark.executor.memory, or measure fewer groups.",
        )
    if "No module named" in text and "python" in text.lower():
        return EngineError(
            f"Spark's Python workers cannot match patterns over {what}: {_worker(text)}",
            hint="Install pyarrow where the workers run, and see PYSPARK_PYTHON.",
        )
    if any(word in text for word in _READING):
        return SubjectError(f"{what} cannot be read: {words(error)}", hint=_remedy(text))
    return EngineError(f"The scan of {what} failed: {words(error)}")


def words(error: BaseException) -> str:
    """The first sentence or two of a message, without Java's classes and without folders."""
    line = _message(error)
    for _ in range(3):
        line = _CLASS.sub("", _CONDITION.sub("", line.strip()))
    line = _ASIDES.sub("", _STATE.sub("", line))
    line = " ".join(_PLACES.sub(r"\1", line).split())[:400].strip()
    return line if line.endswith((".", "!", "?")) else f"{line}."


def whole(error: BaseException) -> str:
    """All that an error and its causes say, for us to look through."""
    parts = [str(error)]
    cause = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    for _ in range(8):
        if cause is None:
            break
        parts.append(str(cause.toString()))
        cause = cause.getCause()
    return "\n".join(parts)


def _message(error: BaseException) -> str:
    """The innermost cause's first line: the outer ones say which task failed how often."""
    found = str(error)
    cause = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    for _ in range(8):
        if cause is None:
            break
        said = cause.getMessage()
        if said and not said.startswith("Job aborted"):
            found = str(said)
        if said and _CONDITION.match(said) and "FAILED_READ_FILE" not in said:
            break
        cause = cause.getCause()
    lines = [line for line in found.split("\n") if line.strip()]
    return lines[0] if lines else type(error).__name__


def _is_gone(error: BaseException) -> bool:
    text = str(error)
    return (
        "Answer from Java side is empty" in text
        or "SparkContext was shut down" in text
        or ("stopped SparkContext" in text)
    )


def _worker(text: str) -> str:
    found = re.search(r"No module named '[\w.]+'", text)
    return f"{found[0]}." if found else "a module is missing."


def _remedy(text: str) -> str:
    if "magic number" in text or "not a Parquet file" in text or "footer" in text:
        return "One of its files is not a complete Parquet file: write it again."
    if "Convert" in text or "MERGE" in text or "mismatch" in text.lower():
        return "All files of one table must have the same columns and types."
    if "MALFORMED_RECORD" in text or "CANNOT_PARSE" in text:
        return "Repair the line, or store the table as Parquet, which states its types."
    return "Check that its files are complete, and of the format that their names say."
