"""Samples, and answers to them, as files of other tools: one record for each sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from assay.core.exchange import Answer, Message, Sample

Record = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """A sample, with the answers to it and their scores where there are any.

    Attributes:
        scores: by the check's metric: the mean over the answers, None where it could not tell.
    """

    sample: Sample
    answers: Sequence[Answer] = ()
    scores: dict[str, float | None] = field(default_factory=dict)


class NotWritable(Exception):
    """Why a sample has no place in a format: a clause for a person."""


def sample_record(sample: Sample) -> Record:
    """The sample as a line of our own files; one target stands as text."""
    found: Record = msgspec.to_builtins(sample)
    if len(sample.target) == 1:
        found["target"] = sample.target[0]
    return found


def answer_record(answer: Answer) -> Record:
    """The answer as a line of our own files of answers: only what is known of it."""
    tokens = {"prompt": answer.tokens.prompt, "completion": answer.tokens.completion}
    known = {k: v for k, v in tokens.items() if v is not None}
    found: Record = {
        "id": answer.unit,
        "output": None if answer.error else answer.text,
        "repeat": answer.repeat,
        "seconds": None if answer.error else answer.seconds,
        "first_token_s": answer.first_token_s,
        "tokens": known or None,
        "cost": answer.cost,
        "finish": None if answer.error else answer.finish,
        "refusal": answer.refusal or None,
        "tool_calls": [msgspec.to_builtins(call) for call in answer.tool_calls] or None,
        "error": answer.error or None,
        "logprobs": list(answer.logprobs) or None,
        "context": list(answer.context) or None,
    }
    return {k: v for k, v in found.items() if v is not None}


def _ours(one: Answered) -> Record:
    found = sample_record(one.sample)
    if one.answers:
        found["answers"] = [
            {k: v for k, v in answer_record(a).items() if k != "id"} for a in one.answers
        ]
    return found | ({"scores": one.scores} if one.scores else {})


def _turns(sample: Sample) -> list[Record]:
    """All turns, the question last."""
    turns = [_turn(message) for message in sample.messages]
    return [*turns, {"role": "user", "content": sample.input}] if sample.input else turns


def _turn(message: Message) -> Record:
    found: Record = {"role": message.role, "content": message.content}
    if message.tool_calls:
        found["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in message.tool_calls
        ]
    if message.tool_call_id:
        found["tool_call_id"] = message.tool_call_id
    return found


def _target(sample: Sample) -> str | list[str] | None:
    if not sample.target:
        return None
    return sample.target[0] if len(sample.target) == 1 else list(sample.target)


def _openai_evals(one: Answered) -> Record:
    if not one.sample.target:
        raise NotWritable("it has no target, which is its `ideal` there")
    return {"input": _turns(one.sample), "ideal": _target(one.sample), **one.sample.metadata}


def _inspect(one: Answered) -> Record:
    sample = one.sample
    found: Record = {
        "id": sample.id,
        "input": _inspect_turns(sample) if sample.messages else sample.input,
        "target": _target(sample) or "",
    }
    if sample.choices:
        found["choices"] = list(sample.choices)
    metadata = dict(sample.metadata)
    if sample.context:
        metadata["context"] = list(sample.context)
    return found | ({"metadata": metadata} if metadata else {})


def _inspect_turns(sample: Sample) -> list[Record]:
    if any(isinstance(message.content, list) for message in sample.messages):
        raise NotWritable("it has turns of several parts (images), which are written otherwise")
    if any(message.tool_calls for message in sample.messages):
        raise NotWritable("it has calls of tools, which are written otherwise")
    return _turns(sample)


def _deepeval(one: Answered) -> Record:
    sample = one.sample
    if sample.messages:
        raise NotWritable("it has several turns, and a golden has one")
    answer = next((a for a in one.answers if not a.error), None)
    return {
        "input": sample.input,
        "actual_output": answer.text if answer else None,
        "expected_output": sample.target[0] if sample.target else None,
        "retrieval_context": list(answer.context) or None if answer else None,
        "context": list(sample.context) or None,
        "name": sample.id,
        "additional_metadata": dict(sample.metadata) or None,
    }


def _promptfoo(one: Answered) -> Record:
    sample = one.sample
    if sample.messages:
        raise NotWritable("it has several turns, and the prompt written has one")
    found: Record = {"description": sample.id, "vars": {"input": sample.input}}
    if sample.context:
        found["vars"]["context"] = "\n\n".join(sample.context)
    if len(sample.target) == 1:
        found["assert"] = [{"type": "icontains", "value": sample.target[0]}]
    elif sample.target:
        found["assert"] = [{"type": "icontains-any", "value": list(sample.target)}]
    return found | ({"metadata": dict(sample.metadata)} if sample.metadata else {})


WRITERS: dict[str, Callable[[Answered], Record]] = {
    "jsonl": _ours,
    "openai-evals": _openai_evals,
    "inspect": _inspect,
    "deepeval": _deepeval,
    "promptfoo": _promptfoo,
}
"""What a sample becomes, by the name of the format; ``jsonl`` is our own."""


def written(format: str, one: Answered) -> Record:  # noqa: A002 - the option's name
    """The record of a sample.

    Raises:
        NotWritable: the format has no place for what makes it up.
    """
    if one.sample.images and format != "jsonl":
        raise NotWritable("it has images, which are files of their own")
    return WRITERS[format](one)


LOSES: dict[str, str] = {
    "openai-evals": "ids, choices, contexts, answers and scores",
    "inspect": "answers and scores: a data set of Inspect has none",
    "deepeval": "other targets than the first, choices, repeats and scores",
    "promptfoo": "choices, answers and scores",
}
"""What has no place in a format."""


def document(format: str, records: Iterable[Record]) -> bytes:  # noqa: A002 - the option's name
    """The file: JSON lines, a list (DeepEval) or a configuration (promptfoo, in JSON)."""
    found = list(records)
    if format == "deepeval":
        return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
    if format == "promptfoo":
        whole = {"prompts": ["{{input}}"], "providers": [], "tests": found}
        return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"
    return b"".join(msgspec.json.encode(record) + b"\n" for record in found)
