"""Answers as a table: one row for each, and back to samples and answers."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assay.collect import records
from assay.core.exchange import Answer, Exchange, Sample, Tokens, ToolCall
from assay.core.schema import (
    ATTEMPTS,
    CACHED,
    CACHED_TOKENS,
    CLUSTER,
    COMPLETION_TOKENS,
    CONTEXT,
    COST,
    ERROR,
    FINISH,
    FIRST_TOKEN,
    INPUT,
    LOGPROBS,
    OUTPUT,
    PROMPT_TOKENS,
    REASONING,
    REFUSAL,
    REPEAT,
    SAMPLE,
    SECONDS,
    TOOL_CALLS,
    UNIT,
)
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from assay.core.schema import Kind
    from assay.core.source import Files

KEY = "assay.key"
"""Column with the hash of the sample and the repeat that a row answers, in hexadecimal digits."""
_BYTES = 16
_encoder = msgspec.json.Encoder(order="deterministic")


class Asked(NamedTuple):
    """A sample ready to be asked and stored.

    Attributes:
        sample: as it is asked: what UTF-8 cannot hold was replaced.
        stored: its JSON, but for the input.
        mended: something was replaced.
    """

    sample: Sample
    stored: bytes
    mended: bool = False

    def key(self, repeat: int) -> bytes:
        """Hash of the sample and of the repeat, 16 bytes."""
        digest = blake2b(self.stored, digest_size=_BYTES)
        digest.update(f"\0{repeat}\0{self.sample.input}".encode())
        return digest.digest()


class Row(NamedTuple):
    """An answer with its sample, on the way into a table."""

    key: bytes
    asked: Asked
    answer: Answer


def asked(sample: Sample) -> Asked:
    """The sample with U+FFFD for lone surrogates, and its JSON."""
    try:
        sample.input.encode()
        return Asked(sample, _stored(sample))
    except UnicodeEncodeError:
        mended = msgspec.convert(_mended(msgspec.to_builtins(sample)), Sample)
        return Asked(mended, _stored(mended), mended=True)


def _stored(sample: Sample) -> bytes:
    return _encoder.encode(msgspec.structs.replace(sample, input=""))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {_mended(name): _mended(inner) for name, inner in value.items()}
    return [_mended(inner) for inner in value] if isinstance(value, list | tuple) else value


class Shape(NamedTuple):
    """Which columns there are beside those that every answer has.

    Attributes:
        clustered: the samples name clusters.
        carry: metadata that become columns, with their kinds; null where a sample has none. What
            is neither number nor truth value is written as text.
    """

    clustered: bool
    carry: Mapping[str, Kind]


def table_of(rows: Sequence[Row], shape: Shape) -> pa.Table:
    """Rows as a table.

    Raises:
        SubjectError: metadata are not of the kind that they are said to be.
    """
    return records.table_of([_cells(row, shape) for row in rows], _schema(shape))


def _schema(shape: Shape) -> pa.Schema:
    import pyarrow as pa

    text, number, whole = pa.string(), pa.float64(), pa.int64()
    types: dict[str, pa.DataType] = {
        UNIT: text, CLUSTER: text, REPEAT: whole, INPUT: text, OUTPUT: text, FINISH: text,
        SECONDS: number, FIRST_TOKEN: number, PROMPT_TOKENS: whole, COMPLETION_TOKENS: whole,
        COST: number, ATTEMPTS: whole, CACHED: pa.bool_(), ERROR: text, REFUSAL: text,
        TOOL_CALLS: text, REASONING: text, CONTEXT: pa.list_(text), CACHED_TOKENS: whole,
        LOGPROBS: pa.list_(number), SAMPLE: text, KEY: text,
    }  # fmt: skip
    if not shape.clustered:
        types.pop(CLUSTER)
    return pa.schema(list((types | records.carried_types(shape.carry)).items()))


def _cells(row: Row, shape: Shape) -> dict[str, Any]:
    answer, sample = row.answer, row.asked.sample
    known = not answer.error
    cells: dict[str, Any] = {
        UNIT: answer.unit, REPEAT: answer.repeat, INPUT: sample.input,
        OUTPUT: answer.text if known else None, FINISH: answer.finish if known else None,
        SECONDS: answer.seconds if known else None, FIRST_TOKEN: answer.first_token_s,
        PROMPT_TOKENS: answer.tokens.prompt, COMPLETION_TOKENS: answer.tokens.completion,
        COST: answer.cost, ATTEMPTS: answer.attempts, CACHED: answer.cached,
        ERROR: answer.error or None, REFUSAL: answer.refusal or None,
        TOOL_CALLS: _encoder.encode(answer.tool_calls).decode() if answer.tool_calls else None,
        REASONING: answer.reasoning or None, CONTEXT: answer.context or None,
        CACHED_TOKENS: answer.tokens.cached, LOGPROBS: answer.logprobs or None,
        SAMPLE: row.asked.stored.decode(), KEY: row.key.hex(),
    }  # fmt: skip
    if shape.clustered:
        cells[CLUSTER] = sample.cluster
    return cells | records.carried(sample.metadata, shape.carry)


def exchanges(source: Files, *, batch_size: int = 1_000) -> Iterator[list[Exchange]]:
    """The samples and answers in collected files, in batches of at most ``batch_size``.

    Answers that have an error are among them.
    """
    import pyarrow.parquet as pq

    needed = [
        UNIT, REPEAT, INPUT, OUTPUT, FINISH, SECONDS, FIRST_TOKEN, PROMPT_TOKENS,
        COMPLETION_TOKENS, COST, ATTEMPTS, CACHED, ERROR, REFUSAL, TOOL_CALLS, REASONING,
        CONTEXT, CACHED_TOKENS, LOGPROBS, SAMPLE,
    ]  # fmt: skip
    samples = msgspec.json.Decoder(Sample)
    calls = msgspec.json.Decoder(tuple[ToolCall, ...])
    for path in source.paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=batch_size, columns=needed):
                columns = [batch.column(name).to_pylist() for name in needed]
                yield [_exchange(row, samples, calls) for row in zip(*columns, strict=True)]


def _exchange(
    row: tuple[Any, ...],
    samples: msgspec.json.Decoder[Sample],
    calls: msgspec.json.Decoder[tuple[ToolCall, ...]],
) -> Exchange:
    (unit, repeat, asked_with, text, finish, seconds, first, prompt, completion, cost, attempts,
     cached, error, refusal, tools, reasoning, context, cached_tokens, logprobs,
     sample) = row  # fmt: skip
    answer = Answer(
        unit=unit, repeat=repeat, text=text or "", finish=finish or "other", refusal=refusal or "",
        tool_calls=calls.decode(tools) if tools else (), reasoning=reasoning or "",
        context=tuple(context or ()), logprobs=tuple(logprobs or ()),
        tokens=Tokens(prompt=prompt, completion=completion, cached=cached_tokens), cost=cost,
        seconds=0.0 if error else seconds, first_token_s=first, attempts=attempts, cached=cached,
        error=error or "",
    )  # fmt: skip
    return Exchange(msgspec.structs.replace(samples.decode(sample), input=asked_with), answer)
