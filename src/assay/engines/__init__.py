"""Engines: each folds aggregates over tables in its own language."""
