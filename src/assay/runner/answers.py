"""Answers and scores that a run has kept, read back sample by sample."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from assay.core.errors import SubjectError
from assay.core.schema import SCORE, UNIT
from assay.core.source import Files
from assay.runner.observe import OBSERVATIONS
from assay.subjects.samples.formats.exporting import Answered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assay.core.exchange import Exchange


def answered(folder: Path, subject: str | None) -> Iterator[Answered]:
    """The samples of a run, each with its answers and what scorers said of them.

    Args:
        folder: of the run.
        subject: ``model@samples``; None takes the only one.

    Raises:
        SubjectError: the run kept no answers, those of several, or not of this subject.
    """
    root = folder / OBSERVATIONS
    places = sorted(root.iterdir()) if root.is_dir() else []
    named = {unquote(place.name): place for place in places}
    known = [name for name in named if "@" in name and ":" not in name and _asked(named[name])]
    if not known:
        raise SubjectError("The run has kept no answers of a language model.")
    if subject is None and len(known) > 1:
        raise SubjectError(
            f"The run has answers of several: {', '.join(known)}.", hint="Say which with --subject."
        )
    chosen = subject if subject is not None else known[0]
    if chosen not in known:
        raise SubjectError(
            f"The run has no answers of {chosen!r}.", hint=f"There are: {', '.join(known)}."
        )
    scores = {
        f"llm.{name.removeprefix(f'{chosen}:').rpartition('(')[0]}": _scores(place)
        for name, place in named.items()
        if name.startswith(f"{chosen}:")
    }
    for unit, exchanges in _by_sample(_exchanges(named[chosen])):
        said = {name: values[unit] for name, values in scores.items() if unit in values}
        yield Answered(exchanges[0].sample, [e.answer for e in exchanges], said)


def _parts(place: Path) -> Files:
    return Files(tuple(sorted(str(path) for path in place.glob("part-*.parquet"))), "parquet")


def _asked(place: Path) -> bool:
    """Whether a folder holds answers of a language model."""
    import pyarrow.parquet as pq

    from assay.core.schema import SAMPLE

    paths = _parts(place).paths
    return bool(paths) and SAMPLE in pq.read_schema(paths[0]).names


def _scores(place: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    found: dict[str, Any] = {}
    for path in _parts(place).paths:
        table = pq.read_table(path, columns=[UNIT, SCORE])
        found.update(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return found


def _exchanges(place: Path) -> Iterator[Exchange]:
    from assay.collect.generation.layout import exchanges

    for batch in exchanges(_parts(place)):
        yield from batch


def _by_sample(every: Iterable[Exchange]) -> Iterator[tuple[str, list[Exchange]]]:
    """Answers of each sample together, repeats in their order; samples in the order of their ids'
    first answers, as answers come in the order in which they were given."""
    held: dict[str, list[Exchange]] = {}
    for unit, group in groupby(every, key=lambda e: e.sample.id):
        held.setdefault(unit, []).extend(group)
    for unit, exchanges in held.items():
        yield unit, sorted(exchanges, key=lambda e: e.answer.repeat)
