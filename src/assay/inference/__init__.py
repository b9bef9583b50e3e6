"""Statistics: pure functions from numbers to intervals and decisions, each citing its source.

scipy is imported inside the functions that need it: a suite of census checks never pays for it.
"""
