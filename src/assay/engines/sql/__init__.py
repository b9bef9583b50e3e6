"""SQL for every engine that speaks it: expressions, plans, and what dialects differ in."""
