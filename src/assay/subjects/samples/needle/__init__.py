"""Facts hidden in long texts: how much of its context a model makes use of."""
