"""A SQLite file that may be lost: what cannot be read is made anew, and no trouble is an error."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from assay.core.errors import HistoryError
from assay.history import folder as layout
from assay.history.database import private_file, use_wal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

_LOST = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)


class Cache:
    """The file ``file``, with the tables that ``schema`` makes.

    ``notes`` says, for a person, what went wrong.

    Args:
        schema: statements that make the tables of an empty file.
        version: of the schema; a file of another version is made anew.
        timeout_s: how long to wait for another process that writes.
    """

    def __init__(
        self, file: Path, schema: Sequence[str], version: int, *, timeout_s: float
    ) -> None:
        self.notes: list[str] = []
        self._file = file
        self._schema = (*schema, f"PRAGMA user_version = {version:d}")
        self._version = version
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._renewed = 0
        self._given_up = False

    def note(self, text: str) -> None:
        """Say something for a person, once."""
        if text not in self.notes:
            self.notes.append(text)

    def read(self, work: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """What ``work`` finds in one transaction; ``nothing`` where the file cannot be used."""
        return self._attempt(work, nothing, write=False) if self._file.exists() else nothing

    def write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do ``work`` in one transaction: all of it or, where the file cannot be used, nothing."""
        self._attempt(work, None, write=True)

    def _attempt(self, work: Callable[[sqlite3.Connection], T], nothing: T, *, write: bool) -> T:
        for _ in range(2):  # where the file is lost, once more with a new one
            before = self._renewed
            if self._given_up:
                break
            try:
                with self._transaction(write=write) as db:
                    return work(db)
            except sqlite3.Error as error:
                code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
                if code in _LOST or isinstance(error, _OtherVersion):
                    self._renew(before)
                else:
                    self._give_up(error)
            except (OSError, HistoryError) as error:
                self._give_up(error)
        return nothing

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        layout.make(self._file.parent)
        private_file(self._file)
        with closing(
            sqlite3.connect(self._file, timeout=self._timeout_s, isolation_level=None)
        ) as db:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = NORMAL")  # a cache may lose its last entries
            self._make(db)
            db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            with _undone(db):
                yield db
            db.execute("COMMIT")

    def _make(self, db: sqlite3.Connection) -> None:
        if _version(db) == 0:
            db.execute("PRAGMA page_size = 16384")  # there may be large values
            use_wal(db, self._timeout_s)
            db.execute("BEGIN IMMEDIATE")  # two processes may come here: the second finds it done
            with _undone(db):
                for statement in self._schema if _version(db) == 0 else ():
                    db.execute(statement)
            db.execute("COMMIT")
        if _version(db) != self._version:
            raise _OtherVersion

    def _renew(self, before: int) -> None:
        """Make room for a new, empty file in the place of one that cannot be used."""
        with self._lock:
            if self._renewed > before:  # another thread did
                return
            self._renewed += 1
            self.note("What was kept could not be read, so it is made anew.")
            for ending in ("", "-wal", "-shm"):
                with suppress(OSError):
                    self._file.with_name(self._file.name + ending).unlink(missing_ok=True)

    def _give_up(self, error: Exception) -> None:
        self._given_up = True
        self.note(f"Nothing could be kept: {str(error).rstrip('.')}.")


class _OtherVersion(sqlite3.Error):
    """The file has another schema."""


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def _undone(db: sqlite3.Connection) -> Iterator[None]:
    """Undo the transaction where an exception leaves it."""
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
