"""Answers that exist already, joined with their samples: observations as if they had been asked."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from assay.collect.generation.budget import Prices
from assay.collect.generation.collecting import Generated
from assay.collect.generation.layout import Row, Shape, asked
from assay.collect.generation.store import GenerationStore, Manifest, Totals, errors_of
from assay.collect.generation.telling import Teller
from assay.collect.journal import digest_of
from assay.core.errors import StorageError, SubjectError
from assay.core.exchange import Answer
from assay.core.progress import Progress, silent
from assay.core.source import Files

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Sample
    from assay.core.schema import Kind
    from assay.subjects.language.stored import StoredAnswers

_PART = 2_000
_BATCH = 1_000
_NAMED = 3
_STRANGERS = (
    "SELECT COUNT(*), COUNT(DISTINCT unit) FROM answers WHERE unit NOT IN (SELECT unit FROM met)"
)
_FIRST_STRANGERS = (
    "SELECT unit FROM answers WHERE unit NOT IN (SELECT unit FROM met)"
    " GROUP BY unit ORDER BY MIN(rowid) LIMIT ?"
)
NOT_THERE = "no answer in the file"


def collect_stored(
    samples: Iterable[Sample],
    answers: StoredAnswers,
    spec: LanguageModelSpec,
    *,
    folder: str | os.PathLike[str],
    clustered: bool = False,
    carry: Mapping[str, Kind] | None = None,
    data_fingerprint: str = "",
    total: int | None = None,
    progress: Progress = silent,
    task_name: str = "answers",
) -> Generated:
    """Each sample with its answers of the file, in the layout of answers that were asked for.

    Both files are read once, one after the other; what waits to be joined waits on the disk, so
    that memory does not grow with them. A sample without an answer has a row with an error.

    Args:
        spec: whose prices tell the cost of answers that name tokens and no cost.
        folder, clustered, carry, data_fingerprint, total, progress, task_name: as of
            :func:`~assay.collect.generation.collecting.collect_generations`.

    Raises:
        SubjectError: an answer or a sample cannot be read; it says where. Or every answer is to a
            sample that is not there.
        StorageError: the observations cannot be written.
    """
    shape = Shape(clustered, dict(carry or {}))
    prices = Prices(spec.price_prompt, spec.price_completion)
    signature = digest_of(
        "assay.stored/1", answers.fingerprint, prices.prompt, prices.completion, clustered,
        sorted(shape.carry.items()),
    )  # fmt: skip
    store = GenerationStore(str(folder), signature, shape)
    done = store.manifest
    if done is not None and (done := store.complete(data_fingerprint, done.repeats)) is not None:
        source = Files(store.paths(done.parts), "parquet")
        return Generated(source, done.totals, done.notes, done.totals.rows, done.repeats)
    stale = store.left().finished
    teller = Teller(progress, task_name, total)
    joining = _Joining(prices)
    try:
        with closing(sqlite3.connect("", isolation_level=None)) as waiting:  # a file of its own
            joining.take(waiting, answers)
            rows: list[Row] = []
            for row in joining.rows(waiting, samples, teller):
                rows.append(row)
                if len(rows) >= _PART:
                    store.write_part(store.number(), rows)
                    rows = []
            if rows:
                store.write_part(store.number(), rows)
            strangers = joining.strangers(waiting)
    except sqlite3.Error as error:
        raise StorageError(f"Answers cannot be joined with their samples: {error}.") from error
    if strangers[0] and joining.unanswered == joining.samples > 0:
        raise SubjectError(
            f"None of the {joining.samples:,} samples has an answer in {answers.source.written!r}:"
            f" it answers {strangers[1]}, and the samples are {joining.without}.",
            hint="Both files must use the same ids; fields: {id: …} names another field.",
        )
    teller.tell()
    parts, totals = store.settle(stale)
    notes = _notes(store.paths(parts), totals, joining, strangers)
    store.finish(
        Manifest(
            signature=signature, data=data_fingerprint, repeats=joining.most, parts=parts,
            totals=totals, notes=notes,
        )
    )  # fmt: skip
    return Generated(Files(store.paths(parts), "parquet"), totals, notes, 0, joining.most)


@dataclass
class _Joining:
    """What becomes of samples and answers.

    Attributes:
        most: answers to the sample that has most of them; at least 1.
        samples, unanswered: how many samples; how many without an answer in the file.
        mended: samples whose lone surrogates were replaced.
        same: answers that repeat another one of the same sample, letter by letter.
    """

    prices: Prices
    most: int = 1
    samples: int = 0
    unanswered: int = 0
    mended: int = 0
    same: int = 0
    _named: list[str] = field(default_factory=list)

    def take(self, waiting: sqlite3.Connection, answers: Iterable[Answer]) -> None:
        """Put all answers where they can be found by their samples' ids."""
        waiting.execute("PRAGMA journal_mode = OFF")
        waiting.execute("CREATE TABLE answers (unit TEXT NOT NULL, answer BLOB NOT NULL)")
        waiting.execute("BEGIN")
        pairs = ((a.unit, msgspec.json.encode(self._priced(a))) for a in answers)
        waiting.executemany("INSERT INTO answers VALUES (?, ?)", pairs)
        waiting.execute("CREATE INDEX by_unit ON answers (unit)")
        waiting.execute("CREATE TABLE met (unit TEXT PRIMARY KEY) WITHOUT ROWID")
        waiting.execute("COMMIT")

    def _priced(self, answer: Answer) -> Answer:
        if answer.cost is not None:
            return answer
        return msgspec.structs.replace(answer, cost=self.prices.cost(answer.tokens))

    def rows(
        self, waiting: sqlite3.Connection, samples: Iterable[Sample], teller: Teller
    ) -> Iterator[Row]:
        """Each sample with each of its answers, in the order of the samples."""
        decoder = msgspec.json.Decoder(Answer)
        waiting.execute("BEGIN")
        for sample in samples:
            one = asked(sample)
            self.samples += 1
            self.mended += one.mended
            found = [
                decoder.decode(blob)
                for (blob,) in waiting.execute(
                    "SELECT answer FROM answers WHERE unit = ? ORDER BY rowid", (sample.id,)
                )
            ]
            self._count(sample, found)
            for answer in found or [Answer(unit=sample.id, error=NOT_THERE, attempts=0)]:
                yield Row(one.key(answer.repeat), one, answer)
            waiting.execute("INSERT INTO met VALUES (?)", (sample.id,))
            teller.one()
        waiting.execute("COMMIT")

    def _count(self, sample: Sample, found: list[Answer]) -> None:
        self.most = max(self.most, len(found))
        if not found:
            self.unanswered += 1
            if len(self._named) < _NAMED:
                self._named.append(sample.id)
        elif len(found) > 1:
            alike = Counter(msgspec.structs.replace(a, repeat=0) for a in found)
            self.same += sum(n - 1 for n in alike.values())

    def strangers(self, waiting: sqlite3.Connection) -> tuple[int, str]:
        """Answers to no sample: how many, and to which, for a person."""
        n, units = waiting.execute(_STRANGERS).fetchone()
        named = waiting.execute(_FIRST_STRANGERS, (_NAMED,))
        return n, _listed([unit for (unit,) in named], units)

    @property
    def without(self) -> str:
        """The first samples without an answer, for a person."""
        return _listed(self._named, self.unanswered)


def _listed(names: list[str], n: int) -> str:
    return ", ".join(repr(name) for name in names) + (", …" if n > len(names) else "")


def _notes(
    paths: tuple[str, ...], totals: Totals, joining: _Joining, strangers: tuple[int, str]
) -> tuple[str, ...]:
    """What a person should know of the answers."""
    notes = []
    if joining.unanswered:
        notes.append(
            f"{joining.unanswered:,} of {joining.samples:,} samples have no answer in the file "
            f"({joining.without}): they count as unknown."
        )
    if totals.failed:
        counted = Counter(errors_of(paths)).most_common(_NAMED)
        reasons = "; ".join(
            f"{words[:200]} (×{n:,})" if n > 1 else words[:200] for words, n in counted
        )
        more = "; …" if sum(n for _, n in counted) < totals.failed else ""
        notes.append(
            f"{totals.failed:,} of {totals.rows:,} answers are errors: {reasons}{more}. They count "
            "as unknown, never as the model's failures."
        )
    n, named = strangers
    if n:
        notes.append(f"{n:,} answers are to no sample and are left out ({named}).")
    if joining.same:
        notes.append(
            f"{joining.same:,} answers stand in the file twice, letter by letter: each counts as "
            "an answer of its own."
        )
    if totals.cut:
        notes.append(f"{totals.cut:,} of {totals.answered:,} answers ended at the token limit.")
    if totals.unpriced:
        notes.append(f"What {totals.unpriced:,} answers cost is not known.")
    if joining.mended:
        notes.append(f"{joining.mended:,} samples held lone surrogates: U+FFFD took their place.")
    return tuple(notes)
