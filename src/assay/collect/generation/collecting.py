"""Collecting the answers of a language model to samples, as observations on the disk."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.collect.generation.budget import Budget, Spent
from assay.collect.generation.cache import ReplyCache
from assay.collect.generation.layout import Shape
from assay.collect.generation.loop import run_to_end
from assay.collect.generation.scheduling import Scheduler
from assay.collect.generation.store import GenerationStore, Manifest, Totals, errors_of, spent_of
from assay.collect.generation.telling import Teller
from assay.collect.generation.writing import Writer
from assay.collect.journal import digest_of
from assay.core.errors import SubjectError
from assay.core.progress import Progress, silent
from assay.core.source import Files

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Sample
    from assay.core.schema import Kind
    from assay.subjects.language.model import LanguageModel

_REASONS = 3


@dataclass(frozen=True, slots=True)
class Generated:
    """The answers of a language model.

    Attributes:
        source: the Parquet files, one row for each sample and repeat; see ``layout`` beside this.
        totals: rows, calls, tokens and money, over all passes that worked on it.
        notes: what a person should know: what failed, what the budget left out.
        reused: rows that an earlier, interrupted pass had finished.
        repeats: answers to each sample; where that varies, the most.
    """

    source: Files
    totals: Totals
    notes: tuple[str, ...] = ()
    reused: int = 0
    repeats: int = 1


def collect_generations(
    samples: Iterable[Sample],
    model: LanguageModel,
    spec: LanguageModelSpec,
    *,
    folder: str | os.PathLike[str],
    clustered: bool = False,
    carry: Mapping[str, Kind] | None = None,
    cache: str | os.PathLike[str] | None = None,
    data_fingerprint: str = "",
    total: int | None = None,
    spent: Spent | None = None,
    progress: Progress = silent,
    task_name: str = "answers",
) -> Generated:
    """Ask every sample ``spec.repeats`` times, with ``spec.concurrency`` calls in flight.

    A finished answer is handed to the operating system before the next call begins: a process that
    is killed loses none. Called again with the same folder, it asks only what is missing or failed;
    where the model, how it is asked, or a sample has changed, those answers are asked anew. Ctrl-C
    leaves at once, and what is finished stays. Memory does not grow with the number of samples.

    Args:
        samples: are read once, as they are asked; their ids must differ.
        model: the open model of ``spec``.
        folder: where the observations go; one folder for each pair of model and samples.
        clustered: whether samples name clusters.
        carry: metadata that become columns (slices, filters), with their kinds.
        cache: file of answers of earlier runs, taken where ``spec.cache`` says so.
        data_fingerprint: hash of the samples where it is known: a pass over the same samples that
            got every answer is then taken without reading them.
        total: number of samples, for ``progress``; None where not known.
        spent: of the budget, by other passes that share it.
        progress: told rows done and in all, under ``task_name``, and what they cost.

    Raises:
        SubjectError: every call would fail, a sample cannot be read, or the settings make no sense.
        StorageError: the observations cannot be written.
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    _hold_to_sense(spec)
    shape = Shape(clustered, dict(carry or {}))
    store = GenerationStore(str(folder), _signature(model, shape), shape)
    done = store.complete(data_fingerprint, spec.repeats)
    if done is not None:
        return _generated(store, done, reused=done.totals.rows)
    rows = total * spec.repeats if total is not None else None
    teller = Teller(progress, task_name, rows)
    file = str(cache) if cache is not None and spec.cache and model.fingerprint else None
    return run_to_end(
        _collect(samples, model, spec, store, file, data_fingerprint, teller, spent or Spent())
    )


async def _collect(
    samples: Iterable[Sample],
    model: LanguageModel,
    spec: LanguageModelSpec,
    store: GenerationStore,
    cache_file: str | None,
    data_fingerprint: str,
    teller: Teller,
    elsewhere: Spent,
) -> Generated:
    left = store.left()
    spent = spent_of(store, left) if spec.budget or spec.budget_tokens else Spent()
    budget = Budget(spec, Spent(spent.tokens + elsewhere.tokens, spent.money + elsewhere.money))
    writer = Writer(store)
    opened = ReplyCache(cache_file, model.fingerprint) if cache_file else nullcontext()
    try:
        with opened as cache:
            scheduler = Scheduler(
                model, spec, repeats=spec.repeats, left=left, budget=budget, cache=cache,
                writer=writer, teller=teller,
            )  # fmt: skip
            async with model:
                await scheduler.run(iter(samples))
        await writer.finish()
    finally:
        writer.close()
    teller.tell()
    parts, totals = store.settle(left.finished)
    manifest = Manifest(
        signature=store.signature,
        data=data_fingerprint,
        repeats=spec.repeats,
        parts=parts,
        totals=totals,
        notes=_notes(store.paths(parts), totals, budget, mended=scheduler.mended),
    )
    store.finish(manifest)
    return _generated(store, manifest, reused=scheduler.reused)


def _generated(store: GenerationStore, manifest: Manifest, *, reused: int) -> Generated:
    source = Files(store.paths(manifest.parts), "parquet")
    return Generated(source, manifest.totals, manifest.notes, reused, manifest.repeats)


def _signature(model: LanguageModel, shape: Shape) -> str:
    """Hash of the model and of what is kept; "" where the model has no fingerprint.

    Neither repeats nor prices are in it: more repeats add to those that are there, and nothing is
    asked again because of a price.
    """
    if not model.fingerprint:
        return ""
    return digest_of(
        "assay.generations/2", model.fingerprint, shape.clustered, sorted(shape.carry.items())
    )


def _notes(paths: Sequence[str], totals: Totals, budget: Budget, *, mended: int) -> tuple[str, ...]:
    """What a person should know of the answers."""
    notes = []
    if totals.failed:
        counted = Counter(errors_of(paths)).most_common(_REASONS)
        reasons = "; ".join(f"{words} (×{n:,})" if n > 1 else words for words, n in counted)
        more = "; …" if sum(n for _, n in counted) < totals.failed else ""
        notes.append(
            f"{totals.failed:,} of {totals.rows:,} answers did not come: {reasons}{more}. They "
            "count as unknown, never as the model's failures."
        )
    if totals.unasked:
        notes.append(
            f"{totals.unasked:,} of {totals.rows:,} were not asked for: the budget of "
            f"{budget.words()} is used up."
        )
    if totals.cached:
        notes.append(f"{totals.cached:,} of {totals.rows:,} answers were taken from the cache.")
    if totals.cut:
        notes.append(f"{totals.cut:,} of {totals.answered:,} answers ended at the token limit.")
    if totals.unpriced:
        notes.append(f"What {totals.unpriced:,} answers cost is not known: tokens were not told.")
    if mended:
        notes.append(
            f"{mended:,} samples held lone surrogates, which cannot be sent: U+FFFD took their "
            "place."
        )
    return tuple(notes)


def _hold_to_sense(spec: LanguageModelSpec) -> None:
    """Refuse settings under which nothing could be collected."""
    numbers = {
        "concurrency": spec.concurrency, "repeats": spec.repeats, "attempts": spec.attempts,
        "timeout_s": spec.timeout_s, "requests_per_minute": spec.requests_per_minute,
        "tokens_per_minute": spec.tokens_per_minute, "budget": spec.budget,
        "budget_tokens": spec.budget_tokens,
    }  # fmt: skip
    for name, value in numbers.items():
        if value is not None and not value > 0:
            raise SubjectError(f"`{name}` of a language model must be above 0, not {value}.")
