"""Files of a subject: finding them, naming the nearest where there is none, hashing them."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from assay.core.errors import SubjectError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TICK_NS = 2_000_000_000
"""The coarsest clock of a file system (FAT): what was written within it may be written again
without a new time."""


class Stamp(NamedTuple):
    """What tells, without reading it, that a file is still the one it was."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @property
    def settled(self) -> bool:
        """Whether a later write would show: the last one is older than the clock is coarse."""
        return time.time_ns() - max(self.modified_ns, self.changed_ns) > _TICK_NS


def stamp(path: str) -> Stamp | None:
    """The stamp of a file; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def missing_file(path: str, written: str, *, what: str) -> SubjectError:
    """The error for a path that does not exist: names the nearest file beside it.

    Args:
        path: where it was looked for.
        written: the path as the person wrote it.
        what: ``table``, ``model``.
    """
    folder, name = os.path.split(path)
    try:
        names = sorted(os.listdir(folder or "."))
    except NotADirectoryError:
        hint = f"{folder} is a file, not a folder."
    except FileNotFoundError:
        hint = f"There is no folder {folder}."
    except OSError as error:
        hint = f"The folder {folder} cannot be read: {error.strerror}."
    else:
        near = did_you_mean(name, names).strip()
        hint = (
            near
            or f"There is none in the folder {folder or '.'} (a suite's paths start at its own)."
        )
    return SubjectError(f"There is no file {written!r} for this {what}.", hint=hint)


def file_content(path: str) -> str:
    """SHA-256 of a file's content, in hexadecimal digits.

    Raises:
        SubjectError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SubjectError(f"{path} cannot be read: {error.strerror}.") from error


def file_fingerprint(paths: Iterable[str]) -> str:
    """``sha256:…`` of the content of files, in this order; their names do not matter.

    Raises:
        SubjectError: a file cannot be read.
    """
    return fingerprint_of([file_content(path) for path in paths])


def fingerprint_of(contents: Sequence[str]) -> str:
    """The same from what :func:`file_content` gives for each file."""
    if len(contents) == 1:
        return f"sha256:{contents[0]}"
    return f"sha256:{hashlib.sha256(bytes.fromhex(''.join(contents))).hexdigest()}"
