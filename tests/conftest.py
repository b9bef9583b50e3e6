"""Fixtures for all tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

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
