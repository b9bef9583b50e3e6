"""Fixtures for all tests."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def conformance_tables() -> ModuleType:
    """The module ``tests/conformance/tables.py``, loaded from its file."""
    path = Path(__file__).parent / "conformance" / "tables.py"
    spec = importlib.util.spec_from_file_location("conformance_tables", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark session for all tests (starting one takes seconds): an engine that holds it open.

    Engines that a test makes itself share the session; a test that uses it needs ``java``.
    """
    from assay.engines.spark import SparkEngine

    settings = {"master": "local[2]", "memory": "2g", "spark.sql.shuffle.partitions": "4"}
    with SparkEngine(settings=settings) as engine:
        yield engine
