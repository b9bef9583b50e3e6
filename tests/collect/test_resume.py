"""A pass that is killed goes on where it was, and one that has changed starts over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.collect.predictions import Collected, collect_predictions
from assay.core.check import ModelSpec
from assay.subjects.predictor import Predictor, open_model
from tests.collect.engine import ArrowEngine
from tests.subjects.models import applicants, arrow, classifier, saved

SPEC = ModelSpec(path="model.skops", target="deny", positive="yes", batch_size=50)


class Counting:
    """A predictor that counts the rows it is asked for, and can be told to fail."""

    def __init__(self, inner: Predictor, *, fail_after: int | None = None) -> None:
        self.inner = inner
        self.rows = 0
        self.fail_after = fail_after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def predict(self, rows: pa.Table) -> Any:
        if self.fail_after is not None and self.rows >= self.fail_after:
            raise KeyboardInterrupt
        self.rows += rows.num_rows
        return self.inner.predict(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    saved(classifier(), tmp_path)
    return tmp_path


def go(
    folder: Path, table: pa.Table, spec: ModelSpec = SPEC, *, fail_after: int | None = None,
    **rest: Any,
) -> tuple[int, Collected | None]:  # fmt: skip
    """Rows predicted now, and what was collected (None: interrupted)."""
    model = Counting(open_model(spec, folder=str(folder), allow_code=False), fail_after=fail_after)
    try:
        collected = collect_predictions(
            ArrowEngine(data=table), "data", model, spec, folder=folder / "o", **rest
        )
    except KeyboardInterrupt:
        return model.rows, None
    return model.rows, collected


def contents(collected: Collected | None) -> list[dict[str, Any]]:
    assert collected is not None
    return pa.concat_tables([pq.read_table(p) for p in collected.source.paths]).to_pylist()


def test_an_interrupted_pass_predicts_only_what_is_missing(folder: Path) -> None:
    table = arrow(applicants(230))
    assert go(folder, table, fail_after=100) == (100, None)
    resumed, collected = go(folder, table)
    assert resumed == 130
    assert collected is not None
    assert (collected.reused, collected.rows) == (100, 230)
    shutil.rmtree(folder / "o")
    unbroken, whole = go(folder, table)
    assert unbroken == 230
    assert contents(whole) == contents(collected)
    assert whole is not None
    assert whole.prediction == collected.prediction


def test_a_finished_pass_is_taken_without_reading_the_data(folder: Path) -> None:
    table = arrow(applicants(120))
    _, first = go(folder, table, data_fingerprint="sha256:1")
    model = open_model(SPEC, folder=str(folder), allow_code=False)
    engine = ArrowEngine(data=table)
    again = collect_predictions(
        engine, "data", model, SPEC, folder=folder / "o", data_fingerprint="sha256:1"
    )
    assert engine.scans == 0
    assert again.reused == 120
    assert contents(again) == contents(first)
    assert go(folder, table, data_fingerprint="")[0] == 0  # read, but nothing predicted


def test_torn_files_are_ignored_and_swept(folder: Path) -> None:
    table = arrow(applicants(230))
    go(folder, table, fail_after=150)
    part = folder / "o" / "part-000001.parquet"
    part.write_bytes(part.read_bytes()[:100])
    (folder / "o" / ".tmp-torn").write_bytes(b"half")
    predicted, collected = go(folder, table)
    assert predicted == 50 + 80
    assert len(contents(collected)) == 230
    assert not (folder / "o" / ".tmp-torn").exists()
    (folder / "o" / "manifest.json").write_bytes(b'{"signature": ')
    assert go(folder, table)[0] == 230


def test_only_rows_that_changed_are_predicted_again(folder: Path) -> None:
    frame = applicants(200)
    go(folder, arrow(frame))
    frame.loc[75, "ratio"] = 5.0
    predicted, collected = go(folder, arrow(frame))
    assert predicted == 50
    mended = contents(collected)
    fresh, other = go(folder, arrow(frame), ModelSpec(**{**vars_of(SPEC), "batch_size": 40}))
    assert fresh == 200
    assert contents(other) == mended


def vars_of(spec: ModelSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


def test_shorter_data_leaves_no_stale_part(folder: Path) -> None:
    go(folder, arrow(applicants(200)))
    predicted, collected = go(folder, arrow(applicants(200)).slice(0, 120))
    assert predicted == 20
    assert collected is not None
    assert len(list((folder / "o").glob("part-*"))) == len(collected.source.paths) == 3


@pytest.mark.parametrize("change", ["model", "carry", "unit", "targets"])
def test_another_question_starts_over(folder: Path, change: str) -> None:
    frame = applicants(100)
    go(folder, arrow(frame))
    rest: dict[str, Any] = {}
    spec = SPEC
    match change:
        case "model":
            saved(
                classifier().set_params(logisticregression__C=0.01).fit(frame, frame["deny"]),
                folder,
            )
        case "carry":
            rest = {"carry": ("single",)}
        case "unit":
            rest = {"unit": "loan"}
        case "targets":
            frame["deny"] = "no"
    assert go(folder, arrow(frame), spec, **rest)[0] == 100


def test_a_live_object_cannot_be_told_from_another(tmp_path: Path) -> None:
    table = arrow(applicants(100))
    spec = ModelSpec(instance=classifier(), target="deny", positive="yes", batch_size=50)
    assert [go(tmp_path, table, spec)[0] for _ in range(2)] == [100, 100]


def test_progress_reaches_the_end(folder: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    go(
        folder,
        arrow(applicants(120)),
        progress=lambda *a: told.append(a),
        task_name="model on data",
    )
    assert told == [("model on data", n, 120) for n in (0, 50, 100, 120)]


PROGRAM = textwrap.dedent(
    """
    import sys, time
    import pyarrow.parquet as pq
    from assay.collect.predictions import collect_predictions
    from assay.core.check import ModelSpec
    from assay.subjects.predictor import open_model
    from tests.collect.engine import ArrowEngine
    from tests.collect.test_resume import Counting, SPEC

    folder, pause = sys.argv[1], float(sys.argv[2])
    model = Counting(open_model(SPEC, folder=folder, allow_code=False))
    slow = model.predict
    model.predict = lambda rows: (time.sleep(pause), slow(rows))[1]
    engine = ArrowEngine(data=pq.read_table(folder + "/data.parquet"))
    done = collect_predictions(engine, "data", model, SPEC, folder=folder + "/o")
    print(model.rows, done.reused, done.rows)
    """
)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_kill_9_loses_no_finished_batch(folder: Path) -> None:
    pq.write_table(arrow(applicants(1_000)), folder / "data.parquet")
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}

    def start(pause: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, str(folder), str(pause)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    finished = 0
    for wanted in (3, 8):  # killed twice, each time in the midst of the pass
        process = start(0.1)
        deadline = time.monotonic() + 60
        while len(list((folder / "o").glob("part-*"))) < wanted:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        finished = len(list((folder / "o").glob("part-*")))
        assert wanted <= finished < 20
    out, _ = start(0).communicate()
    predicted, reused, rows = map(int, out.split())
    assert (predicted, reused, rows) == (1_000 - 50 * finished, 50 * finished, 1_000)
    resumed = [pq.read_table(p).to_pylist() for p in sorted((folder / "o").glob("part-*"))]
    shutil.rmtree(folder / "o")
    start(0).communicate()
    assert resumed == [pq.read_table(p).to_pylist() for p in sorted((folder / "o").glob("part-*"))]
