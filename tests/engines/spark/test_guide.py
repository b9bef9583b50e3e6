"""What docs/guide/spark.md shows, in a folder that holds its tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.docs.blocks import ROOT, blocks

from assay.engines.spark.opening import _SETTINGS, _SHORT

PAGE = ROOT / "docs" / "guide" / "spark.md"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files, beside its tables."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "data" / "orders").mkdir(parents=True)
    (folder / "data" / "customers.csv").write_text("name\nann\nbob\n")
    for part in range(2):
        ids = range(part * 250, part * 250 + 250)
        rows = {
            "id": list(ids),
            "customer": ["ann" if i % 2 else "bob" for i in ids],
            "paid": [None if i % 50 == 0 else float(i % 100) for i in ids],
            "code": [f"AB-{i}" for i in ids],
        }
        pq.write_table(pa.table(rows), folder / "data" / "orders" / f"part-{part}.parquet")
    for block in blocks(PAGE):
        if block.file:
            (folder / block.file).write_text(block.text)
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.mark.needs("java")
def test_the_suite_runs(shop: Path) -> None:
    """`pip install 'assay[spark]'`, then `assay run shop.yaml`"""
    done = run(shop, "assay", "run", "shop.yaml", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    results = json.loads(done.stdout)["results"]
    assert {result["verdict"] for result in results} == {"pass"}
    embedded = run(shop, "assay", "run", "shop.yaml", "--engine", "duckdb", "--json")
    for ours, theirs in zip(results, json.loads(embedded.stdout)["results"], strict=True):
        assert ours["id"] == theirs["id"]
        for one, other in zip(ours["measurements"], theirs["measurements"], strict=True):
            assert one["value"] == pytest.approx(other["value"], rel=1e-12)


@pytest.mark.needs("java")
def test_it_is_explained(shop: Path) -> None:
    """`assay run shop.yaml --explain`"""
    done = run(shop, "assay", "run", "shop.yaml", "--explain")
    assert done.returncode == 0, done.stderr
    assert "KLL_SKETCH_AGG_DOUBLE" in done.stdout
    assert "GROUPING SETS" in done.stdout


@pytest.mark.needs("java")
def test_a_program_with_a_session_of_its_own(shop: Path) -> None:
    """`python daily.py`"""
    done = run(shop, "python", "daily.py")
    assert done.returncode == 0, done.stderr
    found = [line.split() for line in done.stdout.splitlines()]
    assert [verdict for _, verdict in found] == ["pass"] * 3


def test_every_setting_is_told() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in (*_SHORT, *_SETTINGS) if f"`{name}`" not in text] == []
