"""The journal of a pass: a line for each finished answer, handed to the operating system at once.

So a process that is killed loses no finished answer. A torn last line is dropped. Journals are cut
into pieces, ``journal-000000.jsonl`` and so on: once the answers of a piece stand in a Parquet
file, it is removed.
"""

from __future__ import annotations

import contextlib
import glob
import os

import msgspec

from assay.core.errors import StorageError
from assay.core.exchange import Answer

_decoder = msgspec.json.Decoder(tuple[str, Answer])
_encoder = msgspec.json.Encoder()


class Piece:
    """One file of the journal, open to be written at its end.

    Raises:
        StorageError: it cannot be made.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            raise _cannot(path, error) from error

    def write(self, key: bytes, answer: Answer) -> int:
        """Hand one answer to the operating system; how many bytes it took.

        Raises:
            StorageError: it cannot be written (a full disk, say).
        """
        line = _encoder.encode((key.hex(), answer)) + b"\n"
        left = memoryview(line)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            raise _cannot(self.path, error) from error
        return len(line)

    def close(self) -> None:
        """Write no more."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def remove(self) -> None:
        """Its answers stand elsewhere."""
        self.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


def pieces(folder: str) -> list[str]:
    """The journal's files in a folder, in their order."""
    return sorted(glob.glob(os.path.join(glob.escape(folder), "journal-*.jsonl")))


def kept(paths: list[str]) -> dict[bytes, Answer]:
    """The answers in these files, the last for each key; lines that were cut off are dropped."""
    found: dict[bytes, Answer] = {}
    for path in paths:
        with open(path, "rb") as file:
            for line in file:
                try:
                    key, answer = _decoder.decode(line)
                    found[bytes.fromhex(key)] = answer
                except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
                    continue
    return found


def _cannot(path: str, error: OSError) -> StorageError:
    return StorageError(
        f"Answers cannot be written to {os.path.dirname(path)}: {error.strerror or error}.",
        hint="What is finished is kept: make room, then go on with `assay run --resume`.",
    )
