"""Integrations: one tool per file."""
