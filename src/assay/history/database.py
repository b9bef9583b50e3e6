"""The SQLite file: opening, migrations, and what its errors mean to a person."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from assay.core.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# One script per version, which ends with its number as `user_version`. Only ever append.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        suite TEXT NOT NULL,
        started TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('running', 'interrupted', 'finished')),
        pid INTEGER,
        decision TEXT,
        duration_s REAL,
        counts TEXT,
        document BLOB
    ) STRICT;
    CREATE INDEX runs_by_suite ON runs (suite, id);
    CREATE TABLE names (
        name TEXT PRIMARY KEY,
        run TEXT NOT NULL REFERENCES runs (id)
    ) STRICT;
    CREATE TABLE measurements (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        check_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        measurement TEXT NOT NULL,
        PRIMARY KEY (check_id, run, position)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
    """,
)
_NOT_FOUND = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def transaction(file: Path, *, timeout_s: float, write: bool) -> Iterator[sqlite3.Connection]:
    """A connection inside one transaction: committed at the end, undone by an exception.

    A file that is missing is made where ``write``; a reader then sees an empty store. Each call
    opens its own connection, so threads and forks share nothing.

    Raises:
        HistoryError: the file cannot be opened, read or written, is damaged, stays locked for
            longer than ``timeout_s``, or was written by a newer version.
    """
    with _explained(file):
        if write:
            private_file(file)
        target = str(file) if write else _to_read(file)
        db = sqlite3.connect(target, timeout=timeout_s, isolation_level=None, uri=not write)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            _migrate(db, file, timeout_s)
            db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield db
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        finally:
            db.close()


def _to_read(file: Path) -> str:
    """What to open for reading: an empty store where there is none.

    A store in WAL mode needs side files even to be read. Where they cannot be made (a read-only
    folder) and none holds anything, the file alone is the store, and nobody here changes it.
    """
    if not file.exists():
        return ":memory:"
    log = file.with_name(f"{file.name}-wal")
    if os.access(file.parent, os.W_OK) or (log.exists() and log.stat().st_size):
        return file.absolute().as_uri()
    return f"{file.absolute().as_uri()}?immutable=1"


def private_file(file: Path) -> None:
    """Make an empty file that only its owner reads; SQLite gives its side files the same mode.

    One that exists is not opened: to close it would drop the locks that other threads of this
    process hold on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _migrate(db: sqlite3.Connection, file: Path, timeout_s: float) -> None:
    if _version(db, file) == len(MIGRATIONS):
        return
    use_wal(db, timeout_s)
    db.execute("BEGIN IMMEDIATE")  # two processes may come here at once: the second finds it done
    try:
        for number in range(_version(db, file), len(MIGRATIONS)):
            for statement in MIGRATIONS[number].split(";"):
                db.execute(statement)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _version(db: sqlite3.Connection, file: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise HistoryError(
            f"The history {file} was written by a newer Assay (format {version}; this one knows "
            f"{len(MIGRATIONS)}).",
            hint="Upgrade Assay: pip install --upgrade assay",
        )
    return version


def use_wal(db: sqlite3.Connection, timeout_s: float) -> None:
    """Switch to write-ahead logging, so that readers never wait for a writer.

    SQLite does not wait for the busy timeout here where waiting could deadlock, so this does.
    """
    until = time.monotonic() + timeout_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if _code(error) not in _LOCKED or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _code(error: sqlite3.Error) -> int:
    """Primary result code; 0 where the error is Python's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _explain(file, error) from error
    except OSError as error:
        raise HistoryError(
            f"The history {file} cannot be opened: {error.strerror}.",
            hint="Make the folder writable, or give another place for it.",
        ) from error


def _explain(file: Path, error: sqlite3.Error) -> HistoryError:
    code = _code(error)
    if code in _NOT_FOUND:
        return HistoryError(
            f"The history {file} cannot be written: {error}.",
            hint="Make the folder and its files writable, or give another place for it.",
        )
    if code in _DAMAGED:
        return HistoryError(
            f"The history {file} is damaged: {error}.",
            hint=f"Move it away (mv {file.name} {file.name}.damaged, with its -wal and -shm "
            "files) or restore a copy; a new history is started where there is none.",
        )
    if code in _LOCKED:
        return HistoryError(
            f"The history {file} is locked by another process.",
            hint="Wait for it to finish, then try again.",
        )
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return HistoryError(
            f"The history {file} cannot be written: {error}.",
            hint="Make room on the disk; what was stored before is unharmed.",
        )
    return HistoryError(
        f"The history {file} cannot be used: {error}.",
        hint="If it was changed by other tools, move it away; a new one is then started.",
    )
