"""Suites from other tools, and for them: each format in a file (or folder) of its own.

A reader turns a document into entries (``entries.py``): for each expectation, test or keyword the
checks that say the same, or the reason why none does. Nothing is left out in silence, and nothing
in a document is executed.
"""
