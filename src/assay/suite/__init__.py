"""Suite files: YAML with line numbers, presets, JSON Schema, starter suites."""
