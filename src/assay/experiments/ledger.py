"""Ledgers: files of JSON lines that only grow, flushed line by line, with one writer at a time.

A line is there when it ends with its newline. A process that dies in the middle of one leaves a
torn line: what it said never happened, and the next writer cuts it off.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import AssayError, HistoryError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class BusyError(AssayError):
    """Another process writes to this ledger right now."""


def folder_of(home: Path, kind: str, name: str) -> Path:
    """``kind/name`` in ``home``; names that a path cannot hold get a hash of them."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60]
    if readable != name:
        readable += f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return home / kind / readable


def lines(path: Path) -> list[bytes]:
    """The whole lines; none where there is no file. Reading needs no lock.

    Raises:
        HistoryError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise HistoryError(f"The journal {path} cannot be read: {error.strerror}.") from error
    return content[: content.rfind(b"\n") + 1].splitlines()


def damaged(path: Path, reason: object) -> HistoryError:
    """What to say of a line that does not belong there: what follows rests on it."""
    return HistoryError(
        f"The journal {path} is damaged: {reason}.", hint="Restore it from a copy."
    )  # fmt: skip


@contextmanager
def writing(folder: Path, *, of: str) -> Iterator[None]:
    """The folder (made if missing), for one writer alone until the block ends.

    Args:
        of: what it is about, for a message.

    Raises:
        BusyError: another process (or thread) is writing.
        HistoryError: the folder cannot be made.
    """
    from assay.history.claim import claim
    from assay.history.folder import make

    try:
        make(folder.parent.parent)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = claim(folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    if held is None:
        raise BusyError(
            f"Another process decides on {of!r} right now.", hint="Ask again when it is done."
        )
    try:
        yield
    finally:
        held.release()


def cut_torn_line(path: Path) -> None:
    """Cut off what a process that died had begun to write; for the writer alone.

    Raises:
        HistoryError: the file cannot be written.
    """
    try:
        with path.open("r+b") as file:
            content = file.read()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                file.truncate(whole)
                os.fsync(file.fileno())
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(path.parent, error) from error


def append(path: Path, line: object) -> None:
    """Add a line: on the disk when this returns; nothing of it is there when this raises.

    Raises:
        HistoryError: it cannot be written.
    """
    try:
        new = not path.exists()
        # Without a buffer: one that could not be emptied is tried again when the file is closed.
        with path.open("ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                rest = msgspec.json.encode(line) + b"\n"
                while rest:
                    rest = rest[file.write(rest) or 0 :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
        if new:
            _flush_folder(path.parent)
    except OSError as error:
        raise unwritable(path.parent, error) from error


def write_beside(path: Path, told: object) -> None:
    """Write what follows from a ledger into a file of its own, whole or not at all.

    Raises:
        HistoryError: it cannot be written; the ledger holds all the same.
    """
    from assay.collect.atomic import write_bytes

    text = msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
    try:
        if path.read_bytes() == text:
            return
    except OSError:
        pass  # not there yet, or not readable: written anew
    try:
        write_bytes(str(path), text)
    except StorageError as error:
        raise HistoryError(
            f"The decision is kept, but {path} cannot be written.",
            hint="Make room, then ask again: it is written from the journal.",
        ) from error


def unwritable(folder: Path, error: OSError) -> HistoryError:
    """What such an error of the operating system means to a person."""
    return HistoryError(
        f"The journal in {folder} cannot be written: {error.strerror}.",
        hint="Make room, or give another place with --home.",
    )


def _flush_folder(folder: Path) -> None:
    """So that the name of a new file survives a loss of power, too."""
    if hasattr(os, "O_DIRECTORY"):
        at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(at)
        finally:
            os.close(at)
