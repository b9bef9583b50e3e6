"""Values that come from an engine row by row: as plain doubles, apart for each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.engines.sql.recipes import scalar
from assay.engines.sql.typed import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.core.aggregate import Key


def value(tree: exp.Expr) -> exp.Expr:
    """NaN where there is no value, so that a column comes as one plain array."""
    return exp.Coalesce(this=tree.copy(), expressions=[literal(float("nan")).tree])


def split(
    batch: pa.RecordBatch, keys: int, others: int = 0
) -> Iterator[tuple[Key, list[NDArray[np.float64]]]]:
    """The values of a batch apart for each key, rows in order.

    Args:
        others: how many columns at the end hold no doubles. Where they are, the places of the rows
            in the batch come after the values.
    """
    import numpy as np

    columns = batch.columns[keys : batch.num_columns - others]
    # these are doubles without nulls; pyarrow's own to_numpy would import pandas (0.4 s)
    arrays = [np.from_dlpack(c).astype(np.float64, copy=False) for c in columns]
    if others:
        arrays.append(np.arange(batch.num_rows, dtype=np.float64))
    if not keys:
        yield (), arrays
        return
    codes = np.zeros(batch.num_rows, dtype=np.int64)
    dictionaries = []
    for column in batch.columns[:keys]:
        encoded = column.dictionary_encode(null_encoding="encode")
        dictionaries.append(encoded.dictionary.to_pylist())
        codes = codes * len(encoded.dictionary) + np.from_dlpack(encoded.indices).astype(np.int64)
    order = np.argsort(codes, kind="stable")
    found, starts = np.unique(codes[order], return_index=True)
    for code, rows in zip(found.tolist(), np.split(order, starts[1:]), strict=True):
        key: list[Any] = []
        for dictionary in reversed(dictionaries):
            code, position = divmod(code, len(dictionary))
            key.append(scalar(dictionary[position]))
        yield tuple(reversed(key)), [array[rows] for array in arrays]
