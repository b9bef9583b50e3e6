"""Code of others, run in a process of its own with limits, cut off from the rest of the machine."""
