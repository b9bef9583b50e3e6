"""Answers of earlier runs, by the hash of what was asked."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from assay.collect.atomic import make_folder
from assay.core.errors import StorageError
from assay.subjects.language.reply import Reply

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from assay.core.exchange import Message

_FLUSH = 256
_NOT_SQLITE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


class ReplyCache:
    """A content-addressed store of replies, in one SQLite file that several runs may share.

    The key is the hash of how the model is asked (its fingerprint), of the turns and of the number
    of the repeat, so that repeated answers stay different ones. No question and no address is in
    the file, only answers. A damaged file is begun anew: it is a cache.

    Args:
        path: of the file; its folder is made if missing.
        fingerprint: of the model, as it is asked.

    Raises:
        StorageError: it cannot be written.
    """

    def __init__(self, path: str, fingerprint: str) -> None:
        self._path = path
        self._fingerprint = fingerprint.encode()
        self._fresh: list[tuple[bytes, bytes]] = []
        make_folder(os.path.dirname(path) or ".")
        try:
            self._database = self._open()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname not in _NOT_SQLITE:
                raise self._cannot(error) from error
            for ending in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path + ending)
            self._database = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.flush()
        finally:
            self._database.close()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=30.0, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = OFF")
            database.execute(
                "CREATE TABLE IF NOT EXISTS replies (key BLOB PRIMARY KEY, reply BLOB NOT NULL)"
                " WITHOUT ROWID"
            )
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database

    def key(self, messages: tuple[Message, ...], repeat: int) -> bytes:
        """Hash of what is asked."""
        digest = blake2b(self._fingerprint, digest_size=32)
        digest.update(b"\0%d\0" % repeat)
        digest.update(msgspec.json.encode(messages))
        return digest.digest()

    def get(self, key: bytes) -> Reply | None:
        """The reply that is kept, or None."""
        try:
            found = self._database.execute(
                "SELECT reply FROM replies WHERE key = ?", (key,)
            ).fetchone()
        except sqlite3.DatabaseError as error:
            raise self._cannot(error) from error
        if found is None:
            return None
        try:
            return msgspec.json.decode(found[0], type=Reply)
        except msgspec.DecodeError:  # of another version
            return None

    def put(self, key: bytes, reply: Reply) -> None:
        """Keep a reply; many are written at once."""
        self._fresh.append((key, msgspec.json.encode(reply)))
        if len(self._fresh) >= _FLUSH:
            self.flush()

    def flush(self) -> None:
        """Write what was put.

        Raises:
            StorageError: it cannot be written.
        """
        fresh, self._fresh = self._fresh, []
        if not fresh:
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR REPLACE INTO replies VALUES (?, ?)", fresh)
            self._database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise self._cannot(error) from error

    def _cannot(self, error: sqlite3.DatabaseError) -> StorageError:
        return StorageError(
            f"The cache {self._path} cannot be used: {error}.",
            hint="Make room, or run without `cache: true`.",
        )
