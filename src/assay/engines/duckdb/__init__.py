"""The embedded engine: DuckDB."""

from assay.engines.duckdb.engine import DuckDBEngine

__all__ = ["DuckDBEngine"]
