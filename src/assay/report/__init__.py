"""Reports: renderers that read results only. Nothing here measures, judges or decides."""
