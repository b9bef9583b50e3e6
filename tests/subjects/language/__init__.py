"""Language models: the wire format, its failures, callables."""
