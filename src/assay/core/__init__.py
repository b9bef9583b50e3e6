"""The protocol: what a metric, a measurement, a criterion, a check and a result are. No I/O."""
