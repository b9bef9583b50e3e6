"""Whether labels can be learned from: errors, agreement with a gold set, balance of classes."""
