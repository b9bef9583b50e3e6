"""pytest: a file ``*.assay.yaml`` is collected as tests, one per check.

The suite runs once, when its first test does. A check fails its test where it would block the
gate; what the gate lets through with a warning is a pytest warning; what does not apply is skipped.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assay.api import Run
    from assay.core.check import Suite
    from assay.core.result import Result

_ENDINGS = (".assay.yaml", ".assay.yml")


class AssayWarning(UserWarning):
    """A check that the gate lets through with a warning."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plugin."""
    group = parser.getgroup("assay")
    group.addoption(
        "--assay-home",
        default=None,
        metavar="FOLDER",
        help="Keep the runs of *.assay.yaml suites in this history (default: keep none).",
    )
    group.addoption(
        "--assay-allow-code",
        action="store_true",
        help="Let *.assay.yaml suites import Python code and construct trusted types.",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect suite files."""
    if file_path.name.endswith(_ENDINGS):
        return SuiteFile.from_parent(parent, path=file_path)
    return None


class SuiteFile(pytest.File):
    """One suite file; its run is made once and shared by its tests."""

    _run: Run | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each check, by its id."""
        from assay import api
        from assay.core.errors import AssayError

        try:
            allowed = self.config.getoption("assay_allow_code")
            self.suite: Suite = api.load(self.path, allow_code=allowed)
            ids = api.check_ids(self.suite)
        except AssayError as error:
            raise self.CollectError(str(error)) from error
        for check_id in ids:
            yield CheckItem.from_parent(self, name=check_id)

    def result(self, check_id: str) -> Result:
        """The result of one check; the first call runs the suite."""
        from assay import api

        if self._run is None:
            said: list[str] = []
            self._run = api.run(
                self.suite,
                home=self.config.getoption("assay_home"),
                allow_code=self.config.getoption("assay_allow_code"),
                say=said.append,
            )
            for message in said:  # only now: where warnings are errors, the run is not repeated
                warnings.warn(AssayWarning(message), stacklevel=1)
        return self._run.result(check_id)


class CheckFailed(Exception):
    """The check would block the gate."""


class CheckItem(pytest.Item):
    """One check as a test."""

    parent: SuiteFile

    def runtest(self) -> None:
        """Fail, warn, skip or pass, as the gate would."""
        from assay.gate.policy import effect

        result = self.parent.result(self.name)
        if result.verdict in ("not_applicable", "skipped"):
            pytest.skip(result.reason)
        outcome = effect(result, self.parent.suite.gate)
        if outcome == "block":
            raise CheckFailed(result)
        if outcome == "warn":
            warnings.warn(AssayWarning(f"{result.id}: {result.reason}"), stacklevel=1)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> str | Any:
        """The reason and the figures; a traceback only for a defect."""
        if isinstance(excinfo.value, AssayWarning):  # pytest was told to make errors of warnings
            return str(excinfo.value)
        if not isinstance(excinfo.value, CheckFailed):
            return super().repr_failure(excinfo, style)
        from assay.core.evidence import Text
        from assay.core.measurement import measurement_text

        result: Result = excinfo.value.args[0]
        lines = [f"{result.id}: {result.verdict} (severity {result.severity})", result.reason]
        lines += [f"  {measurement_text(m)}" for m in result.measurements]
        lines += [e.text for e in result.evidence if isinstance(e, Text)]
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the check stands in its file."""
        return self.path, None, self.name
