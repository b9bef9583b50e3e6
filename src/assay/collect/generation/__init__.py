"""Collecting the answers of a language model: scheduling, limits, budget, cache and journal."""
