"""The folder of a pass: finished answers as Parquet parts, what an earlier pass left, totals."""

from __future__ import annotations

import glob
import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from assay.collect.atomic import make_folder, write_bytes, write_parquet
from assay.collect.generation.budget import Spent
from assay.collect.generation.journal import kept, pieces
from assay.collect.generation.layout import KEY, table_of
from assay.core.errors import StorageError
from assay.core.schema import (
    ATTEMPTS,
    CACHED,
    COMPLETION_TOKENS,
    COST,
    ERROR,
    FINISH,
    PROMPT_TOKENS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from assay.collect.generation.layout import Row, Shape
    from assay.core.exchange import Answer

_MANIFEST = "manifest.json"


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass came to, over all that worked on it.

    Attributes:
        rows: samples times repeats.
        answered: rows with an answer.
        cached: answers taken from the cache.
        unasked: rows that were not asked for, because the budget was used up.
        cut: answers that ended at the token limit.
        attempts: calls made.
        prompt_tokens, completion_tokens: of the calls made that were answered.
        cost: likewise, in the suite's currency; None where no price is known.
        unpriced: answers whose cost is not known, though others' is.
    """

    rows: int = 0
    answered: int = 0
    cached: int = 0
    unasked: int = 0
    cut: int = 0
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    unpriced: int = 0

    @property
    def failed(self) -> int:
        """Rows that were asked for and have no answer."""
        return self.rows - self.answered - self.unasked


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of a folder are.

    Attributes:
        signature: hash of the model and of how it was asked.
        data: fingerprint of the samples, once all are asked; "" before.
        repeats: answers to each sample.
        parts: file names, once all are asked.
    """

    signature: str
    data: str = ""
    repeats: int = 1
    parts: tuple[str, ...] = ()
    totals: Totals = Totals()
    notes: tuple[str, ...] = ()


@dataclass
class Left:
    """What an earlier pass left in the folder.

    Attributes:
        finished: keys of answers that stand in parts.
        failed: keys of rows with an error, and the calls that were made for them.
        journaled: answers that stand in no part yet.
    """

    finished: set[bytes] = field(default_factory=set)
    failed: dict[bytes, int] = field(default_factory=dict)
    journaled: dict[bytes, Answer] = field(default_factory=dict)


class GenerationStore:
    """The files of one pass in ``folder``, which is made if missing.

    Args:
        signature: hash of the model and of how it is asked; "" where the model cannot be told from
            another (a live object), and nothing of an earlier pass may be used.
        shape: columns beside those that every answer has.

    Raises:
        StorageError: the folder cannot be made or read.
    """

    def __init__(self, folder: str, signature: str, shape: Shape) -> None:
        make_folder(folder)
        self.folder = folder
        self.signature = signature
        self.shape = shape
        self.manifest = self._read()
        if self.manifest is None:
            self._clear()
            self._write_manifest(Manifest(signature=signature))
        for path in self._found(".tmp-*"):
            os.unlink(path)
        self.old = tuple(self._found("part-*.parquet"))
        self.old_pieces = pieces(folder)
        last = [*self.old, *self.old_pieces]
        self.next = 1 + max((int(os.path.basename(p).split(".")[0][-6:]) for p in last), default=-1)

    def _read(self) -> Manifest | None:
        try:
            with open(os.path.join(self.folder, _MANIFEST), "rb") as file:
                found = msgspec.json.decode(file.read(), type=Manifest)
        except (OSError, msgspec.DecodeError):
            return None
        return found if self.signature and found.signature == self.signature else None

    def _found(self, pattern: str) -> list[str]:
        return sorted(glob.glob(os.path.join(glob.escape(self.folder), pattern)))

    def _clear(self) -> None:
        for pattern in (_MANIFEST, "part-*.parquet", "journal-*.jsonl"):
            for path in self._found(pattern):
                os.unlink(path)

    def _write_manifest(self, manifest: Manifest) -> None:
        write_bytes(os.path.join(self.folder, _MANIFEST), msgspec.json.encode(manifest))
        self.manifest = manifest

    def complete(self, data: str, repeats: int) -> Manifest | None:
        """The manifest of a finished pass over these samples, if every row was answered."""
        found = self.manifest
        if found is None or not data or found.data != data or not found.parts:
            return None
        if found.repeats != repeats or found.totals.answered < found.totals.rows:
            return None
        return found if all(os.path.isfile(path) for path in self.paths(found.parts)) else None

    def paths(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Where these parts are."""
        return tuple(os.path.join(self.folder, name) for name in names)

    def left(self) -> Left:
        """What an earlier pass left."""
        found = Left()
        for path in self.old:
            table = _columns(path, [KEY, ERROR, ATTEMPTS])
            for written, error, attempts in zip(
                *(table.column(i).to_pylist() for i in range(3)), strict=True
            ):
                key = bytes.fromhex(written)
                if error is None:
                    found.finished.add(key)
                else:
                    found.failed[key] = max(attempts, found.failed.get(key, 0))
        for key, answer in kept(self.old_pieces).items():
            if key in found.finished:
                continue
            if answer.error:
                found.failed[key] = max(answer.attempts, found.failed.get(key, 0))
            else:
                found.journaled[key] = answer
        return found

    def number(self) -> int:
        """A number that no part and no piece of the journal has yet."""
        self.next += 1
        return self.next - 1

    def piece_path(self, number: int) -> str:
        """Where a piece of the journal goes."""
        return os.path.join(self.folder, f"journal-{number:06d}.jsonl")

    def write_part(self, number: int, rows: Sequence[Row]) -> None:
        """Store rows as a part, whole or not at all.

        Raises:
            StorageError: it cannot be written.
        """
        path = os.path.join(self.folder, f"part-{number:06d}.parquet")
        write_parquet(path, table_of(rows, self.shape), {})

    def settle(self, stale: set[bytes]) -> tuple[tuple[str, ...], Totals]:
        """Once all is asked: drop rows that others replace; the parts' names, and their totals.

        Args:
            stale: keys in old parts that no sample has any more.

        Raises:
            StorageError: a part cannot be written.
        """
        for path in self.old:
            self._cleanse(path, stale)
        if not self._found("part-*.parquet"):
            self.write_part(self.number(), ())
        paths = self._found("part-*.parquet")
        return tuple(os.path.basename(path) for path in paths), _totals(paths)

    def finish(self, manifest: Manifest) -> None:
        """Say that all is asked, and remove what then is not needed any more.

        Raises:
            StorageError: it cannot be written.
        """
        self._write_manifest(manifest)
        for path in self.old_pieces:
            os.unlink(path)

    def _cleanse(self, path: str, stale: set[bytes]) -> None:
        """Drop errors, since asked for anew, and stale rows from an old part."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        found = _columns(path, [KEY, ERROR])
        keep = [
            error is None and bytes.fromhex(key) not in stale
            for key, error in zip(
                found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True
            )
        ]
        if all(keep):
            return
        if any(keep):
            write_parquet(path, pq.read_table(path).filter(pa.array(keep)), {})
        else:
            os.unlink(path)


def totals_in(folder: str) -> Totals | None:
    """What the finished pass in a folder came to, whichever model it asked; None where none is."""
    try:
        with open(os.path.join(folder, _MANIFEST), "rb") as file:
            found = msgspec.json.decode(file.read(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None
    return found.totals if found.parts else None


def held_in(folder: str) -> int:
    """How many answers a folder holds, of a finished pass or of one that was interrupted."""
    import pyarrow.parquet as pq

    parts = glob.glob(os.path.join(glob.escape(folder), "part-*.parquet"))
    finished: int = sum(pq.read_metadata(path).num_rows for path in parts)
    return finished + len(kept(pieces(folder)))


def _columns(path: str, names: list[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return file.read(columns=names).select(names)
    except (OSError, pa.ArrowException) as error:
        raise StorageError(
            f"{path} cannot be read: {error}.", hint="Remove it: its samples are asked anew."
        ) from error


def errors_of(paths: Sequence[str]) -> Iterator[str]:
    """Why rows of these parts that were asked for have no answer, one text for each."""
    for path in paths:
        table = _columns(path, [ERROR, ATTEMPTS])
        for error, attempts in zip(
            table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True
        ):
            if error is not None and attempts > 0:
                yield error


def spent_of(store: GenerationStore, left: Left) -> Spent:
    """Tokens and money of the answers that an earlier pass left."""
    totals = _totals(store.old)
    fresh = [answer for answer in left.journaled.values() if not answer.cached]
    tokens = sum((a.tokens.prompt or 0) + (a.tokens.completion or 0) for a in fresh)
    money = math.fsum([totals.cost or 0.0, *(a.cost or 0.0 for a in fresh)])
    return Spent(totals.prompt_tokens + totals.completion_tokens + tokens, money)


def _answers(paths: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    names = [ERROR, CACHED, ATTEMPTS, PROMPT_TOKENS, COMPLETION_TOKENS, COST, FINISH]
    for path in paths:
        table = _columns(path, names)
        yield from zip(*(table.column(i).to_pylist() for i in range(len(names))), strict=True)


def _totals(paths: Sequence[str]) -> Totals:
    """What the rows of these parts come to; the same, whatever order they were written in."""
    rows = answered = cached_rows = unasked = cut = calls = prompts = completions = unpriced = 0
    costs: list[float] = []
    for error, cached, attempts, prompt, completion, cost, finish in _answers(paths):
        rows += 1
        calls += attempts
        if error is not None:
            unasked += attempts == 0
            continue
        answered += 1
        cut += finish == "length"
        if cached:
            cached_rows += 1
            continue
        prompts += prompt or 0
        completions += completion or 0
        unpriced += cost is None
        if cost is not None:
            costs.append(cost)
    return Totals(
        rows=rows,
        answered=answered,
        cached=cached_rows,
        unasked=unasked,
        cut=cut,
        attempts=calls,
        prompt_tokens=prompts,
        completion_tokens=completions,
        cost=math.fsum(costs) if costs or (cached_rows and not unpriced) else None,
        unpriced=unpriced if costs else 0,
    )
