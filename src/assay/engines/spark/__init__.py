"""The engine for tables beyond one machine: Spark."""

from assay.engines.spark.engine import SparkEngine

__all__ = ["SparkEngine"]
