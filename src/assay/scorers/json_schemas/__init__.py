"""Holding JSON texts to a JSON Schema: what the library does, made safe for texts of others."""
