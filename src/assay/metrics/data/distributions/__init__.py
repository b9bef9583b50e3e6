"""Two distributions of one column side by side. Needs numpy, so it is imported on use only."""
