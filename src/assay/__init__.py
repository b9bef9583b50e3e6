"""Assay: the quality gate for everything a machine-learning team ships."""

__version__ = "0.1.0"
