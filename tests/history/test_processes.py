"""Real processes: several at once, and one that is killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import msgspec
import pytest

from assay.history.run_id import new_run_id
from assay.history.store import History

WRITER = """
import sys, time
from pathlib import Path
import msgspec
from assay.core.result import Run
from assay.history.run_id import new_run_id
from assay.history.store import History

template = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=Run)
history = History(Path(sys.argv[1]))
count, name = int(sys.argv[3]), sys.argv[4]
print("ready", flush=True)
sys.stdin.readline()
for _ in range(count):
    run_id = new_run_id()
    record = msgspec.structs.replace(template.run, id=run_id, name=name or None)
    history.begin(run_id, template.suite.name, template.started)
    history.save(msgspec.structs.replace(template, run=record))
    history.list(limit=3)
    print(run_id, flush=True)
"""


def start(history: History, template, count: int, name: str = "") -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(history.path), str(template), str(count), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


@pytest.fixture
def template(tmp_path, make_run):
    path = tmp_path / "template.json"
    path.write_bytes(msgspec.json.encode(make_run(text="# " + "x" * 300_000)))
    return path


def check_integrity(history: History) -> None:
    db = sqlite3.connect(history.path / "history.sqlite")
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()


def test_processes_that_start_together_lose_nothing(history, template):
    """They also race to make the folder, the file and its tables."""
    processes = [start(history, template, 8, f"name{i % 2}") for i in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    ids: set[str] = set()
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        ids.update(out.decode().split())
    assert len(ids) == 32
    assert {run.id for run in history.list()} == ids
    assert all(run.status == "finished" for run in history.list())
    assert set(history.names()) == {"name0", "name1"}
    assert len(history.series("auc")) == 32
    check_integrity(history)


def test_a_kill_at_any_moment_loses_no_saved_run(history, template):
    rng = random.Random(5)
    saved: set[str] = set()
    for _ in range(15):
        process = start(history, template, 1000)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        before = [process.stdout.readline() for _ in range(rng.randint(0, 2))]
        time.sleep(rng.uniform(0.0, 0.03))
        os.kill(process.pid, signal.SIGKILL)
        out, _ = process.communicate(timeout=10)
        lines = b"".join([*before, out]).decode().split()
        saved.update(line for line in lines if len(line) == 22)
        runs = {run.id: run.status for run in history.list()}
        assert saved <= {i for i, status in runs.items() if status == "finished"}
        assert "running" not in runs.values()
    assert len(saved) > 5
    finished = [run.id for run in history.list() if run.status == "finished"]
    assert [p.run_id for p in history.series("auc")] == sorted(finished)
    assert [history.get(run_id).run.id for run_id in finished] == finished
    assert history.interrupted(), "no kill came between begin and save: the test shows nothing"
    check_integrity(history)


def test_a_killed_run_shows_as_interrupted_and_can_be_taken_over(history):
    run_id = new_run_id()
    code = (
        "import sys, time; from pathlib import Path; from assay.history.store import History\n"
        "h = History(Path(sys.argv[1])); h.begin(sys.argv[2], 's', '2026-11-23T14:15:02Z')\n"
        "print('begun', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(history.path), run_id], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    assert [run.status for run in history.list()] == ["running"]
    assert list(history.interrupted()) == []
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert [run.id for run in history.interrupted()] == [run_id]
    history.begin(run_id, "s", "2026-11-23T14:15:02Z")
    assert [run.status for run in history.list()] == ["running"]
