"""Two sets of observations of the same units, laid side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from assay.core.schema import CLUSTER, TARGET, UNIT
from assay.core.source import Memory

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.collect.journal import Manifest
    from assay.core.engine import Engine
    from assay.core.schema import Schema
    from assay.core.source import Files

GROUP = "assay.group"
"""Column that says which group of units a row is left out with."""

MIN_OVERLAP = 0.9
"""Share of the larger side's units that must be in both, with the same truth, to pair them."""

_LARGE = 100_000
_numbers = count()


@dataclass(frozen=True)
class Pair:
    """Observations over the common units, known to the engine under the names ``a`` and ``b``.

    Attributes:
        n: common units.
        complete: no unit is on one side only.
        clusters: how many clusters the units come in; None where they are taken as independent.
    """

    a: str
    b: str
    schema_a: Schema
    schema_b: Schema
    n: int
    complete: bool
    clusters: int | None = None


@dataclass(frozen=True)
class Identical:
    """The same model was asked in the same way about the same ``n`` rows."""

    n: int


@dataclass(frozen=True)
class Unpaired:
    """Why they do not pair: a clause for a person."""

    reason: str


def pair_up(engine: Engine, a: Files, b: Files) -> Pair | Identical | Unpaired:
    """Join two sets of predictions on their unit ids and part the units into groups.

    Groups depend on the ids alone, not on the order of rows; they are of equal size, give or take
    one unit. Where units come in clusters, as either side says, a group is made of whole clusters.
    Where one side is a random part of its rows, the units are those of that part.

    Raises:
        SubjectError: the observations cannot be read.
    """
    about_a, about_b = manifest_of(a), manifest_of(b)
    if about_a is None or about_b is None:
        return Unpaired("the predictions of one run were not kept whole")
    if not about_a.rows or not about_b.rows:
        return Unpaired("one run has no rows")
    if about_a.signature and about_a.data and _question(about_a) == _question(about_b):
        return Identical(about_a.rows)
    table_a, table_b = _load(engine, a), _load(engine, b)
    partly = bool(about_a.planned or about_b.planned)
    rows = common_units(table_a.column(UNIT), table_b.column(UNIT), partly=partly)
    if isinstance(rows, Unpaired):
        return rows
    common_a, common_b = table_a.take(rows[0]), table_b.take(rows[1])
    if _same_share(common_a.column(TARGET), common_b.column(TARGET)) < MIN_OVERLAP:
        return Unpaired("rows of the same id have different targets")
    marked = [t.column(CLUSTER) for t in (common_b, common_a) if CLUSTER in t.schema.names]
    groups = unit_groups(common_a.num_rows)
    clusters: int | None = None
    if marked:
        groups, clusters = cluster_groups(marked[0])
        if clusters < 2:
            return Unpaired("all common rows are of one cluster")
    name_a, schema_a = _attach(engine, common_a.append_column(GROUP, groups), about_a)
    name_b, schema_b = _attach(engine, common_b.append_column(GROUP, groups), about_b)
    largest = max(table_a.num_rows, table_b.num_rows)
    complete = common_a.num_rows == largest
    return Pair(name_a, name_b, schema_a, schema_b, common_a.num_rows, complete, clusters)


def columns_of(engine: Engine, observations: Files) -> tuple[str, ...]:
    """The columns that were kept with predictions.

    Raises:
        SubjectError: the observations cannot be read.
    """
    name = f"assay.compare/{next(_numbers)}"
    engine.attach(name, observations)
    return engine.schema(name).names


def manifest_of(observations: Files) -> Manifest | None:
    """What was written beside the predictions; None where they are not whole."""
    from assay.collect.journal import Manifest

    try:
        text = (Path(observations.paths[0]).parent / "manifest.json").read_bytes()
        manifest = msgspec.json.decode(text, type=Manifest)
    except (OSError, IndexError, msgspec.DecodeError):
        return None
    kept = {Path(path).name for path in observations.paths}
    return manifest if manifest.parts and set(manifest.parts) == kept else None


def _question(manifest: Manifest) -> tuple[object, ...]:
    """Model and how it was asked, and the data it was asked about."""
    return manifest.signature, manifest.data, manifest.rows, manifest.layout


def _attach(engine: Engine, table: pa.Table, manifest: Manifest) -> tuple[str, Schema]:
    name = f"assay.compare/{next(_numbers)}"
    engine.attach(name, Memory(table))
    prediction = manifest.layout.prediction(manifest.prediction_labels)
    return name, replace(engine.schema(name), prediction=prediction)


def _load(engine: Engine, observations: Files) -> pa.Table:
    import pyarrow as pa

    name = f"assay.compare/{next(_numbers)}"
    engine.attach(name, observations)
    return pa.Table.from_batches(list(engine.batches(name, batch_size=_LARGE)))


def common_units(
    a: pa.ChunkedArray, b: pa.ChunkedArray, *, partly: bool
) -> tuple[pa.Array, pa.Array] | Unpaired:
    """Positions of the common units on each side, in the order of their ids."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if a.type != b.type:
        a, b = pc.cast(a, pa.string()), pc.cast(b, pa.string())
    for units in (a, b):
        if units.null_count or pc.count_distinct(units).as_py() < len(units):
            return Unpaired("unit ids are missing or not unique")
    order = pc.sort_indices(a)
    found = pc.index_in(pc.take(a, order), value_set=b)
    common = pc.is_valid(found)
    n = pc.sum(common).as_py() or 0
    of = min(len(a), len(b)) if partly else max(len(a), len(b))
    if n < MIN_OVERLAP * of:
        share = n / of
        return Unpaired(f"only {share * 100:.0f} % of the rows are in both runs")
    return pc.filter(order, common), pc.filter(found, common)


def _same_share(a: pa.ChunkedArray, b: pa.ChunkedArray) -> float:
    """Share of positions with equal values (observations have no null target)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if a.type != b.type:
        a, b = pc.cast(a, pa.string()), pc.cast(b, pa.string())
    return float(pc.sum(pc.equal(a, b)).as_py() or 0) / len(a)


def unit_groups(n: int) -> pa.Array:
    """A group for each of n units in the order of their ids: 50, or 20 where there are many."""
    import numpy as np
    import pyarrow as pa

    groups = min(n, 50 if n <= _LARGE else 20)
    numbers = np.arange(n, dtype=np.int32) % groups
    return pa.array(np.random.default_rng(n).permutation(numbers))


def cluster_groups(clusters: pa.ChunkedArray) -> tuple[pa.Array, int]:
    """A group for each unit, made of whole clusters, and how many clusters there are."""
    import numpy as np
    import pyarrow as pa

    encoded = clusters.combine_chunks().dictionary_encode(null_encoding="encode")
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    n = len(encoded.dictionary)
    # numbered in the order of their texts, so that the order of rows does not matter
    order = np.argsort(np.array([str(v) for v in encoded.dictionary.to_pylist()]), kind="stable")
    groups = unit_groups(n).to_numpy()
    of_cluster = np.empty(n, dtype=np.int32)
    of_cluster[order] = groups
    return pa.array(of_cluster[encoded.indices.to_numpy()]), n
