"""Collecting the answers of language models."""
