"""Which answers and scores of a run's folder belong to which of its results."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from assay import scorers
from assay.core.binding import bind
from assay.core.collection import Generations, Scores
from assay.core.criterion import AtLeast, AtMost
from assay.core.errors import AssayError
from assay.core.source import Files
from assay.metrics import find
from assay.runner.observe import OBSERVATIONS, Wish, kept_observations

if TYPE_CHECKING:
    from pathlib import Path

    from assay.collect.transcripts import Scoring
    from assay.core.criterion import Criterion
    from assay.core.result import Result, Run
    from assay.core.transcript import Taken, Transcripts


_JUDGE = re.compile(r"(?P<table>.+):judge (?P<judge>.+) \d+")


@dataclass
class _Pair:
    """A model and its samples, with the scores by the name of their table."""

    scorings: dict[str, Scoring] = field(default_factory=dict)


def transcripts_of(run: Run, folder: Path) -> tuple[Transcripts, ...]:
    """The transcripts of each language model and each set of samples; none where none were kept.

    Args:
        folder: of the run.

    Raises:
        StorageError: what is there cannot be read.
    """
    spoken = {s.name for s in run.subjects if s.kind not in ("table", "model", "samples")}
    results = [r for r in run.results if r.on in spoken and r.data]
    if not results:
        return ()
    from assay.collect.transcripts import transcripts

    kept = kept_observations(folder)
    pairs: dict[tuple[str, str], _Pair] = {}
    for result in results:
        pair = pairs.setdefault((result.on, result.data or ""), _Pair())
        if found := _scoring(result, kept):
            pair.scorings.setdefault(*found)
    return tuple(
        replace(
            transcripts(model, data, kept[table], tuple(pair.scorings.values())),
            judges=_judges(folder, table),
        )
        for (model, data), pair in pairs.items()
        if (table := Wish(model, data, Generations()).table) in kept
    )


def _judges(folder: Path, table: str) -> tuple[tuple[str, Taken], ...]:
    """What the judges of these answers took, each over all rounds in which it was asked."""
    from assay.collect.transcripts import taken_by

    found: dict[str, list[str]] = {}
    for place in sorted((folder / OBSERVATIONS).iterdir()):
        named = _JUDGE.fullmatch(unquote(place.name))
        if named and named["table"] == table:
            parts = sorted(str(path) for path in place.glob("part-*.parquet"))
            found.setdefault(named["judge"], []).extend(parts)
    return tuple(
        (judge, taken_by(Files(tuple(parts), "parquet"))) for judge, parts in found.items()
    )


def _scoring(result: Result, kept: dict[str, Files]) -> tuple[str, Scoring] | None:
    """The table with the scores that a result rests on; None where it rests on none."""
    from assay.collect.transcripts import Scoring

    try:
        wanted = bind(find(result.metric), result.params).collection()
        if not isinstance(wanted, Scores):
            return None
        scorer = scorers.find(wanted.scorer)(**dict(wanted.params))
    except AssayError:  # a metric of somebody's own that is not at hand here
        return None
    table = Wish(result.on, result.data or "", wanted).table
    if table not in kept:
        return None
    better = scorer.higher_is_better
    if better is None and scorer.binary:  # neither is better by itself; the check says which
        better = _wanted(result.criterion)
    return table, Scoring(result.id, kept[table], *scorer.bounds(), better)


def _wanted(criterion: Criterion | None) -> bool | None:
    """Whether a check wants more of what it measures, or less; None where it wants neither."""
    if isinstance(criterion, AtLeast):
        return True
    return False if isinstance(criterion, AtMost) else None
