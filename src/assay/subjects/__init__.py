"""Subjects: open what is under test and describe it."""
