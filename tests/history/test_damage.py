"""A store that cannot be used says so, in one error with a way out."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

import msgspec
import pytest

from assay.core.errors import HistoryError
from assay.history import database
from assay.history.store import History

A = "20261123-141502-a1b2c3"
B = "20261123-141502-b1b2c3"


def file_of(history: History):
    return history.path / "history.sqlite"


def test_a_newer_format_asks_for_an_upgrade(history, make_run):
    history.save(make_run(A))
    with sqlite3.connect(file_of(history)) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    for use in (history.list, lambda: history.save(make_run(B))):
        with pytest.raises(HistoryError, match=r"newer Assay.*format 99.*Upgrade Assay"):
            use()


def test_an_older_format_is_migrated_with_its_runs(history, make_run, monkeypatch):
    run = make_run(A)
    history.save(run)
    added = (
        "ALTER TABLE runs ADD COLUMN note TEXT; UPDATE runs SET note = 'kept';"
        "PRAGMA user_version = 2"
    )
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, added))
    assert history.get(A) == run
    with sqlite3.connect(file_of(history)) as db:
        assert db.execute("SELECT note FROM runs").fetchall() == [("kept",)]
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
    db.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(history, make_run, monkeypatch):
    history.save(make_run(A))
    broken = "ALTER TABLE runs ADD COLUMN note TEXT; SELECT nonsense FROM nowhere"
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, broken))
        with pytest.raises(HistoryError, match="cannot be used"):
            history.list()
    assert [r.id for r in history.list()] == [A]


@pytest.mark.parametrize("content", [b"this is no database, but long enough to be one" * 50])
def test_a_file_that_is_no_database(history, content):
    history.path.mkdir()
    file_of(history).write_bytes(content)
    with pytest.raises(HistoryError, match=r"is damaged.*Move it away \(mv history.sqlite"):
        history.list()
    assert file_of(history).read_bytes() == content


def test_a_damaged_page(history, make_run):
    history.save(make_run(A))
    with file_of(history).open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(4096 * 8))
    with pytest.raises(HistoryError, match="is damaged"):
        history.list()


def test_an_empty_file_is_an_empty_history(history, make_run):
    history.path.mkdir()
    file_of(history).touch()
    assert list(history.list()) == []
    history.save(make_run(A))
    assert history.get(A).run.id == A


def test_a_stored_document_that_cannot_be_read(history, make_run):
    history.save(make_run(A))
    with sqlite3.connect(file_of(history)) as db:
        db.execute("UPDATE runs SET document = CAST('{\"schema\": 3}' AS BLOB)")
    db.close()
    with pytest.raises(HistoryError, match=f"stored run {A} cannot be read"):
        history.get(A)
    with sqlite3.connect(file_of(history)) as db:
        run = make_run(A)
        text = msgspec.json.encode(run).replace(b"assay.run/1", b"assay.run/9")
        db.execute("UPDATE runs SET document = ?", (text,))
    db.close()
    with pytest.raises(HistoryError, match=r"schema 'assay.run/9'.*Upgrade"):
        history.get(A)


def test_a_lock_that_is_not_let_go(history, make_run):
    history.save(make_run(A))
    other = sqlite3.connect(file_of(history), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hasty = History(history.path, timeout_s=0.05)
    with pytest.raises(HistoryError, match="locked by another process"):
        hasty.save(make_run(B))
    assert [r.id for r in hasty.list()] == [A]  # readers do not wait
    other.execute("ROLLBACK")
    other.close()


def test_a_folder_that_cannot_be_made(open_folder, make_run, unprivileged):
    locked = open_folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    history = History(locked / ".assay")
    assert list(history.list()) == []
    with pytest.raises(HistoryError, match="cannot be written: Permission denied"):
        history.save(make_run(A))
    with pytest.raises(HistoryError, match="cannot be written: Permission denied"):
        history.begin(A, "mortgage", "2026-11-23T14:15:02Z")


def test_a_store_that_became_read_only(open_folder, make_run, unprivileged):
    history = History(open_folder / ".assay")
    history.save(make_run(A))
    file_of(history).chmod(0o444)
    (history.path / "runs").chmod(0o555)
    history.path.chmod(0o555)
    with pytest.raises(HistoryError, match=r"cannot be .*Make the folder"):
        history.save(make_run(B))
    with pytest.raises(HistoryError, match=r"cannot be .*Make the folder"):
        history.name(A, "main")


def test_a_file_where_the_folder_should_be(tmp_path, make_run):
    (tmp_path / ".assay").write_text("in the way")
    with pytest.raises(HistoryError, match="cannot be written"):
        History(tmp_path / ".assay").save(make_run(A))


FULL = """
import resource, signal, sys
from pathlib import Path
import msgspec
from assay.core.errors import HistoryError
from assay.core.result import Run
from assay.history.store import History
run = msgspec.json.decode(sys.stdin.buffer.read(), type=Run)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    History(Path(sys.argv[1])).save(run)
except HistoryError as error:
    print(error)
    sys.exit(7)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes")
def test_no_room(history, make_run):
    run = make_run(A)
    history.save(run)
    big = make_run(B, text="# " + "x" * 2_000_000)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(history.path)],
        input=msgspec.json.encode(big),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    assert b"Make room on the disk" in done.stdout
    assert history.get(A) == run
    assert [r.id for r in history.list()] == [A]
    history.save(big)
    assert history.get(B) == big
