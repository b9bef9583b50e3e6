"""Kept states: found again, or folded again; never an error, never something that was damaged."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from assay.history import states
from assay.history.states import StateStore

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
Q, R = ("1" * 64, "2" * 64)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / ".assay"


@pytest.fixture
def store(home: Path) -> StateStore:
    return StateStore(home)


def database(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "states.db")


def rows(home: Path, table: str) -> int:
    with closing(database(home)) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_what_is_saved_is_found(store: StateStore, home: Path) -> None:
    store.save(A, {Q: b"one", R: b""})
    store.save(B, {Q: b"two"})
    again = StateStore(home)
    assert again.kept([A, B, C], [Q, R]) == {A: {Q, R}, B: {Q}}
    assert again.kept([A], [R]) == {A: {R}}
    assert again.load(A, [Q, R]) == {Q: b"one", R: b""}
    assert again.load(B, [R]) == {}
    assert again.notes == []


def test_reading_makes_nothing(store: StateStore, home: Path) -> None:
    assert store.kept([A], [Q]) == {}
    assert store.load(A, [Q]) == {}
    assert store.contents({"/x": "1"}) == {}
    assert not home.exists()


def test_the_file_is_private_and_ignored_by_git(store: StateStore, home: Path) -> None:
    store.save(A, {Q: b"one"})
    assert (home / "states.db").stat().st_mode & 0o777 == 0o600
    assert (home / ".gitignore").read_text() == "*\n"


def test_contents_are_known_by_their_stamp(store: StateStore) -> None:
    store.learn({"/data/a": ("1 2 3", A), "/data/b": ("", B)})
    assert store.contents({"/data/a": "1 2 3", "/data/b": "4 5 6"}) == {"/data/a": A}
    assert store.contents({"/data/a": "1 2 4"}) == {}
    store.learn({"/data/a": ("1 2 4", C)})
    assert store.contents({"/data/a": "1 2 4"}) == {"/data/a": C}


def test_no_path_is_stored(store: StateStore, home: Path) -> None:
    store.learn({"/data/of-a-customer/day.parquet": ("1", A)})
    store.settle({"/data/of-a-customer/day.parquet": A}, [Q], chain=A, joined=[])
    content = b"".join(f.read_bytes() for f in home.iterdir() if f.name.startswith("states.db"))
    assert b"customer" not in content
    assert b"day.parquet" not in content


def test_what_a_path_held_before_is_forgotten(store: StateStore) -> None:
    store.save(A, {Q: b"a"})
    store.settle({"/x": A}, [Q], chain=A, joined=[])
    store.save(B, {Q: b"b"})
    store.settle({"/x": B}, [Q], chain=B, joined=[])
    assert store.kept([A, B], [Q]) == {B: {Q}}


def test_content_that_moved_is_not_forgotten(store: StateStore) -> None:
    store.save(A, {Q: b"a"})
    store.save(B, {Q: b"b"})
    store.settle({"/x": A, "/y": B}, [Q], chain=A, joined=[])
    store.settle({"/x": B, "/y": A}, [Q], chain=B, joined=[])
    assert store.kept([A, B], [Q]) == {A: {Q}, B: {Q}}


def test_files_together_are_forgotten_but_for_the_last(store: StateStore) -> None:
    for content in (B, C):
        store.save(content, {Q: b"x", R: b"y"}, chain=A)
    store.settle({}, [Q], chain=A, joined=[C])
    assert store.kept([B, C], [Q, R]) == {B: {R}, C: {Q, R}}  # R is another suite's
    store.settle({}, [R], chain=A, joined=[C])
    assert store.kept([B, C], [Q, R]) == {C: {Q, R}}


def test_what_nobody_asks_for_is_forgotten(
    store: StateStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000_000_000.0]
    monkeypatch.setattr(states.time, "time", lambda: clock[0])
    store.save(A, {Q: b"a", R: b"r"})
    store.save(B, {Q: b"b"})
    store.learn({"/x": ("1", A), "/y": ("2", B)})
    clock[0] += states.MAX_AGE_S / 2
    store.settle({"/x": A}, [Q], chain=A, joined=[])
    assert store.kept([A, B], [Q, R]) == {A: {Q, R}, B: {Q}}
    clock[0] += states.MAX_AGE_S / 2 + 10
    store.settle({"/x": A}, [Q], chain=A, joined=[])
    assert store.kept([A, B], [Q, R]) == {A: {Q}}
    counts = [rows(home, table) for table in ("files", "contents", "questions", "states")]
    assert counts == [1, 1, 1, 1]


@pytest.mark.parametrize("column", ["value", "checksum"])
def test_a_damaged_row_is_left_out(store: StateStore, home: Path, column: str) -> None:
    store.save(A, {Q: b"one", R: b"two"})
    with closing(database(home)) as db, db:
        if column == "value":
            db.execute("UPDATE states SET value = x'00' WHERE value = CAST('one' AS BLOB)")
        else:
            db.execute("UPDATE states SET checksum = x'00' WHERE value = CAST('one' AS BLOB)")
    assert store.load(A, [Q, R]) == {R: b"two"}
    assert any("damaged" in note for note in store.notes)


def test_a_row_in_the_place_of_another_is_left_out(store: StateStore, home: Path) -> None:
    store.save(A, {Q: b"one"})
    store.save(B, {Q: b"two"})
    with closing(database(home)) as db, db:
        db.execute(
            "CREATE TEMP TABLE moved AS SELECT checksum, value FROM states WHERE content = 1"
        )
        db.execute("UPDATE states SET (checksum, value) = (SELECT * FROM moved) WHERE content = 2")
    assert store.load(B, [Q]) == {}


@pytest.mark.parametrize("content", [b"this is no database, but long enough" * 200, b"\0" * 9000])
def test_a_file_that_is_no_database_is_made_anew(
    store: StateStore, home: Path, content: bytes
) -> None:
    home.mkdir()
    (home / "states.db").write_bytes(content)
    assert store.load(A, [Q]) == {}
    store.save(A, {Q: b"one"})
    assert store.load(A, [Q]) == {Q: b"one"}
    assert any("made anew" in note for note in store.notes)


def test_damaged_pages_are_never_trusted(store: StateStore, home: Path) -> None:
    saved = {f"{i:064x}": os.urandom(3000) for i in range(200)}
    store.save(A, saved)
    size = (home / "states.db").stat().st_size
    for at in range(16384 * 2, size, 16384 * 3):
        with (home / "states.db").open("r+b") as file:
            file.seek(at)
            file.write(os.urandom(500))
    again = StateStore(home)
    found = again.load(A, list(saved))
    assert all(saved[name] == value for name, value in found.items())
    assert len(found) < len(saved)
    assert again.notes
    again.save(A, saved)
    assert again.load(A, list(saved)) == saved


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_schema_is_made_anew(store: StateStore, home: Path, version: int) -> None:
    store.save(A, {Q: b"one"})
    with closing(database(home)) as db, db:
        db.execute("DROP TABLE states")
        db.execute(f"PRAGMA user_version = {version:d}")
    assert store.load(A, [Q]) == {}
    store.save(A, {Q: b"two"})
    assert store.load(A, [Q]) == {Q: b"two"}


def test_a_store_that_stays_locked_is_done_without(home: Path) -> None:
    StateStore(home).save(A, {Q: b"one"})
    with closing(database(home)) as other:
        other.execute("BEGIN IMMEDIATE")
        hasty = StateStore(home, timeout_s=0.05)
        hasty.save(B, {Q: b"two"})
        assert any("locked" in note for note in hasty.notes)
        assert hasty.load(A, [Q]) == {}
    assert StateStore(home).kept([A, B], [Q]) == {A: {Q}}


def test_a_folder_that_cannot_be_written(open_folder: Path, unprivileged: None) -> None:
    locked = open_folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    store = StateStore(locked / ".assay")
    store.save(A, {Q: b"one"})
    assert store.load(A, [Q]) == {}
    assert any("Nothing could be kept" in note for note in store.notes)


FULL = """
import resource, signal, sys
from pathlib import Path
from assay.history.states import StateStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
store = StateStore(Path(sys.argv[1]))
store.save("b" * 64, {"1" * 64: bytes(2_000_000)})
print(store.notes)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="does not apply: no limits on file sizes")
def test_no_room_is_a_note(store: StateStore, home: Path) -> None:
    store.save(A, {Q: b"one"})
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(home)], capture_output=True, text=True, check=True
    )
    assert "Nothing could be kept" in done.stdout
    assert StateStore(home).load(A, [Q]) == {Q: b"one"}


def test_many_write_at_once(home: Path) -> None:
    def work(number: int) -> list[str]:
        store = StateStore(home)
        for i in range(5):
            content = f"{number:032x}{i:032x}"
            store.save(content, {Q: bytes([number, i]), R: b"r"})
            store.learn({f"/{number}/{i}": ("s", content)})
            store.settle({f"/{number}/{i}": content}, [Q, R], chain=content, joined=[])
        return store.notes

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [[]] * 8
    store = StateStore(home)
    for number in range(8):
        for i in range(5):
            assert store.load(f"{number:032x}{i:032x}", [Q])[Q] == bytes([number, i])


KILLED = """
import os, sys
from pathlib import Path
from assay.history.states import StateStore
store = StateStore(Path(sys.argv[1]))
for i in range(1000):
    store.save(f"{i:064x}", {f"{j:064x}": os.urandom(2000) for j in range(20)})
    print(i, flush=True)
"""


def test_a_kill_leaves_whole_contents(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(8)]
    process.kill()
    process.wait()
    process.stdout.close()
    store = StateStore(home)
    questions = [f"{j:064x}" for j in range(20)]
    kept = store.kept([f"{i:064x}" for i in range(1000)], questions)
    assert len(kept) >= len(told)
    for content in kept:
        assert len(store.load(content, questions)) == 20
    assert store.notes == []


CROWD = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from assay.history.states import StateStore
store = StateStore(Path(sys.argv[1]))
def work(number):
    for i in range(15):
        content = f"{sys.argv[2]}{number:031x}{i:032x}"
        store.save(content, {f"{j:064x}": bytes(3000) for j in range(3)})
        store.learn({f"/{number}/{i}": ("s", content)})
        if len(store.load(content, [f"{j:064x}" for j in range(3)])) != 3:
            store._cache.note("lost")
with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, range(4)))
print(store.notes)
"""


def test_threads_of_several_processes_write_at_once(home: Path) -> None:
    """A file that is opened and closed beside SQLite drops the locks of the whole process."""
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", CROWD, str(home), str(number)], stdout=subprocess.PIPE, text=True
        )
        for number in range(3)
    ]
    assert [process.communicate(timeout=60)[0] for process in crowd] == ["[]\n"] * 3
    with closing(database(home)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert rows(home, "states") == 3 * 4 * 15 * 3
