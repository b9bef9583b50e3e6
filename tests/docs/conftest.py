"""The folder that a page's reader works in: the examples, with the model trained."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

FLIGHTS = ("data-checks.md", "drift-report.md", "missing-data.md", "one-scan.md")
"""Pages whose reader works in the folder of the flights."""

EXPERIMENTS = ("experiments.md",)
"""Pages whose reader works in the folder of the experiments."""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of ``examples`` after ``make demo`` has trained the model, without any run."""
    examples = tmp_path_factory.mktemp("docs") / "examples"
    for name in ("train.py", "suite.yaml", "data/hmda.csv"):
        (examples / "mortgage" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "examples" / "mortgage" / name, examples / "mortgage" / name)
    subprocess.run([sys.executable, examples / "mortgage" / "train.py"], check=True)
    (examples / "flights").mkdir()
    for name in ("prepare.py", "suite.yaml", "everywhere.py"):
        shutil.copy(ROOT / "examples" / "flights" / name, examples / "flights" / name)
    (examples / "experiment").mkdir()
    for name in ("prepare.py", "aa.yaml", "ab.yaml"):
        shutil.copy(ROOT / "examples" / "experiment" / name, examples / "experiment" / name)
    return examples


@pytest.fixture
def workplace(trained: Path, tmp_path: Path) -> Callable[[Path], Path]:
    """Where the commands of a page are typed: the root for the READMEs, else an example."""

    def folder(page: Path) -> Path:
        shutil.copytree(trained, tmp_path / "examples")
        if page.name == "README.md":
            return tmp_path
        if page.name in EXPERIMENTS:
            return tmp_path / "examples" / "experiment"
        return tmp_path / "examples" / ("flights" if page.name in FLIGHTS else "mortgage")

    return folder
