"""Drift that no single column shows, and what drift does to a model."""
