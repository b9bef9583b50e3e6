"""Rows drawn from the tables of a suite, for a pilot."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.core.engine import Engine

_BATCH = 65_536


def drawn(
    engine: Engine, table: str, rows: int, *, of: int, seed: int, cluster: str | None = None
) -> pa.Table:
    """Rows at random, in the table's order; the same for the same table and seed.

    Args:
        rows: how many; all of them where there are no more.
        of: rows of the table.
        cluster: column whose equal values belong together: whole clusters are drawn, so that there
            may be a few rows more.

    Raises:
        SubjectError: the table cannot be read to its end.
    """
    import numpy as np
    import pyarrow as pa

    kept: list[pa.RecordBatch] = []
    chosen = None if rows >= of else _chosen(engine, table, rows, of, seed, cluster)
    start = 0
    batches = engine.batches(table, batch_size=_BATCH)
    with closing(batches):  # type: ignore[type-var]
        for batch in batches:
            if chosen is None:
                kept.append(batch)
            else:
                mask = chosen[start : start + batch.num_rows]
                here = np.flatnonzero(mask)
                if len(here) or not kept:
                    kept.append(batch.take(pa.array(here)))
            start += batch.num_rows
    return pa.Table.from_batches(kept)


def _chosen(
    engine: Engine, table: str, rows: int, of: int, seed: int, cluster: str | None
) -> NDArray[np.bool_]:
    """Whether each row of the table is drawn, shape (of,)."""
    import numpy as np

    rng = np.random.default_rng(seed)
    found = np.zeros(of, dtype=bool)
    if cluster is None:
        found[rng.choice(of, rows, replace=False)] = True
        return found
    belongs = _clusters(engine, table, cluster)[:of]
    sizes = np.bincount(belongs)
    order = rng.permutation(len(sizes))
    enough = int(np.searchsorted(np.cumsum(sizes[order]), rows)) + 1
    taken = np.zeros(len(sizes), dtype=bool)
    taken[order[:enough]] = True
    found[: len(belongs)] = taken[belongs]
    return found


def _clusters(engine: Engine, table: str, cluster: str) -> NDArray[np.int64]:
    """The number of each row's cluster; rows without one are one cluster."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    batches = engine.batches(table, batch_size=_BATCH, columns=(cluster,))
    with closing(batches):  # type: ignore[type-var]
        column = pa.chunked_array([batch.column(0) for batch in batches])
    numbers = pc.index_in(column, value_set=pc.unique(column))
    return np.asarray(numbers.to_numpy(), dtype=np.int64)
