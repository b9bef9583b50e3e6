"""Collectors: from a subject to its observations, once, journaled."""
