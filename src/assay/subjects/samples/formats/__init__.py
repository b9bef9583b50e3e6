"""Samples and answers in files of other tools: one file here for each format."""
