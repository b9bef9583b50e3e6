"""Experiments: units assigned to arms by hash, their outcomes read from a log and judged."""
