"""The pytest plugin, as pytest runs it: a suite file is collected as tests, one per check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.api import runs

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

SUITE = """
suite: plugin
subjects:
  d: {table: d.parquet}
gate: {inconclusive: warn}
checks:
  - row_count: {on: d}
    at_least: 1
  - completeness: {on: d, columns: [x, s]}
  - mean: {on: d, column: x}
    at_least: 1000
    description: It cannot be so large.
  - mean: {on: d, column: x}
    at_least: 1000
    severity: warn
    id: soft
  - mean: {on: d, column: x}
    at_least: 49
    claim: process
    id: open
  - mean: {on: d, column: x}
    severity: info
    id: told
  - mean: {on: d, column: s}
    at_least: 0
    id: text
"""


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a suite beside a table, and a test of the usual kind."""
    monkeypatch.setenv("NO_COLOR", "1")
    rng = np.random.default_rng(0)
    table = pa.table({"x": rng.normal(50, 30, 100), "s": ["a"] * 100})
    pq.write_table(table, pytester.path / "d.parquet")
    (pytester.path / "data.assay.yaml").write_text(SUITE)
    pytester.makepyfile("def test_usual():\n    pass\n")
    return pytester.path


def pytest_of(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """A run of pytest, in a process of its own: native modules do not bear a second import."""
    return pytester.runpytest_subprocess(*arguments, timeout=60)


def test_one_test_per_check(folder, pytester):
    result = pytest_of(pytester, "--collect-only", "-q")
    assert [line for line in result.outlines if "::" in line] == [
        "data.assay.yaml::d/row_count",
        "data.assay.yaml::d/completeness/x",
        "data.assay.yaml::d/completeness/s",
        "data.assay.yaml::d/mean/x",
        "data.assay.yaml::soft",
        "data.assay.yaml::open",
        "data.assay.yaml::told",
        "data.assay.yaml::text",
        "test_one_test_per_check.py::test_usual",
    ]


def test_verdicts_become_outcomes(folder, pytester):
    result = pytest_of(pytester, "-v", "-rs", "-W", "default")
    lines = result.outlines
    said = {w[0].split("::")[1]: w[1] for w in map(str.split, lines) if w[1:] and "::" in w[0]}
    assert said["d/row_count"] == said["d/completeness/x"] == "PASSED"
    assert said["soft"] == "PASSED"  # with a warning, as the gate lets it through
    assert said["open"] == "PASSED"  # likewise, by the suite's policy
    assert said["told"] == said["text"] == "SKIPPED"
    result.assert_outcomes(passed=6, failed=1, skipped=2, warnings=2)
    assert result.ret == 1
    text = result.stdout.str()
    assert "AssayWarning: soft: It must be at least 1,000" in text
    assert "AssayWarning: open: It must be at least 49" in text
    assert "column 's' holds string" in text
    assert "d/mean/x: fail (severity block)\nIt must be at least 1,000, and it is 5" in text
    assert "Traceback" not in text
    assert "runtest" not in text


def test_warnings_may_be_made_failures(folder, pytester):
    result = pytest_of(pytester, "-k", "soft or open", "-W", "error")
    result.assert_outcomes(failed=2, deselected=7)
    result.stdout.fnmatch_lines(["soft: It must be at least 1,000*"])
    assert "pytest_plugin.py" not in result.stdout.str().split("short test summary")[0]


def test_one_run_serves_all_tests_of_a_file(folder, pytester):
    (folder / "other.assay.yml").write_text(SUITE.replace("suite: plugin", "suite: other"))
    pytest_of(pytester, "--assay-home", "kept")
    kept = runs(folder / "kept")
    assert sorted(run["suite"] for run in kept) == ["other", "plugin"]


def test_nothing_is_kept_unless_asked_for(folder, pytester):
    pytest_of(pytester, "data.assay.yaml")
    assert not [path for path in folder.rglob("*") if path.name in (".assay", "history.sqlite")]


@pytest.mark.parametrize(
    ("arguments", "passed", "deselected"),
    [
        (["-k", "completeness or usual"], 3, 6),
        (["data.assay.yaml::d/completeness/x", "data.assay.yaml::d/row_count"], 2, 0),
    ],
)
def test_tests_can_be_chosen(folder, pytester, arguments, passed, deselected):
    result = pytest_of(pytester, *arguments)
    result.assert_outcomes(passed=passed, deselected=deselected)
    assert result.ret == 0


BROKEN = {
    "metric": (SUITE.replace("row_count", "row_cout"), "7:5: There is no metric"),
    "table": (SUITE.replace("d.parquet", "e.parquet"), "There is no file 'e.parquet'"),
    "column": (SUITE.replace("columns: [x, s]", "column: y"), "has no column 'y'"),
    "tab": ("\tsuite: t\n", "A tab indents this line"),
    "empty": ("", "The file is empty"),
    "data": (
        SUITE.replace("d.parquet", "bad.parquet"),
        "'bad.parquet' is not a complete Parquet file",
    ),
}


def test_a_broken_suite_is_an_error_of_collection(folder, pytester):
    (folder / "data.assay.yaml").unlink()
    (folder / "bad.parquet").write_bytes(b"nonsense" * 10)
    for name, (suite, _) in BROKEN.items():
        (folder / f"{name}.assay.yaml").write_text(suite)
    result = pytest_of(pytester, "--continue-on-collection-errors")
    result.assert_outcomes(errors=len(BROKEN), passed=1)
    text = result.stdout.str()
    for name, (_, words) in BROKEN.items():
        assert f"{name}.assay.yaml" in text
        assert words in text
    assert "Traceback" not in text
    assert "pytest_plugin.py" not in text


MODEL = """
  - regression.mae: {on: m, data: d}
    at_most: 1000
"""


def test_code_is_imported_only_with_leave(folder, pytester):
    text = SUITE.replace(
        "gate:", '  m: {model: "python:mine:model", task: regression, target: x}\ngate:'
    )
    (folder / "data.assay.yaml").write_text(text + MODEL)
    (folder / "mine.py").write_text(
        "import numpy as np\ndef model(frame): return np.zeros(len(frame))\n"
    )
    refused = pytest_of(pytester, "-k", "mae")
    refused.assert_outcomes(failed=1, deselected=9)
    refused.stdout.fnmatch_lines(["*runs its code*"])
    pytest_of(pytester, "-k", "mae", "--assay-allow-code").assert_outcomes(passed=1, deselected=9)


def test_a_metric_that_raises_fails_its_test_with_its_traceback(folder, pytester):
    (folder / "conftest.py").write_text(
        '''
import assay
from assay.states import Count

@assay.metric("mine.broken", formula="", interval="census", reference="", example={})
class Broken(assay.Metric):
    """Raises."""

    def aggregates(self, schema):
        return (Count(),)

    def estimate(self, fold, how):
        raise ZeroDivisionError("at last")
'''
    )
    (folder / "data.assay.yaml").write_text(SUITE + "  - mine.broken: {on: d}\n    at_least: 0\n")
    result = pytest_of(pytester, "data.assay.yaml")
    result.assert_outcomes(failed=2, passed=5, skipped=2, warnings=2)
    result.stdout.fnmatch_lines(["*d/mine.broken: error*", "*ZeroDivisionError: at last*"])


def test_other_yaml_files_are_left_alone(folder, pytester):
    (folder / "suite.yaml").write_text("\tnonsense")
    (folder / "assay.yaml").write_text("\tnonsense")
    assert pytest_of(pytester, "--collect-only", "-q").ret == 0
