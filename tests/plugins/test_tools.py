"""A skipped test is a failure in continuous integration, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.tools import Tool

ROOT = Path(__file__).resolve().parents[2]

TESTS = """
import pytest

@pytest.mark.needs("chromium")
def test_browser(tool):
    assert tool("chromium")

def test_plain():
    pass

@pytest.mark.skip(reason="no time")
def test_skipped():
    pass

def test_permissions():
    pytest.skip("does not apply: root may read everything")

@pytest.mark.xfail(strict=True)
def test_known_defect():
    raise AssertionError
"""


def _pytest(folder: Path, *, ci: str, path: str) -> tuple[int, str]:
    """Exit code and closing line of pytest over one folder, with the plugin."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:assay", "-p", "tests.plugins.tools",
         "--rootdir", str(folder), str(folder)],
        env={"PATH": path, "CI": ci, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.strip().splitlines()[-1]


@pytest.fixture
def with_chromium(tmp_path: Path) -> str:
    """A PATH on which there is a program called chromium, and nothing else."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "chromium").write_text("#!/bin/sh\n")
    (programs / "chromium").chmod(0o755)
    return str(programs)


@pytest.mark.parametrize(
    ("ci", "chromium", "code", "outcome"),
    [
        ("", True, 0, "2 passed, 2 skipped, 1 xfailed"),
        ("", False, 0, "1 passed, 3 skipped, 1 xfailed"),
        ("true", True, 1, "2 passed, 1 skipped, 1 xfailed, 1 error"),
        ("true", False, 1, "1 passed, 1 skipped, 1 xfailed, 2 errors"),
    ],
)
def test_skips_count_in_ci(
    tmp_path: Path, with_chromium: str, *, ci: str, chromium: bool, code: int, outcome: str
) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    path = with_chromium if chromium else "/nowhere"
    returned, closing = _pytest(tmp_path, ci=ci, path=path)
    assert closing.startswith(outcome)
    assert returned == code


@pytest.mark.parametrize(("ci", "code"), [("", 5), ("true", 2)])
def test_a_module_that_skips_itself_counts(tmp_path: Path, ci: str, code: int) -> None:
    (tmp_path / "test_some.py").write_text("import pytest\npytest.importorskip('no_such_package')")
    assert _pytest(tmp_path, ci=ci, path="/nowhere")[0] == code


def test_a_program_whose_folder_the_environment_names(
    with_chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM_HOME", str(Path(with_chromium).parent))
    tool = Tool(("chromium",), "chromium", "a test", home="CHROMIUM_HOME")
    assert tool.path() == str(Path(with_chromium) / "chromium")
    monkeypatch.setenv("CHROMIUM_HOME", "/nowhere")
    assert tool.path() is None


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_what_is_missing_is_said(ci: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.plugins.tools"],
        env={"PATH": "/nowhere", "CI": ci},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "Missing on this machine: chromium, chromedriver, java.",
        "Not run for want of it: the tests of the HTML report in a browser; the engine Spark.",
        "On Debian: apt-get install chromium chromium-driver default-jre-headless",
    ]
    assert done.returncode == code


def test_nothing_missing_is_said_too(tmp_path: Path, with_chromium: str) -> None:
    for name in ("chromedriver", "java"):
        program = Path(with_chromium) / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "tests.plugins.tools"],
        env={**os.environ, "PATH": with_chromium, "JAVA_HOME": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Nothing is missing on this machine: every test runs.\n"
