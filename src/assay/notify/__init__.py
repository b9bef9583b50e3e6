"""Telling others of a decision: webhooks, signed and tried again."""
