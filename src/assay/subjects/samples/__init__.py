"""Samples for a language model: read from files, held to one shape."""
