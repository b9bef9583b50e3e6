"""A metric of a user's own, in one file outside the package: in a suite like a built-in one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ASSAY = str(Path(sys.executable).with_name("assay"))

METRIC = '''
from pathlib import Path

from assay import AtLeast, metric
from assay.core.expr import Column, call
from assay.metrics.data.share import ShareOfValues

Path(__file__).with_suffix(".ran").touch()


@metric(
    "shop.even", unit="share", higher_is_better=True, formula="even values / values",
    interval="wilson", reference="none", example={"column": "age"}, claim="batch",
    default=AtLeast(1.0), dimension="validity",
)
class Even(ShareOfValues):
    """Share of values that are even."""

    column: str

    def good(self, schema):
        half = call("div", Column(self.column), 2)
        return call("eq", half, call("floor", half))
'''
SUITE = """
suite: shop
subjects:
  t: {table: t.csv}
METRICS
checks:
  - shop.even: {on: t, column: n}
    at_least: 0.5
  - completeness: {on: t, column: n}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "even.py").write_text(METRIC)
    (tmp_path / "t.csv").write_text("n\n2\n4\n5\n")
    (tmp_path / "suite.yaml").write_text(SUITE.replace("METRICS", "metrics: [even.py]"))
    return tmp_path


def assay(folder: Path, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ASSAY, *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environ,
    )


def test_by_path(folder: Path) -> None:
    done = assay(folder, "run", "suite.yaml", "--allow-code", "--json")
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)["results"][0]
    assert (first["metric"], first["verdict"]) == ("shop.even", "pass")
    assert first["measurements"][0]["value"] == pytest.approx(2 / 3)
    assert first["dimension"] == "validity"


def test_code_is_not_imported_unless_allowed(folder: Path) -> None:
    done = assay(folder, "run", "suite.yaml")
    assert done.returncode == 2
    assert "suite.yaml:5:11" in done.stderr
    assert "--allow-code" in done.stderr
    assert "no metric" not in done.stderr
    assert not (folder / "even.ran").exists()


def test_no_variable_says_which_code(folder: Path) -> None:
    (folder / "suite.yaml").write_text(SUITE.replace("METRICS", 'metrics: ["${FILE}"]'))
    done = assay(folder, "run", "suite.yaml", "--allow-code", FILE="even.py")
    assert done.returncode == 2
    assert "without variables" in done.stderr
    assert not (folder / "even.ran").exists()


def test_a_file_that_is_not_there(folder: Path) -> None:
    (folder / "suite.yaml").write_text(SUITE.replace("METRICS", "metrics: [odd.py]"))
    done = assay(folder, "run", "suite.yaml", "--allow-code")
    assert done.returncode == 2
    assert "'odd.py' cannot be read" in done.stderr


def test_by_entry_point(folder: Path) -> None:
    """As an installed package declares it: its metadata beside its module on the path."""
    (folder / "suite.yaml").write_text(SUITE.replace("METRICS", ""))
    info = folder / "shop_metrics-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-metrics\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[assay.metrics]\nshop = even\n")
    done = assay(folder, "run", "suite.yaml", "--json", PYTHONPATH=str(folder))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"][0]["verdict"] == "pass"


def test_the_commands_that_tell_of_metrics_know_it(folder: Path) -> None:
    told = assay(folder, "explain", "shop.even", "--metrics", "even.py")
    assert "Share of values that are even." in told.stdout
    assert "shop.even" in assay(folder, "list", "--metrics", "even.py").stdout
    schema = json.loads(assay(folder, "schema", "--metrics", "even.py").stdout)
    assert "metric.shop.even" in schema["$defs"]
