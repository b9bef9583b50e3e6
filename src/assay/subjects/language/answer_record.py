"""From one record of a file to an answer, or to what is wrong with it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assay.core.errors import did_you_mean
from assay.core.exchange import Answer, Finish, Tokens, ToolCall
from assay.subjects.language.reply import MOST_TOKENS
from assay.subjects.language.text import well_formed
from assay.subjects.samples.record import BadRecord, id_of, text_of, texts_of, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWER_FIELDS = (
    "id", "output", "repeat", "seconds", "first_token_s", "tokens", "cost", "finish", "refusal",
    "tool_calls", "error", "logprobs", "context",
)  # fmt: skip

_FINISH: dict[str, Finish] = {
    "stop": "stop", "end_turn": "stop", "stop_sequence": "stop", "eos": "stop",
    "length": "length", "max_tokens": "length", "model_length": "length",
    "content_filter": "content_filter", "safety": "content_filter",
    "tool_calls": "tool_calls", "tool_use": "tool_calls", "function_call": "tool_calls",
}  # fmt: skip
"""Reasons as OpenAI, Anthropic, Google and Inspect write them; any other is ``other``."""
_PROMPT = ("prompt", "prompt_tokens", "input", "input_tokens")
_COMPLETION = ("completion", "completion_tokens", "output", "output_tokens")
NO_OUTPUT = "the file has no output of it"


class ReadAnswer(NamedTuple):
    """An answer, and its number among the answers to its sample where the record says it."""

    answer: Answer
    repeat: int | None


def answer_of(
    record: Mapping[str, Any], number: int, fields: Mapping[str, str], *, sparse: bool
) -> ReadAnswer:
    """The answer that a record holds.

    Args:
        number: of the record in its file, from 1: the sample's id where it names none.
        fields: names in the record of our fields, where they differ; ``response.choices.0.text``
            leads into mappings and lists.
        sparse: what is null is left out of the records (CSV, Parquet).

    Raises:
        BadRecord: it does not hold an answer.
    """
    names = {field: fields.get(field, field) for field in ANSWER_FIELDS}
    given = {field: _found(record, name) for field, name in names.items()}
    calls = _tool_calls(given["tool_calls"])
    refusal, error = text_of(given["refusal"], "refusal"), text_of(given["error"], "error")
    if given["output"] is None and not (calls or refusal or error):
        if not (sparse or names["output"] in record or "." in names["output"]):
            near = did_you_mean(names["output"], record)
            raise BadRecord(f"it answers nothing: it has no {names['output']!r}.{near}")
        error = NO_OUTPUT
    answer = Answer(
        unit=id_of(given["id"], number),
        text=text_of(_mended(given["output"]), "output"),
        finish=_finish(given["finish"], calls),
        refusal=refusal,
        tool_calls=calls,
        logprobs=_logprobs(given["logprobs"]),
        tokens=_tokens(given["tokens"]),
        cost=_amount(given["cost"], "cost"),
        seconds=_amount(given["seconds"], "seconds"),
        first_token_s=_amount(given["first_token_s"], "first_token_s"),
        error=error,
        context=texts_of(unpacked(given["context"], "context"), "context"),
    )
    return ReadAnswer(answer, _whole(given["repeat"], "repeat"))


def _found(record: Mapping[str, Any], name: str) -> Any:
    """The value under a name, or at the end of a path through mappings and lists; else None."""
    if name in record or "." not in name:
        return record.get(name)
    value: Any = record
    for step in name.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _mended(value: object) -> object:
    """With U+FFFD for half characters, as in answers that are asked for."""
    return well_formed(value) if isinstance(value, str) else value


def _amount(value: object, field: str) -> float | None:
    """A number of 0 or more; a cell of text is read as one."""
    if value is None:
        return None
    try:
        found = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if isinstance(value, bool) or not math.isfinite(found) or found < 0:
        raise BadRecord(f"{field!r} must be a number of 0 or more, not {_shown(value)}")
    return found


def _whole(value: object, field: str) -> int | None:
    found = _amount(value, field)
    if found is not None and not (found.is_integer() and found <= MOST_TOKENS):
        raise BadRecord(f"{field!r} must be a whole number, not {_shown(value)}")
    return None if found is None else int(found)


def _tokens(value: object) -> Tokens:
    """Of a mapping as servers write it, or the tokens of the answer alone."""
    value = unpacked(value, "metadata")
    if not isinstance(value, dict):
        return Tokens(completion=_whole(value, "tokens"))

    def first(names: tuple[str, ...]) -> int | None:
        held = next((value[name] for name in names if value.get(name) is not None), None)
        return _whole(held, "tokens")

    return Tokens(prompt=first(_PROMPT), completion=first(_COMPLETION))


def _finish(value: object, calls: tuple[ToolCall, ...]) -> Finish:
    written = text_of(value, "finish").lower()
    if not written:
        return "tool_calls" if calls else "stop"
    return _FINISH.get(written, "other")


def _tool_calls(value: object) -> tuple[ToolCall, ...]:
    """Calls as ours (``name``, ``arguments``), or as OpenAI's wire format has them."""
    value = unpacked(value, "metadata")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadRecord(f"'tool_calls' must be a list, not {_shown(value)}")
    found = []
    for i, one in enumerate(value):
        inner = one.get("function", one) if isinstance(one, dict) else one
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            raise BadRecord(f"tool_calls[{i}] names no tool")
        arguments = inner.get("arguments", "")
        if not isinstance(arguments, str):
            arguments = msgspec.json.encode(arguments).decode()
        call_id = one.get("id") or ""
        found.append(ToolCall(name=inner["name"], arguments=arguments, id=str(call_id)))
    return tuple(found)


def _logprobs(value: object) -> tuple[float, ...]:
    value = unpacked(value, "context")
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise BadRecord(f"'logprobs' must be a list of numbers, not {_shown(value)}")
    for one in value:
        wrong = isinstance(one, bool) or not isinstance(one, int | float)
        if wrong or not -math.inf < one <= 0:
            raise BadRecord(f"'logprobs' must be logarithms of probabilities, not {_shown(one)}")
    return tuple(float(one) for one in value)


def _shown(value: object) -> str:
    try:
        written = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError):
        written = type(value).__name__
    return written if len(written) <= 40 else f"{written[:40]}…"
