"""The store of states: what was folded of each file, so that it need not be read again.

It is a cache. What it lacks is folded anew, and so is what is damaged or was written by another
format: nothing in it is trusted that does not match its checksum, and no trouble with it is ever
an error of the run. Paths are kept as digests only.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING

from assay.history.cache import Cache

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

DATABASE = "states.db"
MAX_AGE_S = 30 * 86_400
"""What no run asked for in this time is forgotten."""

_VERSION = 1
_SCHEMA = (
    """
    CREATE TABLE files (
        path TEXT PRIMARY KEY, stamp TEXT NOT NULL, content TEXT NOT NULL, seen INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # a content is that of a file, or of the first files of a table together ("chain" is the first)
    """
    CREATE TABLE contents (
        id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, path TEXT, chain TEXT,
        seen INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE questions (
        id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, seen INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE states (
        content INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
        question INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
        checksum BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (content, question)
    ) STRICT
    """,
    "CREATE INDEX states_by_question ON states (question)",
    "CREATE INDEX contents_by_path ON contents (path)",
    "CREATE INDEX contents_by_chain ON contents (chain)",
)


class StateStore:
    """States kept in ``states.db`` in the folder ``home`` (usually ``.assay``).

    Any number of processes and threads may use it at once. Where it cannot be used, the answers are
    as if nothing were kept.
    """

    def __init__(self, home: Path, *, timeout_s: float = 10.0) -> None:
        """``timeout_s``: how long to wait for another process that writes."""
        self._cache = Cache(home / DATABASE, _SCHEMA, _VERSION, timeout_s=timeout_s)

    @property
    def notes(self) -> list[str]:
        """What went wrong, for a person."""
        return self._cache.notes

    def contents(self, stamps: Mapping[str, str]) -> dict[str, str]:
        """Contents by path, of the files that have the same stamp as when they were hashed."""
        paths = {_digest(path): path for path in stamps}

        def find(db: sqlite3.Connection) -> dict[str, str]:
            rows = db.execute(
                "SELECT path, stamp, content FROM files "
                "WHERE path IN (SELECT value FROM json_each(?))",
                (json.dumps(list(paths)),),
            )
            return {paths[p]: content for p, stamp, content in rows if stamps[paths[p]] == stamp}

        return self._cache.read(find, {})

    def learn(self, contents: Mapping[str, tuple[str, str]]) -> None:
        """Note stamp and content by path."""
        now = int(time.time())
        rows = [(_digest(path), *found, now) for path, found in contents.items()]
        self._cache.write(
            lambda db: db.executemany(
                "INSERT INTO files (path, stamp, content, seen) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (path) DO UPDATE SET stamp = excluded.stamp, "
                "content = excluded.content, seen = excluded.seen",
                rows,
            )
        )

    def kept(
        self, contents: Collection[str], questions: Collection[str]
    ) -> dict[str, frozenset[str]]:
        """The questions that are answered, by content; contents without any are left out."""

        def find(db: sqlite3.Connection) -> dict[str, frozenset[str]]:
            found: dict[str, set[str]] = {}
            for content, question in db.execute(
                "SELECT c.digest, q.digest FROM contents c JOIN states s ON s.content = c.id "
                "JOIN questions q ON q.id = s.question "
                "WHERE c.digest IN (SELECT value FROM json_each(?)) "
                "AND q.digest IN (SELECT value FROM json_each(?))",
                (json.dumps(list(contents)), json.dumps(list(questions))),
            ):
                found.setdefault(content, set()).add(question)
            return {content: frozenset(several) for content, several in found.items()}

        return self._cache.read(find, {})

    def load(self, content: str, questions: Collection[str]) -> dict[str, bytes]:
        """Packed states of one content by question; those that are damaged are left out."""

        def find(db: sqlite3.Connection) -> list[tuple[str, bytes, bytes]]:
            return db.execute(
                "SELECT q.digest, s.checksum, s.value FROM contents c "
                "JOIN states s ON s.content = c.id JOIN questions q ON q.id = s.question "
                "WHERE c.digest = ? AND q.digest IN (SELECT value FROM json_each(?))",
                (content, json.dumps(list(questions))),
            ).fetchall()

        rows: list[tuple[str, bytes, bytes]] = self._cache.read(find, [])
        good = {q: value for q, sum_, value in rows if sum_ == _checksum(content, q, value)}
        if len(good) < len(rows):
            self._cache.note("Some kept states were damaged; their files were read again.")
        return good

    def save(self, content: str, states: Mapping[str, bytes], *, chain: str | None = None) -> None:
        """Keep packed states of a content by question, all or none.

        Args:
            chain: the first file's content, where the content is that of several files together.
        """
        now = int(time.time())

        def put(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR IGNORE INTO contents (digest, chain, seen) VALUES (?, ?, ?)",
                (content, chain, now),
            )
            db.executemany(
                "INSERT OR IGNORE INTO questions (digest, seen) VALUES (?, ?)",
                [(question, now) for question in states],
            )
            db.executemany(
                "INSERT OR REPLACE INTO states (content, question, checksum, value) "
                "SELECT c.id, q.id, ?, ? FROM contents c, questions q "
                "WHERE c.digest = ? AND q.digest = ?",
                [(_checksum(content, q, v), v, content, q) for q, v in states.items()],
            )

        self._cache.write(put)

    def settle(
        self,
        files: Mapping[str, str],
        questions: Collection[str],
        *,
        chain: str,
        joined: Sequence[str],
    ) -> None:
        """Note what a table holds now, and forget what nothing will ask for again.

        Forgotten are: what a path held before; states of files together, of these questions, but
        for those of ``joined``; and whatever was not asked for in :data:`MAX_AGE_S`.

        Args:
            files: contents by path.
            questions: what was asked.
            chain: the content of the first file.
            joined: contents of several files together that may be asked for again.
        """
        now = int(time.time())
        held = [(_digest(path), content) for path, content in files.items()]
        asked, kept = json.dumps(list(questions)), json.dumps(list(joined))

        def forget(db: sqlite3.Connection) -> None:
            db.executemany(
                "UPDATE contents SET path = ?, seen = ? WHERE digest = ?",
                [(path, now, content) for path, content in held],
            )
            db.executemany("DELETE FROM contents WHERE path = ? AND digest <> ?", held)
            db.executemany(
                "UPDATE files SET seen = ? WHERE path = ?", [(now, path) for path, _ in held]
            )
            db.execute(
                "UPDATE contents SET seen = ? WHERE digest IN (SELECT value FROM json_each(?))",
                (now, kept),
            )
            db.execute(
                "UPDATE questions SET seen = ? WHERE digest IN (SELECT value FROM json_each(?))",
                (now, asked),
            )
            db.execute(
                "DELETE FROM states WHERE content IN (SELECT id FROM contents WHERE chain = ? "
                "AND digest NOT IN (SELECT value FROM json_each(?))) "
                "AND question IN (SELECT id FROM questions WHERE digest IN "
                "(SELECT value FROM json_each(?)))",
                (chain, kept, asked),
            )
            db.execute(
                "DELETE FROM contents WHERE chain = ? "
                "AND NOT EXISTS (SELECT 1 FROM states WHERE content = contents.id)",
                (chain,),
            )
            db.execute("DELETE FROM files WHERE seen < ?", (now - MAX_AGE_S,))
            db.execute("DELETE FROM contents WHERE seen < ?", (now - MAX_AGE_S,))
            db.execute("DELETE FROM questions WHERE seen < ?", (now - MAX_AGE_S,))

        self._cache.write(forget)


def _digest(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


def _checksum(content: str, question: str, value: bytes) -> bytes:
    return hashlib.blake2b(
        value, digest_size=16, key=f"{content[:32]}{question[:32]}".encode()
    ).digest()
