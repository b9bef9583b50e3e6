"""Fixtures for all tests."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from assay.core import metric
from assay.core.metric import registered


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


@pytest.fixture(autouse=True)
def only_built_in_metrics() -> Iterator[None]:
    """Forget the metrics that a test loaded from a file, which other tests would see."""
    yield
    for name, cls in tuple(registered()):
        if cls.__module__.startswith("assay.metrics.of."):
            del metric._registry[name]
            sys.modules.pop(cls.__module__, None)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark session for all tests (starting one takes seconds): an engine that holds it open.

    Engines that a test makes itself share the session; a test that uses it needs ``java``.
    """
    from assay.engines.spark import SparkEngine

    settings = {"master": "local[2]", "memory": "2g", "spark.sql.shuffle.partitions": "4"}
    with SparkEngine(settings=settings) as engine:
        yield engine
