"""Logged samples of lm-evaluation-harness (EleutherAI): ``samples_<task>_<time>.jsonl``.

Written with ``--log_samples``; read after the format of 0.4.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from assay.subjects.samples.decoding import from_json
from assay.subjects.samples.formats.foreign import ForeignFile, NoAnswers, Record, Wanted
from assay.subjects.samples.formats.shape import Misshapen, held_to_shape, items
from assay.subjects.samples.records import RecordFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_METRICS = {"exact_match": "llm.exact_match", "acc": "llm.choice", "bleu": "llm.bleu",
            "chrf": "llm.chrf", "f1": "llm.token_f1"}  # fmt: skip
_DIFFERS = {
    "exact_match": "the harness may filter answers and ignore case or punctuation; here the whole "
    "answer counts (`normalize: true` ignores them)",
    "bleu": "the mean over samples here, of the corpus there",
    "chrf": "the mean over samples here, of the corpus there",
    "f1": "words are cut a little otherwise",
}


class LmEval(ForeignFile):
    """Questions as they were asked; of a multiple choice, the likeliest option is the answer."""

    name = "lm-eval"
    place = "line"
    answered = True

    @held_to_shape
    def samples(self) -> Iterator[tuple[int, Record]]:
        for line, record in self._docs():
            doc = record.get("doc")
            options = _options(record)
            asked = _asked(record)
            found: Record = {"id": str(record["doc_id"]), "target": _target(record, options)}
            found |= {"input": asked} if isinstance(asked, str) else {"messages": asked}
            if options:
                found["choices"] = options
            plain = doc if isinstance(doc, dict) else {}
            scalars = {k: v for k, v in plain.items() if isinstance(v, str | int | float | bool)}
            yield line, {**found, "metadata": scalars}

    @held_to_shape
    def answers(self) -> Iterator[tuple[int, Record]]:
        for line, record in self._docs():
            unit = str(record["doc_id"])
            if options := _options(record):
                yield line, {"id": unit, "output": options[self._likeliest(line, record)]}
                continue
            for text in self._texts(line, record):
                yield line, {"id": unit, "output": text}

    @held_to_shape
    def wanted(self) -> Iterator[Wanted]:
        first = next((record for _, record in self._docs()), {})
        for name in items(first.get("metrics"), "metrics"):
            if metric := _METRICS.get(str(name)):
                yield Wanted(what=str(name), metric=metric, reason=_DIFFERS.get(str(name), ""))
            else:
                yield Wanted(what=str(name), reason="this metric of the harness has no counterpart")

    def _docs(self) -> Iterator[tuple[int, Record]]:
        """Each question once: further filters of the same answers repeat it."""
        seen = set()
        lines = RecordFile(
            self.path, self.written, shape="it must be a mapping", example='{"doc_id": …, "doc": …}'
        )
        for line, record in lines.records():
            for name in ("doc_id", "arguments", "resps"):
                if name not in record:
                    raise self.fault(line, f"it has no {name!r}, as the harness writes it")
            if (unit := str(record["doc_id"])) not in seen:
                seen.add(unit)
                yield line, record

    def _texts(self, line: int, record: Record) -> list[str]:
        resps = record["resps"]
        found = resps[0] if isinstance(resps, list) and resps else None
        texts = found if isinstance(found, list) else [found]
        known = [text for text in texts if isinstance(text, str)]
        if len(known) < len(texts):
            raise NoAnswers(
                f"{self.written}, line {line}: its responses are likelihoods, not answers."
            )
        return known

    def _likeliest(self, line: int, record: Record) -> int:
        """The first option of the highest likelihood."""
        try:
            values = [float(one[0][0]) for one in record["resps"]]
        except (TypeError, ValueError, IndexError):
            raise self.fault(line, "its responses are no likelihoods of its options") from None
        if any(math.isnan(value) for value in values):
            raise self.fault(line, "the likelihood of one of its options is no number")
        return values.index(max(values))


def _arguments(record: Record) -> list[list[Any]]:
    """Arguments of each call: a mapping by ``gen_args_0`` …, or a list, in older versions."""
    held = record["arguments"]
    calls = list(held.values()) if isinstance(held, dict) else held
    calls = calls if isinstance(calls, list) else []
    if not all(isinstance(call, dict | list) for call in calls):
        raise Misshapen("'arguments' are no lists of what was asked")
    return [list(call.values()) if isinstance(call, dict) else call for call in calls]


def _options(record: Record) -> list[str]:
    """Continuations whose likelihoods were compared; none where the answer was generated."""
    calls = _arguments(record)
    texts = [call[1] for call in calls if len(call) > 1 and isinstance(call[1], str)]
    return [text.strip() for text in texts] if len(texts) == len(calls) > 1 else []


def _asked(record: Record) -> str | list[Any]:
    """The prompt; turns where a chat template made JSON of them."""
    calls = _arguments(record)
    prompt = calls[0][0] if calls and calls[0] else ""
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        return prompt if isinstance(prompt, list) else ""
    if prompt.startswith('[{"role"'):
        try:
            turns = from_json(prompt)
        except ValueError:
            return prompt
        return turns if isinstance(turns, list) else prompt
    return prompt


def _target(record: Record, options: list[str]) -> Any:
    """The text that is right: of a multiple choice, the option that the number names."""
    target = record.get("target")
    if options and str(target).isdecimal() and int(str(target)) < len(options):
        return options[int(str(target))]
    return target if isinstance(target, str | int | float | list) else None
