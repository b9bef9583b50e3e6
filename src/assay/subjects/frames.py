"""Rows for a model: from Arrow to the frame or matrix that it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.errors import SubjectError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def as_frame(rows: pa.Table) -> Any:
    """A pandas frame where pandas is installed, else the Arrow table itself.

    scikit-learn 1.9 selects columns of an Arrow table by name; older versions need pandas. Text
    and missing values come as pandas itself would read them; dates as ``datetime64``; decimals as
    doubles.
    """
    plain = _without_decimals(rows)
    try:
        import pandas  # noqa: F401 - Arrow's conversion needs it
    except ImportError:
        return plain
    return plain.to_pandas(date_as_object=False)


def as_matrix(rows: pa.Table) -> NDArray[Any]:
    """An array of shape (n, k), for models that were fitted on arrays and so know no names.

    Doubles with NaN for null, or objects where a column does not hold numbers.
    """
    import pyarrow as pa

    plain = _without_decimals(rows)
    types = plain.schema.types
    if all(pa.types.is_integer(t) or pa.types.is_floating(t) or _is_bool(t) for t in types):
        columns = [numbers(plain.column(i), plain.schema.names[i]) for i in range(len(types))]
        return np.column_stack(columns) if columns else np.empty((rows.num_rows, 0))
    matrix = np.empty((rows.num_rows, len(types)), dtype=object)
    for i in range(len(types)):
        matrix[:, i] = plain.column(i).to_pylist()
    return matrix


def numbers(column: pa.ChunkedArray, name: str) -> NDArray[np.float64]:
    """A column as doubles of shape (n,), null as NaN.

    Raises:
        SubjectError: it does not hold numbers.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if not (_is_bool(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        if not pa.types.is_decimal(kind):
            raise SubjectError(f"The column {name!r} holds {kind}, not numbers.")
        column = pc.cast(column, pa.float64())
    if _is_bool(kind):
        column = pc.cast(column, pa.uint8())
    # Doubles hold integers to 2**53; beyond that the nearest one is meant, as everywhere in NumPy.
    doubles = pc.cast(column, pa.float64(), safe=False)
    found: NDArray[np.float64] = doubles.to_numpy(zero_copy_only=False)
    return found


def _is_bool(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_boolean(kind))


def _without_decimals(rows: pa.Table) -> pa.Table:
    import pyarrow as pa

    fields = [
        pa.field(f.name, pa.float64()) if pa.types.is_decimal(f.type) else f for f in rows.schema
    ]
    return rows.cast(pa.schema(fields))
