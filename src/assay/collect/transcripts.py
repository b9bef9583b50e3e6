"""Answers and their scores read back together, the worst samples first, in memory that stays flat.

Where a sample stands is known from its scores alone, which are small. The texts are then dealt out
to as many files as there are pages, in one pass, and each page is put in order by itself.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from assay.collect.generation.layout import exchanges
from assay.core.errors import StorageError
from assay.core.exchange import Answer, Exchange, Sample
from assay.core.schema import (
    CACHED,
    COMPLETION_TOKENS,
    COST,
    ERROR,
    FIRST_TOKEN,
    PROMPT_TOKENS,
    REASON,
    SCORE,
    SECONDS,
    UNIT,
)
from assay.core.transcript import Judged, Taken, Transcript, Transcripts

if TYPE_CHECKING:
    from assay.core.source import Files

PAGE = 1_000
"""Samples that are put in order at once."""

_WAITING = 8 * 2**20
_LONGEST = 10_000
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Scoring:
    """The scores of a check.

    Attributes:
        check: its id.
        files: one row for each sample, as the collection of scores writes them.
        low, high, higher_is_better: of the scorer.
    """

    check: str
    files: Files
    low: float
    high: float
    higher_is_better: bool | None

    def loss(self, value: float | None) -> float | None:
        """How far a score is from the best there is, as a share of the way to the worst."""
        if value is None or self.higher_is_better is None:
            return None
        best, worst = (self.high, self.low) if self.higher_is_better else (self.low, self.high)
        if not math.isfinite(best):
            return None
        away = abs(best - value)
        return away / abs(best - worst) if math.isfinite(worst) else away / (1 + away)


class _Piece(msgspec.Struct, frozen=True, array_like=True):
    """A line of a page that is being dealt out: an answer, or what check number ``of`` says."""

    place: int
    exchange: Exchange | None = None
    of: int = -1
    judged: Judged | None = None


def transcripts(model: str, data: str, answers: Files, scorings: Sequence[Scoring]) -> Transcripts:
    """The transcripts of one model and one set of samples.

    Order: mean loss over the checks, the greatest first; of equal ones, samples without an answer,
    then by id.

    Raises:
        StorageError: the files cannot be read.
    """
    failed, taken = _survey(answers)
    losses = _losses(scorings)

    def badness(unit: str) -> tuple[float, bool, tuple[tuple[str, int], ...]]:
        total, n = losses.get(unit, (0.0, 0))
        return -total / n if n else 0.0, not failed[unit], natural(unit)

    places = {unit: place for place, unit in enumerate(sorted(failed, key=badness))}
    return Transcripts(
        model, data, tuple(s.check for s in scorings), len(places),
        partial(_read, answers, tuple(scorings), places), taken,
    )  # fmt: skip


def taken_by(answers: Files) -> Taken:
    """What collected answers took.

    Raises:
        StorageError: the files cannot be read.
    """
    return _survey(answers)[1]


def natural(text: str) -> tuple[tuple[str, int], ...]:
    """By which ``q2`` comes before ``q10``; numbers of more than 18 digits are as good as equal."""
    words = _DIGITS.split(text[:200])
    pairs = zip_longest(words[::2], words[1::2], fillvalue="")
    return tuple((word, int(digits[:19] or -1)) for word, digits in pairs)


def _rows(files: Files, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of these columns.

    Raises:
        StorageError: a file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in files.paths:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=10_000, columns=names):
                    columns = [batch.column(name).to_pylist() for name in names]
                    yield from zip(*columns, strict=True)
        except (OSError, KeyError, pa.ArrowException) as error:
            raise StorageError(
                f"{path} cannot be read: {error}.",
                hint="Write the report without it: remove the run's folder `observations`.",
            ) from error


def _survey(answers: Files) -> tuple[dict[str, bool], Taken]:
    """Which samples there are, whether an answer of theirs is missing; and what all took."""
    failed: dict[str, bool] = {}
    measured: tuple[list[float], ...] = ([], [], [], [], [])
    without = cached = n = 0
    names = [UNIT, ERROR, CACHED, SECONDS, FIRST_TOKEN, PROMPT_TOKENS, COMPLETION_TOKENS, COST]
    for unit, error, from_cache, *values in _rows(answers, names):
        failed[unit] = failed.get(unit, False) or error is not None
        if error is not None:
            without += 1
        elif from_cache:
            cached += 1
        else:
            n += 1
            for kept, value in zip(measured, values, strict=True):
                if value is not None:
                    kept.append(value)
    seconds, first, prompt, completion, cost = measured
    taken = Taken(
        seconds=tuple(sorted(seconds)), first_token_s=tuple(sorted(first)),
        prompt_tokens=tuple(sorted(prompt)), completion_tokens=tuple(sorted(completion)),
        cost=math.fsum(cost) if cost else None, answers=n, cached=cached, failed=without,
    )  # fmt: skip
    return failed, taken


def _losses(scorings: Sequence[Scoring]) -> dict[str, tuple[float, int]]:
    """By sample: the sum of its losses, and over how many checks."""
    found: dict[str, tuple[float, int]] = {}
    for scoring in scorings:
        for unit, value in _rows(scoring.files, [UNIT, SCORE]):
            if (loss := scoring.loss(value)) is not None:
                total, n = found.get(unit, (0.0, 0))
                found[unit] = total + loss, n + 1
    return found


def _pieces(
    answers: Files, scorings: Sequence[Scoring], places: dict[str, int]
) -> Iterator[_Piece]:
    for of, scoring in enumerate(scorings):
        for unit, value, reason in _rows(scoring.files, [UNIT, SCORE, REASON]):
            if (place := places.get(unit)) is not None:
                said = (reason or "")[:_LONGEST]
                yield _Piece(place, of=of, judged=Judged(value, said, scoring.loss(value)))
    for batch in exchanges(answers):
        for exchange in batch:
            if exchange.answer.logprobs:
                plain = msgspec.structs.replace(exchange.answer, logprobs=())
                exchange = Exchange(exchange.sample, plain)
            if (place := places.get(exchange.sample.id)) is not None:
                yield _Piece(place, exchange)


def _read(
    answers: Files, scorings: tuple[Scoring, ...], places: dict[str, int]
) -> Iterator[Transcript]:
    pieces = _pieces(answers, scorings, places)
    if len(places) <= PAGE:
        yield from _page(pieces, len(scorings))
        return
    with TemporaryDirectory(prefix="assay-") as folder:
        deal = _Deal(folder)
        for piece in pieces:
            deal.add(piece)
        deal.flush()
        for page in range(math.ceil(len(places) / PAGE)):
            yield from _page(deal.page(page), len(scorings))


def _page(pieces: Iterator[_Piece], checks: int) -> Iterator[Transcript]:
    """The transcripts that these pieces make, in order."""
    samples: dict[int, Sample] = {}
    given: dict[int, list[Answer]] = {}
    judged: dict[int, list[Judged | None]] = {}
    for piece in pieces:
        if piece.exchange is not None:
            samples.setdefault(piece.place, piece.exchange.sample)
            given.setdefault(piece.place, []).append(piece.exchange.answer)
        else:
            judged.setdefault(piece.place, [None] * checks)[piece.of] = piece.judged
    for place in sorted(samples):
        answers = sorted(given[place], key=lambda answer: answer.repeat)
        yield Transcript(samples[place], tuple(answers), tuple(judged.get(place, [None] * checks)))


class _Deal:
    """Pieces on their way to the files of their pages."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._waiting: dict[int, list[bytes]] = {}
        self._size = 0
        self._encoder = msgspec.json.Encoder()

    def add(self, piece: _Piece) -> None:
        """Put a piece where it belongs."""
        line = self._encoder.encode(piece)
        self._waiting.setdefault(piece.place // PAGE, []).append(line)
        self._size += len(line)
        if self._size > _WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits.

        Raises:
            StorageError: it cannot be written.
        """
        try:
            for page, lines in self._waiting.items():
                with open(self._path(page), "ab") as file:
                    file.write(b"\n".join([*lines, b""]))
        except OSError as error:
            raise StorageError(
                f"Transcripts cannot be put in order: {error.strerror or error}.",
                hint="Free space in the folder for temporary files.",
            ) from None
        self._waiting, self._size = {}, 0

    def page(self, number: int) -> Iterator[_Piece]:
        """The pieces of a page, in the order they came."""
        decoder = msgspec.json.Decoder(_Piece)
        with open(self._path(number), "rb") as file:
            for line in file:
                yield decoder.decode(line)

    def _path(self, page: int) -> str:
        return os.path.join(self._folder, f"{page}.jsonl")
