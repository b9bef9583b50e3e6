"""Transcripts in the report of a run: browsed by a small script, paged where there are many."""
