"""The example on flights: one suite, the same verdicts on DuckDB, Spark and PostgreSQL.

What `python examples/flights/everywhere.py` prints, and ends with.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flights"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its tables written."""
    place = tmp_path_factory.mktemp("flights")
    for name in ("prepare.py", "suite.yaml", "everywhere.py"):
        shutil.copy(EXAMPLE / name, place)
    done = subprocess.run(
        [sys.executable, place / "prepare.py"], capture_output=True, text=True, check=True
    )
    assert "336,776 flights in 12 files" in done.stdout
    return place


def everywhere(example: Path, *engines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, example / "everywhere.py", *engines],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


def test_the_suite_finds_what_is_known_of_these_flights(example: Path) -> None:
    done = everywhere(example, "duckdb")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line]
    verdicts = {line[0]: line[1] for line in lines if len(line) == 2}
    assert "error" not in verdicts.values()
    failing = {name for name, verdict in verdicts.items() if verdict == "fail"}
    # 15 % of the tail numbers have no plane; hardly a plane has its speed
    assert any(name.endswith("planes") or "references" in name for name in failing)


@pytest.mark.needs("java")
def test_every_engine_comes_to_the_same_verdicts(example: Path) -> None:
    done = everywhere(example)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same on duckdb, spark, postgresql" in done.stdout
    assert " error" not in done.stdout
