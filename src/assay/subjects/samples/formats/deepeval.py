"""Goldens and test cases of DeepEval, as ``EvaluationDataset.save_as`` writes them.

JSON, JSON lines and CSV; read after the format of 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assay.subjects.samples.decoding import from_json
from assay.subjects.samples.formats.foreign import ForeignFile, NoAnswers, Record, Wanted
from assay.subjects.samples.records import RecordFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = ("name", "comments", "source_file")
_SEPARATOR = "|"
"""Between the passages of a cell."""


class DeepEval(ForeignFile):
    """Questions with the answers expected; a golden that holds an actual output is answered."""

    name = "deepeval"
    answered = True

    def samples(self) -> Iterator[tuple[int, Record]]:
        for number, record in self._goldens():
            metadata = {k: record[k] for k in _KEPT if record.get(k) is not None}
            target = record.get("expected_output") or _tools(record.get("expected_tools"))
            found = {
                "id": str(number), "input": record.get("input"), "target": target,
                "context": _passages(record.get("context") or record.get("retrieval_context")),
            }  # fmt: skip
            yield number, {**found, "metadata": metadata | _mapping(record)}

    def answers(self) -> Iterator[tuple[int, Record]]:
        any_answer = False
        for number, record in self._goldens():
            if record.get("actual_output") is None:
                continue
            any_answer = True
            found = {
                "id": str(number), "output": record["actual_output"],
                "context": _passages(record.get("retrieval_context")),
                "cost": record.get("token_cost"), "seconds": record.get("completion_time"),
                "tokens": {
                    "prompt": record.get("input_token_count"),
                    "completion": record.get("output_token_count"),
                },
                "tool_calls": _calls(record.get("tools_called")) or None,
            }  # fmt: skip
            yield number, found
        if not any_answer:
            raise NoAnswers(f"{self.written!r}: none of its goldens has an actual output.")

    def wanted(self) -> Iterator[Wanted]:
        yield Wanted(
            what="expected_output", metric="llm.token_f1",
            reason="goldens do not say how answers are judged: choose a scorer or a judge",
        )  # fmt: skip

    def _goldens(self) -> Iterator[tuple[int, Record]]:
        records = RecordFile(
            self.path, self.written, shape="it must be a mapping with 'input'",
            example='{"input": …, "expected_output": …}',
        )  # fmt: skip
        for number, (line, record) in enumerate(records.records(), start=1):
            if "input" not in record and ("scenario" in record or "turns" in record):
                raise records.fault(line, "conversational goldens are not read")
            if not isinstance(record.get("input"), str):
                raise records.fault(line, "it has no 'input', as DeepEval writes it")
            yield number, record


def _passages(value: Any) -> Any:
    return value.split(_SEPARATOR) if isinstance(value, str) else value


def _mapping(record: Record) -> dict[str, Any]:
    held = record.get("additional_metadata")
    if isinstance(held, str):
        try:
            held = from_json(held)
        except ValueError:
            return {"additional_metadata": held}
    return held if isinstance(held, dict) else {}


def _calls(tools: Any) -> list[dict[str, Any]]:
    if isinstance(tools, str):
        try:
            tools = from_json(tools)
        except ValueError:
            return []
    return [
        {"name": str(tool.get("name")), "arguments": tool.get("input_parameters") or {}}
        for tool in (tools if isinstance(tools, list) else ())
        if isinstance(tool, dict)
    ]


def _tools(tools: Any) -> str | None:
    """Calls that are expected, as ``llm.tool_call`` takes its target."""
    calls = _calls(tools)
    return msgspec.json.encode(calls).decode() if calls else None
