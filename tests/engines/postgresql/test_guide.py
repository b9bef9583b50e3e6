"""What docs/guide/postgresql.md shows, on a server that holds its tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.docs.blocks import ROOT, blocks

from assay.engines.postgresql.settings import SETTINGS

PAGE = ROOT / "docs" / "guide" / "postgresql.md"


@pytest.fixture(scope="module")
def shop(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's suite, beside a server with its tables."""
    server.run(
        "CREATE SCHEMA IF NOT EXISTS shop",
        "CREATE TABLE shop.customers AS SELECT name FROM unnest(ARRAY['ann', 'bob']) AS c (name)",
        "DROP TABLE IF EXISTS orders CASCADE",
        "CREATE TABLE orders AS SELECT id, CASE WHEN id % 2 = 0 THEN 'ann' ELSE 'bob' END "
        "AS customer, CASE WHEN id % 50 > 0 THEN (id % 100)::numeric(8, 2) END AS paid, "
        "'AB-' || id AS code FROM generate_series(1, 500) AS id",
    )
    folder = tmp_path_factory.mktemp("shop")
    [suite] = [block for block in blocks(PAGE) if block.file]
    (folder / str(suite.file)).write_text(suite.text)
    return folder


def assay(folder: Path, dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "assay", *arguments],
        cwd=folder,
        env=os.environ | {"DSN": dsn, "NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_suite_runs(shop: Path, server: Any) -> None:
    """`assay run shop.yaml`"""
    done = assay(shop, server.dsn, "run", "shop.yaml", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    verdicts = {result["id"]: result["verdict"] for result in run["results"]}
    assert set(verdicts.values()) == {"pass"}
    assert len(verdicts) >= 6
    assert server.dsn not in done.stdout + done.stderr


def test_what_it_explains_is_run_there(shop: Path, server: Any) -> None:
    done = assay(shop, server.dsn, "run", "shop.yaml", "--explain")
    assert done.returncode == 0, done.stderr
    assert 'FROM "public"."orders"' in done.stdout
    assert "PERCENTILE_DISC" in done.stdout


def test_a_failing_row_is_shown(shop: Path, server: Any) -> None:
    server.run("CREATE TABLE IF NOT EXISTS bad AS SELECT 1 AS id, 'x' AS code")
    (shop / "bad.yaml").write_text(
        'suite: bad\nsubjects:\n  bad: {table: {postgresql: "${DSN}", table: bad}}\n'
        "engine: postgresql\nchecks:\n  - matches: {on: bad, column: code, pattern: '[A-Z]+'}\n"
    )
    done = assay(shop, server.dsn, "run", "bad.yaml", "--json")
    assert done.returncode == 1, done.stderr
    [result] = json.loads(done.stdout)["results"]
    assert result["verdict"] == "fail"
    assert "'x'" in str(result["evidence"]) or '"x"' in str(result["evidence"])


def test_every_setting_is_told() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in SETTINGS)
