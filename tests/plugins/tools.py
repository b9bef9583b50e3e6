"""Programs, and packages of a gigabyte, that some tests need; what happens where they are missing.

A test that needs one says so: ``@pytest.mark.needs("chromium", "chromedriver")``, and gets its path
from the fixture ``tool``: ``tool("chromium")``. Where it is missing, the test is skipped on a
contributor's machine, and ``make test`` says so first; in continuous integration (``CI=true``) it
is installed, and a test that is skipped all the same is a failure: a skipped test proves nothing.
A test that cannot apply to a machine (file permissions, under root) skips with a reason that starts
with "does not apply".
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

DOES_NOT_APPLY = "does not apply"


@dataclass(frozen=True)
class Tool:
    """A program: its names on different systems, Debian's package, and what it is needed for.

    ``home`` is the variable of the environment that names its folder, where it has one. A Python
    package too large for every newcomer has a ``module`` in place of names; it is installed by
    ``TORCH=1 scripts/install.sh dev``, and wherever ``CI`` is set.
    """

    names: tuple[str, ...]
    package: str
    purpose: str
    home: str = ""
    module: str = ""

    def path(self) -> str | None:
        """Where it is, or None."""
        if self.module:
            found = importlib.util.find_spec(self.module)
            return found.origin if found is not None else None
        folder = os.environ.get(self.home) if self.home else None
        if folder:
            return shutil.which(os.path.join(folder, "bin", self.names[0]))
        return next((found for name in self.names if (found := shutil.which(name))), None)


TOOLS = {
    "chromium": Tool(
        ("chromium", "chromium-browser", "google-chrome"),
        "chromium",
        "the HTML report in a browser",
    ),
    "chromedriver": Tool(("chromedriver",), "chromium-driver", "the HTML report in a browser"),
    "java": Tool(("java",), "default-jre-headless", "the engine Spark", home="JAVA_HOME"),
    "torch": Tool((), "", "local models in transformers (750 MB)", module="torch"),
}


def in_ci() -> bool:
    """Whether this is continuous integration."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def missing() -> list[str]:
    """Names of the tools that are not on this machine."""
    return [name for name, tool in TOOLS.items() if tool.path() is None]


def main() -> int:
    """Say what is missing and what is therefore not run; in CI, install it. The exit code."""
    absent = missing()
    programs = [name for name in absent if TOOLS[name].package]
    if programs and in_ci() and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [TOOLS[name].package for name in absent if TOOLS[name].package]
        print(f"Installing {', '.join(packages)}", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-qq", "--no-install-recommends", "-y", *packages],
            check=True,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        absent = missing()
    if not absent:
        print("Nothing is missing on this machine: every test runs.", flush=True)
        return 0
    purposes = dict.fromkeys(TOOLS[name].purpose for name in absent)
    print(f"Missing on this machine: {', '.join(absent)}.")
    print(f"Not run for want of it: the tests of {'; '.join(purposes)}.")
    packages = [TOOLS[name].package for name in absent if TOOLS[name].package]
    if packages:
        print(f"On Debian: apt-get install {' '.join(packages)}", flush=True)
    if any(TOOLS[name].module for name in absent):
        print("Python's: TORCH=1 scripts/install.sh dev", flush=True)
    return 1 if in_ci() else 0


@pytest.fixture
def tool() -> Callable[[str], str]:
    """Path of a program that the test's mark ``needs`` names."""

    def path(name: str) -> str:
        found = TOOLS[name].path()
        assert found, f"{name} is missing: mark the test with pytest.mark.needs({name!r})"
        return found

    return path


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "needs(*tools): programs of tests/plugins/tools.py it runs")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose tools are missing (which fails it in CI, see below)."""
    absent = [
        name
        for mark in item.iter_markers("needs")
        for name in mark.args
        if TOOLS[name].path() is None
    ]
    if absent:
        pytest.skip(f"{', '.join(absent)} missing on this machine")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, make a skipped test a failed one."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI, make a module that skips itself a failed one."""
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not in_ci() or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if DOES_NOT_APPLY not in reason:
        report.outcome = "failed"
        report.longrepr = f"{reason}\nIn continuous integration nothing may be skipped."


if __name__ == "__main__":
    sys.exit(main())
