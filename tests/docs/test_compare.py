"""Comparisons with other tools name metrics that exist and every drift that is planted."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from assay.metrics import load_all
from tests.docs.blocks import ROOT

FOLDER = ROOT / "docs" / "compare"
PAGES = sorted(FOLDER.glob("*.md"))
DRIFT = (FOLDER / "drift.md").read_text(encoding="utf-8")
_OURS = re.compile(r"`((?:drift|missing|labels|features|ratings|llm)\.[a-z_]+)`")


def _keys(script: str, name: str) -> list[str]:
    """Keys of a table that a benchmark writes down."""
    tree = ast.parse((ROOT / "benchmarks" / script).read_text(encoding="utf-8"))
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert isinstance(node.value, ast.Dict)
            return [str(ast.literal_eval(key)) for key in node.value.keys if key is not None]
    raise AssertionError(f"{script} has no {name}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_metrics_named_exist(page: Path) -> None:
    named = set(_OURS.findall(page.read_text(encoding="utf-8")))
    assert named - set(load_all()) == set()
    if page.stem != "expectations":
        assert named


def test_the_index_names_every_comparison() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert [p.name for p in PAGES if f"(compare/{p.name})" not in index] == []


def _row(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _found() -> list[list[str]]:
    """Rows of the table of planted drifts."""
    return [_row(line) for line in DRIFT.splitlines() if re.match(r"\| `\w+`: ", line)]


def test_every_planted_drift_and_every_tool_has_its_place() -> None:
    assert [row[0].partition(": ")[2] for row in _found()] == _keys("bench_drift.py", "PLANTED")
    head = next(line for line in DRIFT.splitlines() if line.startswith("| planted |"))
    assert _row(head)[1:] == ["Assay", *_keys("bench_drift_peers.py", "PEERS")]
    assert all(cell in ("found", "–") for row in _found() for cell in row[1:])


def test_the_totals_are_those_of_the_table() -> None:
    columns = list(zip(*_found(), strict=True))[1:]
    counts = [str(column.count("found")) for column in columns]
    total = next(line for line in DRIFT.splitlines() if line.startswith("| found of "))
    assert _row(total) == [f"found of {len(_found())}", *counts]
