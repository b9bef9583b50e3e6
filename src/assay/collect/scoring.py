"""Scores of answers as observations: one row for each sample, repeats reduced first."""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from assay.collect.atomic import make_folder, write_parquet
from assay.collect.records import carried, carried_types, table_of
from assay.collect.score_manifest import Content, ScoreManifest, question_digest, scorer_digest
from assay.core.errors import SubjectError
from assay.core.schema import (
    ANSWERED,
    CLUSTER,
    CONFIDENCE,
    INPUT,
    OUTPUT,
    PROBABILITY,
    QUESTION,
    REASON,
    SCORE,
    TARGET,
    UNIT,
)
from assay.core.scorer import GroupScorer, Score
from assay.core.source import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from assay.core.exchange import Exchange, Sample
    from assay.core.schema import Kind
    from assay.core.scorer import Scorer

_BATCH = 1_000
_PART = 10_000
_SHOWN = 2_000
"""Characters of a text that are kept beside its score; whole texts are with the answers."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores on the disk.

    Attributes:
        source: Parquet files: ``assay.unit``, ``assay.cluster``, ``assay.target``, ``assay.score``
            (null where no answer could be scored), ``assay.answered`` (answers that were),
            ``assay.question`` (hash of what was asked and of what is right),
            ``assay.input``, ``assay.output``, ``assay.reason`` (of the worst answer),
            ``assay.probability`` and ``assay.confidence`` (of the scored answers as a whole, and
            the geometric mean of their tokens'; null without logarithms), and the columns carried
            along.
        samples, unanswered: how many samples; of how many no answer came.
        unscorable: samples that the scorer could say nothing of; ``why`` is what it said most often
            of them.
    """

    source: Files
    samples: int
    unanswered: int
    unscorable: int
    why: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        said = []
        if self.unanswered:
            said.append(
                f"{self.unanswered:,} of {self.samples:,} samples have no answer, for reasons of "
                "the network or the server: the interval allows for whatever they would have been."
            )
        if self.unscorable:
            why = f": {self.why.rstrip('.')}" if self.why else ""
            n = self.unscorable
            some = "1 answered sample has" if n == 1 else f"{n:,} answered samples have"
            said.append(f"{some} no score{why}.")
        return tuple(said)


@dataclass(slots=True)
class _Row:
    """A sample while its answers come in."""

    sample: Sample
    asked: int = 0
    answered: int = 0
    values: list[float] = field(default_factory=list)
    worst: tuple[float, str, str] | None = None
    group: list[Exchange] = field(default_factory=list)
    logprobs: list[tuple[float, float]] = field(default_factory=list)


def collect_scores(
    exchanges: Iterable[Exchange],
    scorer: Scorer,
    *,
    folder: str | os.PathLike[str],
    repeats: int = 1,
    clustered: bool = False,
    carry: Mapping[str, Kind] | None = None,
    verdicts: Callable[[Sequence[Exchange]], Iterator[Score | None]] | None = None,
    judges: Sequence[str] = (),
) -> Scored:
    """Score every answer, and write what came of it.

    Args:
        exchanges: each sample with each of its answers, in any order, with those that failed.
        repeats: answers that were asked for of each sample.
        clustered: whether samples name clusters.
        carry: metadata of the samples that become columns (slices, filters), with their kinds.
        verdicts: scores by judges, in place of the scorer's own: None where a reply did not come.
        judges: fingerprints of these judges.

    Raises:
        SubjectError: a sample lacks what the scorer needs, or the scorer answers nonsense.
        AssayError: the observations cannot be written.
    """
    make_folder(str(folder))
    waiting: dict[str, _Row] = {}
    done: list[_Row] = []
    writer = _Writer(str(folder), scorer, clustered, carry or {}, judges)
    ways = verdicts or (lambda batch: _own(scorer, batch))
    group = scorer if isinstance(scorer, GroupScorer) else None
    stream = iter(exchanges)
    while batch := list(islice(stream, _BATCH)):
        for exchange, score in zip(batch, _scores(scorer, batch, ways), strict=True):
            row = waiting.setdefault(exchange.sample.id, _Row(exchange.sample))
            writer.content.add(exchange, score)
            if group is not None:
                row.asked += 1
                row.group += [] if exchange.answer.error else [exchange]
            else:
                _add(row, exchange, score, better=scorer.higher_is_better is not False)
            if row.asked == repeats:
                done.append(_whole(waiting.pop(exchange.sample.id), group))
        if len(done) >= _PART:
            writer.write(done)
            done = []
    # A budget that ended may leave samples with fewer answers than were asked for.
    writer.write([*done, *(_whole(row, group) for row in waiting.values())], last=True)
    return writer.scored()


def _whole(row: _Row, scorer: GroupScorer | None) -> _Row:
    """A sample with all its answers: scored together, where the scorer does so."""
    if scorer is None or not row.group:
        return row
    score = scorer.together(row.group)
    _held(scorer, row.sample, score)
    row.answered = len(row.group)
    row.values = [] if score.value is None else [score.value]
    row.worst = 0.0, "\n---\n".join(e.answer.text for e in row.group), score.reason
    return row


def _own(scorer: Scorer, batch: Sequence[Exchange]) -> Iterator[Score | None]:
    """The scorer's own scores: None for an exchange without an answer.

    Raises:
        SubjectError: there are fewer scores than answers.
    """
    answered = [e for e in batch if not e.answer.error]
    found = iter(scorer.score(answered)) if answered else iter(())
    for exchange in batch:
        score = None if exchange.answer.error else next(found, None)
        if score is None and not exchange.answer.error:
            raise SubjectError(f"{scorer.name} gave fewer scores than there are answers.")
        yield score


def _scores(
    scorer: Scorer,
    batch: Sequence[Exchange],
    ways: Callable[[Sequence[Exchange]], Iterator[Score | None]],
) -> Iterator[Score | None]:
    """A score for each exchange; None for one without an answer."""
    answered = [e for e in batch if not e.answer.error]
    for exchange in answered:
        for need in scorer.needs:
            # Passages may come with the answer; where none came, the scorer says so of that one.
            if need != "context" and not getattr(exchange.sample, need):
                raise SubjectError(
                    f"The sample {exchange.sample.id!r} has no {need!r}, which {scorer.name} needs."
                )
    for exchange, score in zip(batch, ways(batch), strict=True):
        if score is not None:
            _held(scorer, exchange.sample, score)
        yield score


def _held(scorer: Scorer, sample: Sample, score: Score) -> None:
    """Hold a score to the scorer's bounds.

    Raises:
        SubjectError: it lies outside.
    """
    value, (low, high) = score.value, scorer.bounds()
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise SubjectError(
            f"{scorer.name} gave {value} for the sample {sample.id!r}: its scores lie "
            f"from {low:g} to {high:g}."
        )


def _add(row: _Row, exchange: Exchange, score: Score | None, *, better: bool) -> None:
    row.asked += 1
    if score is None:
        return
    row.answered += 1
    if score.value is not None:
        row.values.append(score.value)
        if logprobs := exchange.answer.logprobs:
            total = math.fsum(logprobs)
            row.logprobs.append((total, total / len(logprobs)))
    badness = math.inf if score.value is None else score.value * (-1 if better else 1)
    if row.worst is None or badness > row.worst[0]:
        row.worst = badness, exchange.answer.text, score.reason


class _Writer:
    def __init__(
        self,
        folder: str,
        scorer: Scorer,
        clustered: bool,
        carry: Mapping[str, Kind],
        judges: Sequence[str],
    ) -> None:
        self.folder = folder
        self.scorer = scorer
        self.clustered = clustered
        self.carry = carry
        self.judges = judges
        self.paths: list[str] = []
        self.samples = self.unanswered = self.unscorable = 0
        self.reasons: Counter[str] = Counter()
        self.content = Content()
        ScoreManifest.remove(folder)

    def write(self, rows: Sequence[_Row], *, last: bool = False) -> None:
        """Rows as the next part; the last one is written even where it is empty, if it is the
        only one."""
        if not rows and not (last and not self.paths):
            return
        path = os.path.join(self.folder, f"part-{len(self.paths):06d}.parquet")
        write_parquet(path, self._table(rows), {"assay.scorer": self.scorer.name})
        self.paths.append(path)
        self.samples += len(rows)
        self.unanswered += sum(not row.answered for row in rows)
        for row in rows:
            if row.answered and not row.values:
                self.unscorable += 1
                self.reasons[row.worst[2] if row.worst else ""] += 1

    def scored(self) -> Scored:
        source = Files(tuple(self.paths), "parquet")
        ScoreManifest(
            scorer=scorer_digest(self.scorer, self.judges),
            content=self.content.digest,
            rows=self.samples,
            parts=tuple(os.path.basename(path) for path in self.paths),
        ).write(self.folder)
        why = self.reasons.most_common(1)[0][0] if self.reasons else ""
        return Scored(source, self.samples, self.unanswered, self.unscorable, _cut(why))

    def _table(self, rows: Sequence[_Row]) -> pa.Table:
        import pyarrow as pa

        text, number, whole = pa.string(), pa.float64(), pa.int64()
        types = {UNIT: text, TARGET: text, SCORE: number, ANSWERED: whole, QUESTION: text,
                 INPUT: text, OUTPUT: text, REASON: text, PROBABILITY: number,
                 CONFIDENCE: number}  # fmt: skip
        if self.clustered:
            types[CLUSTER] = text
        schema = pa.schema(list((types | carried_types(self.carry)).items()))
        return table_of([self._cells(row) for row in rows], schema)

    def _cells(self, row: _Row) -> dict[str, Any]:
        sample = row.sample
        cells: dict[str, Any] = {
            UNIT: sample.id, TARGET: _cut(" | ".join(sample.target)), SCORE: _mean(row.values),
            ANSWERED: len(row.values), QUESTION: question_digest(sample),
            INPUT: _cut(_question(sample)),
            OUTPUT: _cut(row.worst[1]) if row.worst else None,
            REASON: row.worst[2] if row.worst else None,
            PROBABILITY: _mean([_share(whole) for whole, _ in row.logprobs]),
            CONFIDENCE: _mean([_share(token) for _, token in row.logprobs]),
        }  # fmt: skip
        if self.clustered:
            cells[CLUSTER] = sample.cluster
        return cells | carried(sample.metadata, self.carry)


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _share(logarithm: float) -> float:
    """A probability; a server's rounding may push it above 1."""
    return math.exp(min(logarithm, 0.0))


def _question(sample: Sample) -> str:
    if sample.input:
        return sample.input
    content = sample.messages[-1].content if sample.messages else ""
    return content if isinstance(content, str) else ""


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"
