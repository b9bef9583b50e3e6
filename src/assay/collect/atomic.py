"""Files that are there whole or not at all, whatever happens to the process."""

from __future__ import annotations

import os
import tempfile
from typing import IO, TYPE_CHECKING

from assay.core.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa


def make_folder(folder: str) -> None:
    """Make a folder for observations, and those above it.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise _cannot(folder, error) from error


def write_bytes(path: str, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        StorageError: it cannot be written (full disk, read-only folder).
    """
    _write(path, lambda file: file.write(content))


def write_parquet(path: str, table: pa.Table, metadata: dict[str, str]) -> None:
    """Write a table with key-value metadata, whole or not at all.

    Raises:
        StorageError: it cannot be written (full disk, read-only folder).
    """
    import pyarrow.parquet as pq

    described = table.replace_schema_metadata(metadata)
    _write(path, lambda file: pq.write_table(described, file))


def _write(path: str, fill: Callable[[IO[bytes]], object]) -> None:
    """Temporary file in the same folder, flushed to the disk, then renamed over the path; then the
    folder is flushed, or the new name could be lost with the power."""
    folder = os.path.dirname(path) or "."
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".tmp-")
        with os.fdopen(handle, "wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        temporary = ""
        if hasattr(os, "O_DIRECTORY"):
            at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(at)
            finally:
                os.close(at)
    except OSError as error:
        raise _cannot(folder, error) from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _cannot(folder: str, error: OSError) -> StorageError:
    return StorageError(
        f"Observations cannot be written to {folder}: {error.strerror or error}.",
        hint="What is finished is kept: make room, then go on with `assay run --resume`.",
    )
