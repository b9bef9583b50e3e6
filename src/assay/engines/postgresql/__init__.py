"""The engine that folds where the tables are: a PostgreSQL server."""

from assay.engines.postgresql.engine import PostgreSQLEngine

__all__ = ["PostgreSQLEngine"]
