"""The gate: verdicts to a decision and an exit code."""
