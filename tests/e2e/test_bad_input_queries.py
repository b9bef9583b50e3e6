"""SQL, and keys of a suite, of somebody who means harm or is clumsy."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.conformance import tables

PEOPLE = tables.people(240)


QUERIES = {
    "SELECT * FROM read_csv('secret.csv')": "is not a table of the suite",
    "SELECT * FROM 'secret.csv'": "no table 'secret.csv'",
    "SELECT read_text('secret.csv') FROM d": "'read_text' in the query is not allowed",
    "SELECT * FROM glob('*'), d": "is not a table of the suite",
    "SELECT * FROM duckdb_settings(), d": "is not a table of the suite",
    "SELECT * FROM information_schema.tables, d": "is not a table of the suite",
    "SELECT getenv('HOME') FROM d": "'getenv' in the query is not allowed",
    "COPY d TO 'out.csv'": "one SELECT",
    "ATTACH 'postgres://u:hunter2@h/db' AS x": "one SELECT",
    "PRAGMA version": "one SELECT",
    "INSTALL httpfs": "one SELECT",
    "LOAD httpfs": "one SELECT",
    "CALL pragma_version('hunter2')": "one SELECT",
    "EXPLAIN ANALYZE SELECT * FROM d": "one SELECT",
    "SET memory_limit = '100GB'": "one SELECT",
    "SELECT 1 FROM d; DROP TABLE d": "one SELECT",
    "WITH x AS (INSERT INTO d VALUES (1) RETURNING *) SELECT * FROM x, d": "INSERT",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r, d":
        "it may never end",
    "SELECT repeat('x', 1000000000) FROM d": "REPEAT in the query is not allowed",
    "SELECT unnest(generate_series(1, 1000000000)) FROM d": "is not allowed",
    "SELECT list_transform([1], x -> getenv('HOME')) FROM d": "is not allowed",
    "SELECT " + "(" * 10_000 + "1" + ")" * 10_000 + " FROM d": "nested too deeply",
    "SELECT * FROM (" * 300 + "SELECT * FROM d" + ")" * 300: "nested too deeply",
    "SELECT * FROM d WHERE age IN (" + ",".join(map(str, range(20_000))) + ")": "too long",
}  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
def test_a_query_only_reads_the_tables_of_the_suite(project, query):
    project.write("d.parquet", PEOPLE)
    project.write("secret.csv", "k\n1\n")
    head = "suite: t\nsubjects:\n  d: {table: d.parquet}\n"
    before = {path.name for path in project.folder.iterdir()} | {"suite.yaml", ".assay"}
    subject = (
        f"  q: {{query: {json.dumps(query)}}}\nchecks:\n  - row_count: {{on: q}}\n    equals: 1\n"
    )
    answer = project.run(head + subject)
    answer.refused("suite.yaml:4:", QUERIES[query])
    said = answer.err
    check = f"  - query_rows: {{on: d, query: {json.dumps(query)}}}\n    id: q\n"
    answer = project.run(f"{head}checks:\n  - row_count: {{on: d}}\n    equals: 240\n{check}")
    answer.judged("d/row_count", "pass")
    answer.judged("q", "error", QUERIES[query])
    assert "hunter2" not in said + answer.err
    assert "unsupported syntax" not in said + answer.err  # a warning of the parser, with the text
    assert {path.name for path in project.folder.iterdir()} <= before


@pytest.mark.skipif(sys.platform == "win32", reason="does not apply: SIGINT of POSIX")
def test_a_join_without_end_is_stopped_at_once_and_stays_within_its_memory(project):
    n = 30_000
    project.write("d.parquet", {"a": np.arange(n), "s": [f"x{i}" for i in range(n)]})
    project.write(
        "suite.yaml",
        "suite: t\nengine: {duckdb: {memory_limit: 200MB}}\nsubjects:\n  d: {table: d.parquet}\n"
        "checks:\n  - query_value:\n      on: d\n"
        "      query: SELECT count(DISTINCT x.s || y.s) FROM d x, d y, d z\n    at_least: 1\n",
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "assay", "run", "suite.yaml"], cwd=project.folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(6)
    assert running.poll() is None
    if (status := Path(f"/proc/{running.pid}/status")).exists():
        [peak] = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())
        assert int(peak) < 600_000
    started = time.monotonic()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert time.monotonic() - started < 15
    assert running.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("quarantine: s3://bucket/x", ["quarantine must be a folder of this machine"]),
        ("quarantine: 'https://u:hunter2@h/x'", ["must be a folder", "not 'https://…'"]),
        ("quarantine: d.parquet", ["there is a file of that name"]),
        ("quarantine: ''", ["quarantine must not be empty"]),
        ("quarantine: [x]", ["quarantine must be text, not a list"]),
        ("incremental: 'yes'", ["incremental must be true or false"]),
    ],
)
def test_a_key_of_a_table_that_cannot_be_meant(project, more, words):
    project.write("d.parquet", PEOPLE)
    answer = project.run(
        f"suite: t\nsubjects:\n  d: {{table: d.parquet, {more}}}\nchecks:\n"
        "  - row_count: {on: d}\n    equals: 240\n"
    )
    answer.refused("suite.yaml:3:", *words)
    assert "hunter2" not in answer.err
    assert {path.name for path in project.folder.iterdir()} == {"d.parquet", "suite.yaml"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("engine: nosuch", ["engine must be one of duckdb, spark, postgresql"]),
        ("engine: postgresql://u:hunter2@h/db", ["not 'postgresql://…'"]),
        ("engine: {postgresql: 'postgresql://u:hunter2@h/db'}", ["not 'postgresql://…'"]),
        ("engine: {postgresql: {dsn: 'postgresql://u:hunter2@h/db'}}", ["password in plain text"]),
        ("engine: {postgresql: 'host=h password=hunter2'}", ["must be a mapping"]),
        ("engine: {duckdb: {memory_limit: lots}}", ["memory_limit must be a size"]),
        ("metrics: [/etc/passwd]", ["'/etc/passwd' is Python code", "--allow-code"]),
        ("notify: https://h/hunter2", ["notify must be a list", "not 'https://…'"]),
        ("notify: [{webhook: 'file:///etc/passwd'}]", ["must begin with https://"]),
        ("notify: [{webhook: 'http://u:hunter2@h/'}]", ["must begin with https://"]),
        ("notify: [{webhook: 'http://169.254.169.254/'}]", ["must begin with https://"]),
        ("notify: [{webhook: 'https://h/', secret: hunter2hunter2}]", ["holds no secret"]),
        ('notify: [{webhook: "https://h/\\r\\nHost: hunter2"}]', ["without blanks"]),
    ],
)
def test_a_key_of_a_suite_that_cannot_be_meant(project, more, words):
    project.write("d.parquet", PEOPLE)
    answer = project.run(
        f"suite: t\n{more}\nsubjects:\n  d: {{table: d.parquet}}\nchecks:\n"
        "  - row_count: {on: d}\n    equals: 240\n"
    )
    answer.refused(*words)
    assert "hunter2" not in answer.err


@pytest.mark.parametrize(
    ("weight", "words"),
    [(".nan", "not a finite number"), (".inf", "not a finite number"),
     ("-1", "weight must be from"), ("1.0e+308", "from 0 to 1000"),
     ("'2'", "weight must be a number"), ("[1]", "not a list")],
)  # fmt: skip
def test_a_weight_that_is_none(project, weight, words):
    project.write("d.parquet", PEOPLE)
    project.run(
        "suite: t\nsubjects:\n  d: {table: d.parquet}\nchecks:\n"
        f"  - row_count: {{on: d}}\n    equals: 240\n    weight: {weight}\n"
    ).refused("suite.yaml:7:13", words)
