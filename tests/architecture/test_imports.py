"""Layers and cycles, over the graph of all imports; and what an import costs."""

from __future__ import annotations

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

from tests.architecture.guards import ROOT, SOURCE


def test_imports_only_go_down() -> None:
    """The contracts in pyproject.toml, as ``make lint`` runs them."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def _cycle(edges: dict[str, set[str]]) -> list[str]:
    """A cycle of the graph, or nothing."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_import_cycle() -> None:
    graph = grimp.build_graph("assay", cache_dir=None)
    edges = {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
    assert len(edges) > 40
    assert _cycle(edges) == []


def test_a_cycle_is_found() -> None:
    assert _cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def _loaded_by(module: str) -> set[str]:
    """Top-level packages and modules that an import brings into a fresh process."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def _exists(module: str) -> bool:
    return SOURCE.parent.joinpath(*module.split(".")).with_suffix(".py").is_file()


HEAVY = {"scipy", "sklearn", "pyarrow", "vl_convert", "datasketches", "pandas", "polars", "skops"}


@pytest.mark.parametrize(
    ("module", "not_loaded"),
    [
        ("assay", HEAVY | {"numpy", "duckdb", "sqlglot", "rich", "click"}),
        ("assay.core.metric", HEAVY | {"numpy", "duckdb", "sqlglot"}),
        ("assay.metrics.data.completeness", HEAVY | {"duckdb", "sqlglot"}),
        ("assay.runner.execute", HEAVY | {"numpy", "duckdb"}),
        *(
            (module, HEAVY | {"onnxruntime", "statsmodels"})
            for module in ("assay.cli.main",)
            if _exists(module)
        ),
    ],
)
def test_an_import_stays_cheap(module: str, not_loaded: set[str]) -> None:
    assert _loaded_by(module) & not_loaded == set()


def test_a_heavy_import_would_be_seen() -> None:
    assert "scipy" in _loaded_by("scipy.special")
