"""Which engine a suite runs on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assay.core.errors import SuiteError, did_you_mean
from assay.engines.duckdb import DuckDBEngine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from assay.core.check import EngineSpec
    from assay.core.engine import Engine


def open_engine(
    spec: EngineSpec, *, temp_directory: str | Path | None = None, session: Any = None
) -> Engine:
    """The engine that a suite names, not yet knowing any table.

    Args:
        temp_directory: where to put what does not fit in memory.
        session: a SparkSession to use instead of one of our own.

    Raises:
        SuiteError: the engine has no such setting.
        MissingExtraError: it is not installed.
        EngineError: it cannot be started.
    """
    match spec.name:
        case "duckdb":
            return DuckDBEngine(temp_directory=temp_directory, **duckdb_settings(spec.settings))
        case "spark":
            from assay.engines.federated import FederatedEngine
            from assay.engines.spark import SparkEngine

            spark = SparkEngine(
                session=session, settings=spec.settings, temp_directory=temp_directory
            )
            return FederatedEngine(spark, DuckDBEngine(temp_directory=temp_directory))
        case "postgresql":
            from assay.engines.federated import FederatedEngine
            from assay.engines.postgresql import PostgreSQLEngine

            there = PostgreSQLEngine(settings=spec.settings, temp_directory=temp_directory)
            return FederatedEngine(there, DuckDBEngine(temp_directory=temp_directory))


def duckdb_settings(settings: Mapping[str, str]) -> dict[str, Any]:
    """Settings of the embedded engine: ``memory_limit`` and ``threads``.

    Raises:
        SuiteError: it has no such setting, or not of this value.
    """
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name == "memory_limit":
            if not re.fullmatch(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", value):
                raise SuiteError("memory_limit must be a size such as 2GB or 512MiB.")
            found[name] = value
        elif name == "threads":
            if not re.fullmatch(r"[1-9][0-9]{0,3}", value):
                raise SuiteError("threads must be a whole number of at least 1.")
            found[name] = int(value)
        else:
            known = ("memory_limit", "threads")
            raise SuiteError(
                f"The embedded engine has no setting {name!r}.{did_you_mean(name, known)}",
                hint=f"It has {' and '.join(known)}.",
            )
    return found
