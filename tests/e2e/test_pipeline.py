"""A run in a pipeline: exit code, rows set aside, scores, webhooks, whatever goes wrong there."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

import assay
from assay.core.check import EngineSpec
from assay.core.errors import SuiteError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Project

KEY = base64.b64encode(b"k" * 32).decode()
TABLE = {"id": list(range(10)), "age": [30, 31, None, 33, 34, 35, 36, 37, 38, 900]}
SUITE = """
suite: daily
subjects:
  new: {table: new.parquet, quarantine: aside}
  old: {query: "SELECT * FROM new WHERE age > 35"}
notify:
  - {webhook: "${HOOK:-}", on: [block, warn, pass], secret: "${KEY:-}", timeout: 1, attempts: 2}
checks:
  - completeness: {on: new, column: age}
    at_least: 0.85
  - in_range: {on: new, column: age, upper: 120}
    at_least: %s
    severity: %s
  - row_count: {on: old}
    equals: 4
"""


def suite(at_least: float = 0.99, severity: str = "block") -> str:
    return SUITE % (at_least, severity)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[Any]]]:
    """Start a receiver that answers with a status; returns what it got."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int = 204) -> list[Any]:
        got: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                got.append((dict(self.headers), self.rfile.read(length)))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("HOOK", f"http://127.0.0.1:{server.server_port}/hush")
        monkeypatch.setenv("KEY", f"whsec_{KEY}")
        return got

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def kept(project: Project, run_id: str) -> Any:
    path = project.folder / ".assay" / "runs" / run_id / "notifications.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_the_exit_code_is_the_gates(project: Project, hook: Callable[..., list[Any]]) -> None:
    project.write("new.parquet", TABLE)
    for at_least, severity, code in ((0.99, "block", 1), (0.99, "warn", 0), (0.8, "block", 0)):
        for status in (204, 404):
            got = hook(status)
            answer = project.run(suite(at_least, severity))
            assert answer.code == code
            assert len(got) == 1
            assert ("was not told" in answer.err) == (status == 404)


def test_rows_scores_and_the_message(project: Project, hook: Callable[..., list[Any]]) -> None:
    project.write("new.parquet", TABLE)
    got = hook()
    answer = project.run(suite())
    document = answer.document
    run_id = document["run"]["id"]
    folder = project.folder / "aside" / run_id
    failed = pq.read_table(folder / "failed.parquet").to_pylist()
    assert [(row["id"], row["assay.reasons"]) for row in failed] == [
        (2, ["new/completeness/age"]), (9, ["new/in_range/age"]),
    ]  # fmt: skip
    assert pq.read_table(folder / "passed.parquet")["id"].to_pylist() == [0, 1, 3, 4, 5, 6, 7, 8]
    new, old = document["subjects"]
    assert new["quarantined"] == 2
    assert new["quarantine"]["folder"] == f"aside/{run_id}"
    assert old["quarantined"] is None
    # completeness: 0.9 of age, and 1 for the row count; validity: 8 of 9
    assert {s["dimension"]: round(s["value"], 4) for s in document["scores"]} == {
        None: round((0.95 + 8 / 9) / 2, 4), "completeness": 0.95, "validity": round(8 / 9, 4),
    }  # fmt: skip

    ((headers, body),) = got
    told = json.loads(body)
    assert told["type"] == "assay.run.block"
    assert told["data"]["run"] == run_id
    assert told["data"]["scores"] == document["scores"]
    assert told["data"]["quarantined"] == {"new": 2}
    assert [check["id"] for check in told["data"]["failing"]] == ["new/in_range/age"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(KEY), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert kept(project, run_id) == [
        {"webhook": "suite.yaml:7:5", "delivered": True, "attempts": 1, "status": 204,
         "reason": ""}
    ]  # fmt: skip


def test_no_secret_reaches_the_disk_or_the_screen(
    project: Project, hook: Callable[..., list[Any]]
) -> None:
    project.write("new.parquet", TABLE)
    hook(500)
    answer = project.run(suite(), "--report", "r.html", "--report", "r.md", "--report", "r.json")
    for text in (answer.out, answer.err):
        assert "hush" not in text
        assert KEY not in text
    assert "suite.yaml:7:5 was not told after 2 attempts: it answered with status 500." in (
        answer.err
    )
    for path in project.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"hush" not in content, path
            assert KEY.encode() not in content, path
    assert kept(project, answer.document["run"]["id"])[0]["delivered"] is False


def test_a_quarantine_that_cannot_be_written_blocks_a_run_that_would_pass(
    project: Project, hook: Callable[..., list[Any]]
) -> None:
    project.write("new.parquet", TABLE)
    project.write("aside/x", "")
    got = hook()
    (project.folder / "aside").rename(project.folder / "place")
    answer = project.run(suite(0.8).replace("quarantine: aside", "quarantine: place/x/aside"))
    assert answer.code == 1
    assert "Blocked: the failed rows could not be written aside" in answer.document["run"]["reason"]
    assert set(answer.verdicts.values()) == {"pass"}
    assert "assay: The failed rows of 'new' could not be written aside" in answer.err
    told = json.loads(got[0][1])
    assert told["data"]["decision"] == "block"
    assert "place" not in got[0][1].decode()
    again = project.assay("show")
    assert again.code == 0
    assert "could not be written aside" in again.out


def test_a_run_that_is_shown_again_says_where_the_rows_are(project: Project) -> None:
    project.write("new.parquet", TABLE)
    project.run(suite())
    shown = project.assay("show").out
    assert "Quarantine of new: 2 rows of 10 set aside" in shown
    assert "Data quality 0.919" in shown


def test_reports_have_the_history_of_the_scores(project: Project) -> None:
    project.write("new.parquet", TABLE)
    project.run(suite())
    project.write("new.parquet", {"id": [1, 2, 3, 4], "age": [40, 41, 42, 43]})
    project.run(suite(), "--report", "first.html")
    project.assay("export", "second.html")
    for name in ("first.html", "second.html"):
        page = (project.folder / name).read_text(encoding="utf-8")
        assert "The scores of the last 2 runs of this suite." in page
        assert "could not be drawn" not in page


def test_pytest_warns_once_of_what_goes_wrong_beside_the_checks(
    project: Project, hook: Callable[..., list[Any]]
) -> None:
    import subprocess
    import sys

    project.write("new.parquet", TABLE)
    project.write("daily.assay.yaml", suite(0.8))
    got = hook(404)
    for options, failing in (
        ([], 0),
        (["-W", "error::assay.integrations.pytest_plugin.AssayWarning"], 1),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
            cwd=project.folder, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert "daily.assay.yaml:7:5 was not told after 1 attempt" in done.stdout, done.stdout
        assert f"{3 - failing} passed" in done.stdout
    assert len(got) == 2  # one for each call of pytest, not one for each check


# --- engines


def test_an_engine_from_the_command_line(project: Project) -> None:
    project.write("new.parquet", TABLE)
    plain = project.run(suite())
    named = project.run(suite(), "--engine", "duckdb")
    assert named.verdicts == plain.verdicts
    project.run("engine: spark\n" + suite(), "--engine", "duckdb").judged(
        "new/completeness/age", "pass"
    )
    refused = project.assay("run", "suite.yaml", "--engine", "sparc")
    assert refused.code == 2
    assert "'sparc' is not one of" in refused.err


def test_settings_of_the_engine_are_checked_before_anything_is_read(project: Project) -> None:
    project.write("new.parquet", TABLE)
    answer = project.run("engine: {duckdb: {thread: '2'}}\n" + suite())
    answer.refused("no setting 'thread'", "Did you mean 'threads'?")
    project.run("engine: {duckdb: {threads: '2', memory_limit: 512MB}}\n" + suite()).judged(
        "old/row_count", "pass"
    )


def test_engines_in_python(tmp_path: Path) -> None:
    import pandas as pd

    from assay.engines.duckdb import DuckDBEngine

    frame = pd.DataFrame(TABLE)
    check = assay.check("completeness", column="age", at_least=0.5)
    for engine in (None, "duckdb", EngineSpec(settings={"threads": "1"})):
        assert assay.run([check], on=frame, engine=engine).decision == "pass"
    with DuckDBEngine(temp_directory=tmp_path) as own:
        for _ in range(2):
            assert assay.run([check], on=frame, engine=own).decision == "pass"
        with pytest.raises(assay.core.errors.AssayError):  # the run's table is forgotten
            own.schema("data")
    with pytest.raises(SuiteError, match=r"There is no engine 'duck'\. Did you mean 'duckdb'"):
        assay.run([check], on=frame, engine="duck")
    with pytest.raises(SuiteError, match="'int' is not an engine"):
        assay.run([check], on=frame, engine=3)


def test_a_refused_engine_leaves_no_run_that_seems_to_run(project: Project) -> None:
    project.write("new.parquet", TABLE)
    project.run("engine: {duckdb: {thread: '2'}}\n" + suite())
    listed = json.loads(project.assay("list", "runs", "--json").out)
    assert [run["status"] for run in listed if run["status"] == "running"] == []


def test_a_weight_in_python() -> None:
    table = {"a": [1, None], "b": [1, 1]}
    import pyarrow as pa

    checks = [
        assay.check("completeness", column="a", at_least=0, weight=3),
        assay.check("completeness", column="b", at_least=0),
    ]
    overall, completeness = assay.run(checks, on=pa.table(table)).scores
    assert completeness.value == pytest.approx((0.5 * 3 + 1) / 4)
    assert (overall.value, completeness.weight) == (completeness.value, 4.0)
    for wrong in (-1, 1001, float("nan")):
        with pytest.raises(SuiteError, match="weight must be from 0 to 1000"):
            assay.check("completeness", column="a", weight=wrong)


# --- queries over tables


def test_a_query_names_what_is_wrong_with_its_table(project: Project) -> None:
    project.write("new.parquet", b"no parquet")
    answer = project.run(suite())
    assert answer.code == 1
    answer.judged("old/row_count", "error")
    answer.judged("new/completeness/age", "error")


def test_queries_may_stand_before_their_tables(project: Project) -> None:
    project.write("t.parquet", TABLE)
    answer = project.run("""
        suite: s
        subjects:
          older: {query: SELECT * FROM old WHERE id > 7}
          old: {query: "SELECT T.id, age FROM T WHERE age > 35"}
          t: {table: t.parquet}
        checks:
          - row_count: {on: older}
            equals: 2
          - mean: {on: old, column: age}
            at_least: 100
    """)
    assert answer.verdicts == {"older/row_count": "pass", "old/mean/age": "pass"}


def test_queries_of_python_that_go_in_a_circle() -> None:
    from assay.core.check import Suite, TableSpec
    from assay.core.source import Query

    one = Suite(
        name="s",
        subjects={
            "a": TableSpec(source=Query("SELECT * FROM b")),
            "b": TableSpec(source=Query("SELECT * FROM a")),
        },
        checks=(assay.check("row_count", on="a", at_least=1),),
    )
    (result,) = assay.run(one).results
    assert result.verdict == "error"
    assert "These queries go in a circle" in result.reason


def test_a_table_that_changed_costs_the_queries_over_it_too(tmp_path: Path) -> None:
    import os

    import pyarrow as pa

    from assay.core.check import Suite, TableSpec
    from assay.core.source import Files, Query
    from assay.engines.duckdb import DuckDBEngine
    from assay.runner.opening import open_subjects

    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(TABLE), path)
    one = Suite(
        name="s",
        subjects={
            "t": TableSpec(source=Files((str(path),), "parquet")),
            "a": TableSpec(source=Query("SELECT * FROM t")),
            "b": TableSpec(source=Query("SELECT * FROM a")),
            "c": TableSpec(source=Files((str(path),), "parquet")),
        },
        checks=(),
    )
    with DuckDBEngine() as engine:
        opened = open_subjects(one, engine, allow_code=False)
        assert opened.changed() == set()
        os.utime(path, (1, 1))
        assert opened.changed() == {"t", "a", "b", "c"}
