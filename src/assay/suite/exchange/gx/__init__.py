"""Suites of Great Expectations: 1.x JSON in and out, and the JSON of 0.x in."""
