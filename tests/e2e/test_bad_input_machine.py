"""A disk that is full, folders that cannot be written, files that change, a store that is newer."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Project

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="does not apply: limits and modes of POSIX"
)

SUITE = """
suite: machine
subjects:
  data: {table: data.parquet, unit: id}
  model: {model: "model:model", kind: python, task: binary, target: y, positive: "yes",
          batch_size: 60000}
checks:
  - row_count: {on: data}
    at_least: 1
  - classification.accuracy: {on: model, data: data}
    at_least: 0.4
"""
MODEL = """
import numpy as np

class Model:
    classes_ = np.array(["no", "yes"])
    feature_names_in_ = np.array(["x"])

    def predict_proba(self, frame):
        with open("calls", "a") as calls:
            calls.write("x")
        p = 1 / (1 + np.exp(-np.asarray(frame["x"], dtype=float)))
        return np.column_stack([1 - p, p])

    def predict(self, frame):
        return self.classes_[(np.asarray(frame["x"], dtype=float) > 0).astype(int)]

model = Model()
"""
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


def disk_of(size: int) -> None:
    """In the child: no file grows beyond ``size`` bytes, as on a disk that has no more room."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def like_everybody() -> None:
    """In the child: modes of files hold also for root, whose special rights end with the exec."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], None]:
    """What makes a child like everybody, where the machine lets it."""
    closed = tmp_path_factory.mktemp("probe") / "closed"
    closed.touch(mode=0)
    probe = ["cat", closed]
    done = subprocess.run(probe, preexec_fn=like_everybody, capture_output=True, check=False)
    if done.returncode == 0:
        pytest.skip("does not apply: root cannot give up its rights on this machine")
    return like_everybody


def modes(folder: Path, *, writable: bool) -> None:
    for path in [*folder.rglob("*"), folder]:
        path.chmod(
            (0o755 if writable else 0o555) if path.is_dir() else 0o644 if writable else 0o444
        )


@pytest.fixture
def machine(project: Project) -> Project:
    """A table and a model; three batches of predictions."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=150_000)
    project.write(
        "data.parquet", {"id": np.arange(len(x)), "x": x, "y": np.where(x > 0.3, "yes", "no")}
    )
    project.write("model.py", MODEL)
    project.write("suite.yaml", SUITE)
    return project


RUN = ("run", "suite.yaml", "--allow-code", "--json")


@pytest.mark.parametrize("size", [0, 500, 20_000])
def test_a_full_disk_before_the_work(machine, size):
    answer = machine.process(*RUN, preexec_fn=lambda: disk_of(size))
    answer.refused("history", "cannot be written", "Make room on the disk")


def test_a_disk_that_fills_leaves_a_run_that_goes_on(machine):
    whole = machine.process(*RUN, "--home", "whole")
    assert whole.code == 0
    (machine.folder / "calls").write_text("")
    largest = max(p.stat().st_size for p in machine.folder.glob("whole/**/part-*.parquet"))
    last = min(p.stat().st_size for p in machine.folder.glob("whole/**/part-*.parquet"))
    assert last < largest - 4096
    answer = machine.process(*RUN, preexec_fn=lambda: disk_of(largest - 4096))
    answer.refused("Observations cannot be written", "make room", "assay run --resume")
    listed = machine.assay("list", "runs", "--json")
    assert [run["status"] for run in json.loads(listed.out)] == ["interrupted"]
    answer = machine.process("run", "--resume", "--allow-code", "--json")
    assert answer.code == 0
    kept = [(r["id"], r["verdict"], r["measurements"]) for r in answer.document["results"]]
    assert kept == [(r["id"], r["verdict"], r["measurements"]) for r in whole.document["results"]]


def test_a_report_that_does_not_fit_costs_neither_the_run_nor_the_old_report(machine):
    assert machine.process(*RUN).code == 0
    machine.write("report.html", "the old one")
    answer = machine.process(
        "export", "report.html", preexec_fn=lambda: disk_of(20_000), env={**os.environ}
    )
    assert answer.code == 2
    assert "cannot be written" in answer.err
    assert (machine.folder / "report.html").read_text() == "the old one"
    assert machine.process("export", "report.html").code == 0
    assert not list(machine.folder.glob(".assay-*.tmp"))


def test_a_folder_that_cannot_be_written(machine, ordinary):
    modes(machine.folder, writable=False)
    try:
        answer = machine.process(*RUN, preexec_fn=ordinary)
        answer.refused("history in .assay cannot be written", "Make the folder writable")
        answer = machine.process("init", "data.parquet", "--output", "new.yaml",
                                 preexec_fn=ordinary)  # fmt: skip
        assert answer.code == 2
        assert "new.yaml" in answer.err
        assert machine.process("profile", "data.parquet", preexec_fn=ordinary).code == 0
    finally:
        modes(machine.folder, writable=True)


def test_a_report_that_cannot_be_written_does_not_cost_the_run(machine, ordinary):
    locked = machine.folder / "locked"
    locked.mkdir(mode=0o555)
    answer = machine.process(*RUN, "--report", "locked/r.html", preexec_fn=ordinary)
    assert answer.code == 2
    assert "cannot be written to 'locked/r.html'" in answer.err
    assert answer.document["decision"] == "pass"
    assert machine.process("show", "--json").document == answer.document


def test_a_history_that_cannot_be_written_can_be_read(machine, ordinary):
    before = machine.process(*RUN).document
    modes(machine.folder / ".assay", writable=False)
    try:
        assert machine.process("show", "--json", preexec_fn=ordinary).document == before
        listed = machine.process("list", "runs", "--json", preexec_fn=ordinary)
        assert [run["id"] for run in json.loads(listed.out)] == [before["run"]["id"]]
        assert machine.process("export", "x.json", preexec_fn=ordinary).code == 0
        for arguments in (RUN, ("baseline", "main")):
            answer = machine.process(*arguments, preexec_fn=ordinary)
            answer.refused("history", "cannot be written", "Make the folder")
    finally:
        modes(machine.folder / ".assay", writable=True)


def test_files_that_cannot_be_read(machine, ordinary):
    (machine.folder / "data.parquet").chmod(0)
    answer = machine.process(*RUN, preexec_fn=ordinary)
    assert answer.code == 1
    answer.judged("data/row_count", "error", "'data.parquet' cannot be opened", "permissions")
    (machine.folder / "suite.yaml").chmod(0)
    machine.process(*RUN, preexec_fn=ordinary).refused("suite.yaml", "not readable")


def test_a_file_in_place_of_the_history(machine):
    machine.write(".assay", "x")
    machine.process(*RUN).refused("'.assay' is a file")
    machine.process(*RUN, "--home", ".assay/in/it").refused("cannot be written", "Not a directory")


@pytest.mark.parametrize("arguments", [
    RUN, ("show",), ("list", "runs"), ("list", "baselines"), ("compare", "main", "main"),
    ("run", "--resume"), ("resume",), ("export", "x.html"), ("baseline", "main"),
])  # fmt: skip
def test_a_history_of_a_newer_version_is_left_alone(project, arguments):
    project.write("data.parquet", {"x": [1.0]})
    text = "suite: t\nsubjects:\n  d: {table: data.parquet}\nchecks:\n  - row_count: {on: d}\n"
    assert project.run(text + "    at_least: 1\n", "--name", "main").code == 0
    store = project.folder / ".assay" / "history.sqlite"
    with sqlite3.connect(store) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = store.read_bytes()
    project.assay(*arguments).refused("newer Assay", "format 99", "pip install --upgrade assay")
    assert store.read_bytes() == before


def test_a_history_that_is_damaged(project):
    project.write("data.parquet", {"x": [1.0]})
    project.write(".assay/history.sqlite", b"nonsense" * 1000)
    text = "suite: t\nsubjects:\n  d: {table: data.parquet}\nchecks:\n  - row_count: {on: d}\n"
    project.run(text + "    at_least: 1\n").refused("is damaged", "Move it away")
    assert (project.folder / ".assay/history.sqlite").read_bytes() == b"nonsense" * 1000


def test_runs_at_once_into_one_history(machine):
    many = [
        subprocess.Popen(
            [sys.executable, "-m", "assay", *RUN, "--name", f"run-{i}"], cwd=machine.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for i in range(3)
    ]  # fmt: skip
    done = [process.communicate(timeout=60) for process in many]
    assert [process.returncode for process in many] == [0, 0, 0], [err for _, err in done]
    assert all(b"Traceback" not in err for _, err in done)
    results = [json.loads(out)["results"] for out, _ in done]
    assert results[0] == results[1] == results[2]
    names = json.loads(machine.assay("list", "baselines", "--json").out)
    assert {row["name"] for row in names} == {"run-0", "run-1", "run-2"}
    assert len({row["run"] for row in names}) == 3


CHANGES = """
import os, pathlib
import numpy as np
import pyarrow as pa, pyarrow.parquet as pq

class Changes:
    "Answers, and writes to the data meanwhile."
    classes_ = np.array(["no", "yes"])
    feature_names_in_ = np.array(["x"])

    def predict_proba(self, frame):
        path = pathlib.Path("data.parquet")
        match os.environ["CHANGE"]:
            case "longer":
                table = pq.read_table(path)
                pq.write_table(pa.concat_tables([table, table]), path)
            case "same length":
                table = pq.read_table(path).set_column(1, "x", pa.array(np.ones(150_000)))
                pq.write_table(table, "new.parquet")
                os.replace("new.parquet", path)
            case "broken":
                path.write_bytes(path.read_bytes()[:1000])
            case "removed":
                path.unlink()
        p = np.full(len(frame), 0.5)
        return np.column_stack([1 - p, p])

    def predict(self, frame):
        return self.classes_[np.zeros(len(frame), int)]

model = Changes()
"""


@pytest.mark.parametrize("change", ["longer", "same length", "broken", "removed"])
def test_a_table_that_is_written_to_while_it_is_read(machine, change):
    machine.write("model.py", CHANGES)
    machine.write("other.parquet", {"x": [1.0]})
    machine.write("suite.yaml", SUITE.replace("checks:", "  other: {table: other.parquet}\nchecks:")
                  + "  - row_count: {on: other}\n    at_least: 1\n")  # fmt: skip
    answer = machine.process(*RUN, env={**os.environ, "CHANGE": change})
    assert answer.code == 1
    assert answer.verdicts["other/row_count"] == "pass"
    for check in ("data/row_count", "model@data/classification.accuracy"):
        answer.judged(check, "error", "'data' was written to while it was read", "Run again")
        assert answer.results[check]["measurements"] == []
