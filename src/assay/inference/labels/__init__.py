"""Labels: how many are wrong, which ones, and how unequal their classes are."""
