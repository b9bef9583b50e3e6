"""Texts as vectors: a local encoder without a framework, or a function of the user's."""
