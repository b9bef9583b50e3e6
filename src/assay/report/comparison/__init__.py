"""A comparison of two runs, for people: in a terminal, and as a page."""
