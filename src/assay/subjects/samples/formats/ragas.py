"""Data sets of ragas, by the names of their columns: those of 0.2 and later, and older ones.

JSON lines, JSON, CSV and Parquet, as ``EvaluationDataset`` writes them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from assay.subjects.samples.formats.foreign import ForeignFile, NoAnswers, Record, Wanted
from assay.subjects.samples.records import RecordFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASKED = ("user_input", "question")
_ANSWER = ("response", "answer")
_FOUND = ("retrieved_contexts", "contexts")
_RIGHT = ("reference", "ground_truth", "ground_truths")
_SHOULD = "reference_contexts"
_ROLES = {"human": "user", "ai": "assistant", "tool": "tool", "system": "system"}


class Ragas(ForeignFile):
    """Questions with reference answers; rows with a response are answered."""

    name = "ragas"
    answered = True

    def samples(self) -> Iterator[tuple[int, Record]]:
        known = {*_ASKED, *_ANSWER, *_FOUND, *_RIGHT, _SHOULD}
        for number, record in self._rows():
            asked = _first(record, _ASKED)
            found: Record = {"id": str(number), "target": _first(record, _RIGHT)}
            found |= {"messages": _turns(asked)} if isinstance(asked, list) else {"input": asked}
            found["context"] = _list(record.get(_SHOULD)) or _list(_first(record, _FOUND))
            rest = {k: v for k, v in record.items() if k not in known and v is not None}
            yield number, {**found, "metadata": rest}

    def answers(self) -> Iterator[tuple[int, Record]]:
        any_answer = False
        for number, record in self._rows():
            text = _first(record, _ANSWER)
            if text is None:
                continue
            any_answer = True
            context = _list(_first(record, _FOUND))
            yield number, {"id": str(number), "output": text, "context": context}
        if not any_answer:
            raise NoAnswers(f"{self.written!r}: none of its rows has a {_ANSWER[0]!r}.")

    def wanted(self) -> Iterator[Wanted]:
        yield Wanted(
            what="reference", metric="llm.token_f1",
            reason="the data do not say how answers are judged: choose a scorer or a judge",
        )  # fmt: skip

    def _rows(self) -> Iterator[tuple[int, Record]]:
        records = RecordFile(
            self.path, self.written, shape="it must be a mapping with 'user_input'",
            example='{"user_input": …, "response": …, "reference": …}',
        )  # fmt: skip
        for number, (line, record) in enumerate(records.records(), start=1):
            if not isinstance(_first(record, _ASKED), str | list):
                raise records.fault(line, "it has neither 'user_input' nor 'question'")
            yield number, record


def _first(record: Record, names: tuple[str, ...]) -> Any:
    return next((record[name] for name in names if record.get(name) is not None), None)


def _list(value: Any) -> list[Any] | None:
    """Passages; in a cell of CSV they are written as Python writes a list of texts."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return [value]
    if value is None:
        return None
    return list(value) if isinstance(value, list | tuple) else [value]


def _turns(asked: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "role": _ROLES.get(str(turn.get("type")), turn.get("role") or "user"),
            "content": turn.get("content"),
        }
        for turn in asked
        if isinstance(turn, dict)
    ]
