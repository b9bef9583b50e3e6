"""Which samples flipped between two runs, both ways, with the question and both answers."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from assay.core.comparison import Flip, Flips
from assay.core.evidence import AGAINST_BASELINE, Examples, Text
from assay.core.expr import Column, Sql, both, call
from assay.core.schema import INPUT, OUTPUT, REASON, SCORE, TARGET, UNIT
from assay.runner.score_direction import more_is_better
from assay.runner.score_pairing import BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.comparison import Way
    from assay.core.engine import Engine
    from assay.core.evidence import Cell, Evidence
    from assay.core.metric import Metric
    from assay.core.source import Files
    from assay.runner.score_pairing import ScoredPair

SHOWN = 20
"""Samples that are shown of each way."""

_LARGE = 100_000
_NOW = Column(SCORE)
_numbers = count()
_Texts = dict[str, dict[str, Any]]


def flips_of(
    engine: Engine, pair: ScoredPair, metric: Metric, check: str, where: str | None
) -> Flips:
    """The samples of a check that are scored otherwise in the second run.

    Args:
        where: the check's filter: SQL predicate, or None.

    Raises:
        EngineError: a scan failed.
        SubjectError: the texts cannot be read.
    """
    better = more_is_better(metric)
    of = Sql(where) if where else None
    fell, rose = (
        engine.examples(
            pair.changed, both(of, way) or way, columns=[UNIT, BEFORE, SCORE], limit=SHOWN
        )
        for way in (call("lt", _NOW, Column(BEFORE)), call("gt", _NOW, Column(BEFORE)))
    )
    units = {str(row[0]) for _, rows, _ in (fell, rose) for row in rows}
    texts = [_texts(engine, files, units) for files in pair.files]
    worse, improved = (rose, fell) if better is False else (fell, rose)
    lost, won = ([_flip(row, *texts) for row in rows] for _, rows, _ in (worse, improved))
    return Flips(
        id=check, metric=metric.name, samples=pair.n, unknown=pair.unknown,
        higher_is_better=better, right_or_wrong=pair.right_or_wrong,
        n_lost=worse[2], n_won=improved[2], lost=lost, won=won,
    )  # fmt: skip


def _flip(row: list[Cell], before: _Texts, after: _Texts) -> Flip:
    unit = str(row[0])
    first, second = before.get(unit, {}), after.get(unit, {})
    return Flip(
        unit=unit,
        question=second.get(INPUT) or "",
        target=second.get(TARGET) or "",
        before=first.get(OUTPUT),
        after=second.get(OUTPUT),
        score_before=float(row[1] or 0),
        score_after=float(row[2] or 0),
        reason=second.get(REASON) or "",
    )


def _texts(engine: Engine, files: Files, units: Iterable[str]) -> _Texts:
    """Question, target, answer and reason of these samples."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(sorted(units), pa.string())
    if not len(wanted):
        return {}
    name = f"assay.flips/{next(_numbers)}"
    engine.attach(name, files)
    columns = [UNIT, INPUT, TARGET, OUTPUT, REASON]
    found: _Texts = {}
    for batch in engine.batches(name, batch_size=_LARGE, columns=columns):
        few = batch.filter(pc.is_in(pc.cast(batch.column(UNIT), pa.string()), value_set=wanted))
        found |= {row[UNIT]: row for row in few.to_pylist()}
    engine.detach(name)
    return found


def evidence_of(flips: Flips) -> list[Evidence]:
    """What a check that is held against a stored run shows of them."""
    ends = "; ".join(f"{way.total:,} {way.title.lower()}" for way in flips.ways)
    said = f"Paired by sample, over {flips.samples:,} that both runs have a score of: {ends}."
    if flips.unknown:
        said += (
            f" {flips.unknown:,} more have no score in one of the runs: the interval allows for "
            "whatever they would have been."
        )
    shown: list[Evidence] = [Text(title=AGAINST_BASELINE, text=said)]
    for way in flips.ways:
        if way.some:
            shown.append(_examples(way, scored=not flips.right_or_wrong))
    return shown


def _examples(way: Way, *, scored: bool) -> Examples:
    columns = ["sample", "question", "target", "answer before", "answer now"]
    rows: list[list[Cell]] = [[f.unit, f.question, f.target, f.before, f.after] for f in way.some]
    if scored:
        columns += ["score before", "score now"]
        for row, f in zip(rows, way.some, strict=True):
            row += [f.score_before, f.score_after]
    return Examples(title=way.title, columns=columns, rows=rows, total=way.total)
