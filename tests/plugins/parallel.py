"""What stays together where tests run in several processes: a file, and all that share Spark.

Fixtures of a module are built once that way, and one virtual machine serves every test of Spark.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Name each test's group, in the processes that are handed groups."""
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        shared = "spark" in (*getattr(item, "fixturenames", ()), *item.path.parts)
        item.add_marker(pytest.mark.xdist_group("spark" if shared else str(item.path)))
