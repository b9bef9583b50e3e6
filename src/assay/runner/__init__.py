"""The runner: plan, fold, estimate, judge; the only place that catches a check's exception."""
