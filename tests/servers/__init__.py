"""Real servers that tests and benchmarks ask."""
