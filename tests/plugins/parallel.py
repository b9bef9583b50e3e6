"""What stays together where tests run in several processes: a file, and all that need Spark.

Fixtures of a module are built once that way, and one virtual machine serves every test of Spark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest


class ByFile(LoadScopeScheduling):
    """Hands out whole files, the files of Spark's tests as one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "spark" if "spark" in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """The order in which several processes share the tests."""
    return ByFile(config, log)  # type: ignore[arg-type]
