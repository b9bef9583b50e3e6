"""Metrics from a Python file of a user."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.core.errors import SuiteError
from assay.metrics import find, load_file

METRIC = '''
from assay import Metric, metric
from assay.core.expr import Column
from assay.inference.interval import census
from assay.states import Count


@metric(
    "{name}", unit="rows", formula="{formula}", interval="census", reference="none",
    example={{"column": "age"}},
)
class Rows(Metric):
    """How many rows."""

    column: str

    def aggregates(self, schema):
        return (Count(),)

    def estimate(self, fold, how):
        return (census(fold[Count()].n, n=1, unit="rows"),)
'''


def write(path: Path, name: str = "mine.rows", formula: str = "rows") -> Path:
    path.write_text(METRIC.format(name=name, formula=formula))
    return path


def test_a_metric_of_a_file_is_found_by_its_name(tmp_path: Path) -> None:
    load_file(write(tmp_path / "mine.py"))
    assert find("mine.rows").formula == "rows"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    load_file(write(tmp_path / "changing.py", "mine.changing"))
    first = find("mine.changing")
    load_file(tmp_path / "changing.py")
    assert find("mine.changing") is first
    load_file(write(tmp_path / "changing.py", "mine.changing", "all rows"))
    assert find("mine.changing").formula == "all rows"


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"already assay\.metrics\.data\.row_count"):
        load_file(write(tmp_path / "taken.py", "row_count"))


@pytest.mark.parametrize(
    ("text", "says"),
    [("import nosuch", "ModuleNotFoundError"), ("def (", "SyntaxError"), ("1 / 0", "ZeroDivision")],
)
def test_a_file_that_cannot_be_imported(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(SuiteError, match=says):
        load_file(tmp_path / "bad.py")


def test_what_is_no_python_file(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="not a Python file"):
        load_file(tmp_path / "metrics.txt")
    with pytest.raises(SuiteError, match=r"'none\.py' cannot be read"):
        load_file(tmp_path / "none.py")
