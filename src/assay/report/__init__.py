"""Reports: renderers that read results only."""
