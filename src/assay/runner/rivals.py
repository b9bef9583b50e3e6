"""Two language models that were asked the same, held against each other: in one run, or in two."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assay.core.errors import SuiteError, did_you_mean
from assay.runner.compare import compare
from assay.runner.side import Side

if TYPE_CHECKING:
    from assay.core.check import CorrectionMethod
    from assay.core.comparison import Comparison
    from assay.core.engine import Engine
    from assay.core.result import Result, Run

_MOST = 3
_WORDS = (
    ("both runs", "both models"),
    ("one of the runs", "one of the models"),
    ("treat the runs as", "treat the models as"),
)


def language_models(run: Run) -> list[str]:
    """Names of the run's language models that something was measured of, in the suite's order."""
    spoken = {s.name for s in run.subjects if s.kind not in ("table", "model", "samples")}
    return list(dict.fromkeys(r.on for r in run.results if r.on in spoken))


def pairs_in(run: Run) -> list[tuple[str, str]]:
    """Pairs of language models to which the same checks were put, on the same samples."""
    asked: dict[str, set[tuple[object, ...]]] = {}
    for name in language_models(run):
        asked[name] = {_question(r) for r in run.results if r.on == name and r.measurements}
    return [(a, b) for a, b in combinations(asked, 2) if asked[a] & asked[b]][:_MOST]


def compare_models(
    first: Side,
    second: Side,
    models: tuple[str, str],
    engine: Engine,
    *,
    margin: float | None = None,
    correction: CorrectionMethod = "holm",
    by: tuple[str, ...] = (),
) -> Comparison:
    """The second model held against the first, by every check that was put to both.

    Args:
        first, second: the runs; they may be one and the same.
        models: a language model of each.

    Raises:
        SuiteError: a run has no such model.
        SubjectError: kept scores cannot be read.
        EngineError: they cannot be folded.
    """
    for side, name in zip((first, second), models, strict=True):
        known = language_models(side.run)
        if name not in known:
            raise SuiteError(
                f"The run {side.run.run.id} has no results of a language model {name!r}."
                f"{did_you_mean(name, known)}",
                hint=f"It has: {', '.join(known)}." if known else "",
            )
    a = _only(first, models[0], models[0], {})
    ids = {_question(r): r.id for r in a.run.results}
    b = _only(second, models[1], models[0], ids)
    found = compare(a, b, engine, margin=margin, correction=correction, by=by)
    return replace(
        found,
        a=replace(found.a, name=models[0]),
        b=replace(found.b, name=models[1]),
        notes=[_of_models(note) for note in found.notes],
        flips=[replace(flips, between=models) for flips in found.flips],
    )


def _question(result: Result) -> tuple[object, ...]:
    """What is asked, whatever model it is put to."""
    params = tuple(sorted((name, repr(value)) for name, value in result.params.items()))
    by = tuple(sorted(map(tuple, result.by)))
    return result.metric, params, result.data, result.against, result.where, result.claim, by


def _only(side: Side, model: str, named: str, ids: dict[tuple[object, ...], str]) -> Side:
    """What a side knows of one model, under another name, and with the ids of the other side."""
    results = [
        replace(r, on=named, id=ids.get(_question(r), r.id.removeprefix(f"{model}@")))
        for r in side.run.results
        if r.on == model
    ]
    subjects = [
        replace(s, name=named) if s.name == model else s
        for s in side.run.subjects
        if s.name == model or s.kind == "samples"
    ]
    own = f"{model}@"
    kept = {
        f"{named}@{table.removeprefix(own)}": files
        for table, files in side.observations.items()
        if table.startswith(own)
    }
    return Side(replace(side.run, results=results, subjects=subjects), kept)


def _of_models(note: str) -> str:
    for runs, models in _WORDS:
        note = note.replace(runs, models)
    return note
