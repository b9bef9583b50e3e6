"""Which tool wrote a file: what ``format:`` says, or what the file itself tells beyond doubt."""

from __future__ import annotations

import csv
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import SubjectError, did_you_mean
from assay.subjects.files import missing_file

if TYPE_CHECKING:
    from collections.abc import Collection

    from assay.subjects.samples.formats.foreign import ForeignFile

FORMATS = {
    "promptfoo": "promptfoo:Promptfoo",
    "inspect": "inspect_log:InspectLog",
    "lm-eval": "lm_eval:LmEval",
    "openai-evals": "openai_evals:OpenAiEvals",
    "deepeval": "deepeval:DeepEval",
    "ragas": "ragas:Ragas",
    "datasets": "datasets:Dataset",
}
"""What ``format:`` may say, with the module here and the class that reads it."""

_HEAD = 2**20
_LINES = (".jsonl", ".ndjson")


def open_foreign(
    path: str,
    written: str,
    format: str | None,  # noqa: A002 - the word of a suite
    *,
    renamed: bool = False,
) -> ForeignFile | None:
    """The file, if another tool wrote it; None where it is one of our own shape.

    Args:
        path: where it is; it need not exist.
        written: the path as a person wrote it.
        format: what the suite says; None lets the file tell.
        renamed: the suite says how fields are named: the file then is of our own shape, or a
            data set.

    Raises:
        SubjectError: there is no such format, or no such file.
    """
    if format is None:
        found = _told(path) if not renamed or os.path.isdir(path) else None
        if found is None:
            return None
    elif format in FORMATS:
        found = format
        if not os.path.exists(path):
            raise missing_file(path, written, what="file of samples")
        if renamed and found != "datasets":
            raise SubjectError(
                f"`fields` has no place with `format: {format}`, whose fields are known."
            )
    else:
        raise SubjectError(
            f"There is no format {format!r}.{did_you_mean(format, FORMATS)}",
            hint=f"Formats: {', '.join(FORMATS)}.",
        )
    module, name = FORMATS[found].split(":")
    made: ForeignFile = getattr(import_module(f"{__package__}.{module}"), name)(path, written)
    return made


def _told(path: str) -> str | None:
    """The format that the file itself tells; None where it may well be one of our own."""
    if os.path.isdir(path):
        return "datasets"
    ending = os.path.splitext(path)[1].lower()
    if ending == ".eval":
        return "inspect"
    if ending in (".yaml", ".yml"):
        return "promptfoo"
    try:
        if ending == ".csv":
            return _told_by(_header(path))
        if ending in (*_LINES, ".json"):
            return _told_by_json(path, lines=ending in _LINES)
    except (OSError, ValueError, RecursionError, csv.Error):
        pass  # whoever reads it says what is wrong with it
    return None


def _header(path: str) -> list[str]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])


def _told_by_json(path: str, *, lines: bool) -> str | None:
    with open(path, "rb") as file:
        if lines:
            first = msgspec.json.decode(file.readline(_HEAD).removeprefix(b"\xef\xbb\xbf"))
            return _told_by(first, first) if isinstance(first, dict) else None
        start = file.read(_HEAD)
        if start.lstrip()[:1] == b"{":  # ours is a list
            inspected = b'"eval"' in start and b'"status"' in start
            return "inspect" if inspected else None
        found = msgspec.json.decode(start + file.read())
        first = found[0] if isinstance(found, list) and found else None
        return _told_by(first, first) if isinstance(first, dict) else None


def _told_by(names: Collection[str], record: dict[str, Any] | None = None) -> str | None:
    """The format that the names of fields tell."""
    if {"doc_id", "doc", "target", "resps"} <= set(names):
        return "lm-eval"
    if record and isinstance(record.get("input"), list) and "ideal" in record:
        return "openai-evals"
    if "user_input" in names and not {"input", "messages"} & set(names):
        return "ragas"
    if "input" in names and {"expected_output", "retrieval_context"} <= set(names):
        return "deepeval"
    return None
