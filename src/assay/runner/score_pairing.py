"""Scores of two language models' answers to the same questions, laid side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core.collection import Scores
from assay.core.schema import CLUSTER, INPUT, OUTPUT, QUESTION, REASON, SCORE, TARGET, UNIT
from assay.core.source import Files, Memory
from assay.inference.unanswered_difference import UnansweredDifference
from assay.runner.gap import Both, Gap, on_both, unpaired_gap
from assay.runner.pairing import (
    GROUP,
    MIN_OVERLAP,
    Identical,
    Pair,
    Unpaired,
    cluster_groups,
    common_units,
    pair_up,
    unit_groups,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from assay.collect.score_manifest import ScoreManifest
    from assay.core.engine import Engine
    from assay.core.metric import Metric
    from assay.runner.leave_out import KeyText, Question

BEFORE = "assay.before"
"""Column with a sample's score in the first run; ``assay.score`` is that of the second."""

_TEXTS = frozenset({INPUT, OUTPUT, REASON, TARGET})
_LARGE = 100_000
_numbers = count()


@dataclass(frozen=True)
class ScoredPair(Pair):
    """Scores of the same samples, asked the same.

    A sample that has no score on one side has none on either: ``n`` counts those with one.

    Attributes:
        unknown: common samples without a score on one side.
        changed: name under which the engine knows the samples whose score changed, those that
            changed most first.
        right_or_wrong: every score is 0 or 1.
        files: where the texts are, of each side.
    """

    unknown: int = 0
    changed: str = ""
    right_or_wrong: bool = False
    files: tuple[Files, Files] = (Files((), "parquet"), Files((), "parquet"))


def pair_of(metric: Metric, engine: Engine, a: Files, b: Files) -> Pair | Identical | Unpaired:
    """What a metric rests on, of two runs, paired by unit: predictions, or scores of answers.

    Raises:
        SubjectError: the observations cannot be read.
    """
    scored = isinstance(metric.collection(), Scores)
    return pair_scores(engine, a, b) if scored else pair_up(engine, a, b)


def pair_scores(engine: Engine, a: Files, b: Files) -> ScoredPair | Identical | Unpaired:
    """Join two sets of scores on the samples' ids, and part the samples into groups.

    The same id with another question or another target is another sample: it is left out. Groups
    are made as for predictions, of whole clusters where samples come in them.

    Raises:
        SubjectError: the observations cannot be read.
    """
    about_a, about_b = _manifest(a), _manifest(b)
    if about_a is None or about_b is None:
        return Unpaired("the scores of one run were not kept whole")
    if not about_a.rows or not about_b.rows:
        return Unpaired("one run has no samples")
    if about_a.scorer != about_b.scorer:
        return Unpaired("the scorer itself was changed")
    if (about_a.content, about_a.rows) == (about_b.content, about_b.rows):
        return Identical(about_a.rows)
    table_a, table_b = _load(engine, a), _load(engine, b)
    rows = common_units(table_a.column(UNIT), table_b.column(UNIT), partly=False)
    if isinstance(rows, Unpaired):
        return Unpaired(rows.reason.replace("rows", "samples"))
    common_a, common_b = table_a.take(rows[0]), table_b.take(rows[1])
    return _joined(engine, common_a, common_b, max(about_a.rows, about_b.rows), (a, b))


def _joined(
    engine: Engine, a: pa.Table, b: pa.Table, largest: int, files: tuple[Files, Files]
) -> ScoredPair | Unpaired:
    import pyarrow as pa
    import pyarrow.compute as pc

    same = pc.equal(a.column(QUESTION), b.column(QUESTION))
    a, b = a.filter(same), b.filter(same)
    if a.num_rows < MIN_OVERLAP * largest:
        share = a.num_rows / largest * 100
        return Unpaired(f"only {share:.0f} % of the samples ask the same in both runs")
    known = pc.and_(pc.is_valid(a.column(SCORE)), pc.is_valid(b.column(SCORE)))
    n = pc.sum(known).as_py() or 0
    if not n:
        return Unpaired("no sample has a score in both runs")
    marked = [t.column(CLUSTER) for t in (b, a) if CLUSTER in t.schema.names]
    groups, clusters = cluster_groups(marked[0]) if marked else (unit_groups(a.num_rows), None)
    if clusters == 1:
        return Unpaired("all common samples are of one cluster")
    a, b = (_set(t, SCORE, pc.if_else(known, t.column(SCORE), None)) for t in (a, b))
    for name in b.schema.names:  # metadata that only the checks of the second run ask for
        if name not in a.schema.names and not name.startswith("assay."):
            a = a.append_column(name, b.column(name))
    first, second = a.column(SCORE), b.column(SCORE)
    change = pc.abs(pc.subtract(second, first))
    moved = b.append_column(BEFORE, first).append_column("assay.change", change)
    moved = moved.filter(pc.fill_null(pc.greater(change, 0), False))
    moved = moved.sort_by([("assay.change", "descending"), (UNIT, "ascending")])
    name_a, name_b, changed = (
        _attach(engine, t)
        for t in (a.append_column(GROUP, groups), b.append_column(GROUP, groups), moved)
    )
    values = pc.unique(pa.chunked_array([*first.chunks, *second.chunks]).drop_null())
    return ScoredPair(
        name_a, name_b, engine.schema(name_a), engine.schema(name_b), n,
        a.num_rows == largest, clusters, a.num_rows - n, changed,
        set(values.to_pylist()) <= {0.0, 1.0}, files,
    )  # fmt: skip


def scored_gaps(
    engine: Engine, pair: ScoredPair, questions: Mapping[str, Question], *, level: float
) -> dict[str, dict[KeyText, Both]]:
    """What is measured of the common samples on both sides, by the questions' names and keys.

    Where one side's scores do not vary at all (every answer right, say) there is nothing that the
    sides could share, and their own intervals make that of the difference. Samples without a score
    widen it as far as they could move it.

    Raises:
        EngineError: a scan failed.
    """
    return {
        name: {key: _settled(both, pair, questions[name].metric) for key, both in found.items()}
        for name, found in on_both(engine, pair, questions, level=level).items()
    }


def _settled(both: Both, pair: ScoredPair, metric: Metric) -> Both:
    gap = both.gap
    if gap is None and pair.clusters is not None:
        return both
    gap = gap or unpaired_gap(both.a, both.b)
    known = min(both.a.n, both.b.n)
    uncertain = gap.uncertain
    if uncertain is not None:
        uncertain = UnansweredDifference(uncertain, known / both.units, _room(metric))
    return replace(both, gap=Gap(both.a, both.b, gap.value, uncertain, n_common=known))


def _room(metric: Metric) -> float:
    """The most that two scores can differ."""
    from assay import scorers

    wanted = metric.collection()
    assert isinstance(wanted, Scores)
    low, high = scorers.find(wanted.scorer)(**dict(wanted.params)).bounds()
    return high - low


def _manifest(observations: Files) -> ScoreManifest | None:
    """What was written beside the scores; None where they are not whole."""
    from assay.collect.score_manifest import ScoreManifest

    if not observations.paths:
        return None
    found = ScoreManifest.read(str(Path(observations.paths[0]).parent))
    kept = {Path(path).name for path in observations.paths}
    return found if found is not None and set(found.parts) == kept else None


def _load(engine: Engine, observations: Files) -> pa.Table:
    """All columns but the texts."""
    import pyarrow as pa

    name = _attach(engine, observations)
    wanted = [n for n in engine.schema(name).names if n not in _TEXTS]
    batches = list(engine.batches(name, batch_size=_LARGE, columns=wanted))
    engine.detach(name)
    return pa.Table.from_batches(batches)


def _attach(engine: Engine, source: Files | pa.Table) -> str:
    name = f"assay.scores/{next(_numbers)}"
    engine.attach(name, source if isinstance(source, Files) else Memory(source))
    return name


def _set(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)
