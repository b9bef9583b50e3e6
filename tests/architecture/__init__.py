"""Guards over the source as a whole: layers, imports, start-up cost, dangerous calls, size."""
