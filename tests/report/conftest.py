"""The example run, built once: nothing changes a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.example_run import earlier_run, example_run
from tests.report.hostile_run import hostile_run

if TYPE_CHECKING:
    from assay.core.result import Run


@pytest.fixture(scope="session")
def run() -> Run:
    return example_run()


@pytest.fixture(scope="session")
def earlier() -> Run:
    return earlier_run()


@pytest.fixture(scope="session")
def hostile() -> Run:
    return hostile_run()
