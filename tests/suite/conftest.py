"""A folder with small tables, and a way to say what a suite's errors are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assay.core.errors import SuiteError
from assay.suite.load import loads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assay.core.check import Suite

HEAD = """\
suite: demo
subjects:
  train: {table: train.csv}
  test: {table: test.csv, unit: id}
  model: {model: m.skops, task: binary, target: deny, positive: "yes"}
"""
"""Five lines: the checks of the tests start in line 6."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text("id,age,income,deny\n1,30,10.5,no\n")
    return tmp_path


@pytest.fixture
def good(folder: Path) -> Callable[..., Suite]:
    """Load checks (and what else follows the head) that must be right."""

    def load(rest: str, **environ: str) -> Suite:
        return loads(HEAD + rest, file="s.yaml", folder=str(folder), environ=environ)

    return load


@pytest.fixture
def wrong(folder: Path) -> Callable[..., str]:
    """All messages of a suite that must be wrong."""

    def load(text: str, *, head: str = HEAD, **environ: str) -> str:
        with pytest.raises(SuiteError) as caught:
            loads(head + text, file="s.yaml", folder=str(folder), environ=environ)
        return str(caught.value)

    return load
