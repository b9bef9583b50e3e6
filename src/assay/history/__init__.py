"""History: the store of runs, baselines and their comparison."""
