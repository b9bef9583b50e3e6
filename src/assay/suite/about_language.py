"""Subjects of a suite that are about language: each kind with its keys and what reads it.

Imported where a suite has one, so that a suite of tables starts without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.suite.answers import ANSWERS_KEYS, read_answers
from assay.suite.language import (
    LANGUAGE_KEYS,
    SAMPLES_KEYS,
    read_language_model,
    read_samples_subject,
)
from assay.suite.variation import NEEDLE_SUBJECT_KEYS, read_needle_subject

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec, SamplesSpec
    from assay.suite.nodes import Entries
    from assay.suite.reader import Reader


def read_about_language(
    reader: Reader, kind: str, what: str, entries: Entries, folder: str
) -> LanguageModelSpec | SamplesSpec | None:
    """A subject of kind ``llm``, ``answers``, ``needle`` or ``samples``; None after an error."""
    if kind == "llm":
        reader.entries(entries, what, LANGUAGE_KEYS)
        return read_language_model(reader, what, entries)
    if kind == "answers":
        reader.entries(entries, what, ANSWERS_KEYS)
        return read_answers(reader, entries, folder)
    if kind == "needle":
        reader.entries(entries, what, NEEDLE_SUBJECT_KEYS)
        return read_needle_subject(reader, entries, folder)
    reader.entries(entries, what, SAMPLES_KEYS)
    return read_samples_subject(reader, entries, folder)
