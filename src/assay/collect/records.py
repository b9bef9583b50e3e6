"""Records of plain values as Arrow tables, and what samples carry along into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import SubjectError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from assay.core.schema import Kind

_encoder = msgspec.json.Encoder(order="deterministic")
_PLAIN: tuple[Kind, ...] = ("boolean", "integer", "float")


def table_of(records: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Records as a table.

    They go by JSON, which Arrow reads without holding up other threads; its conversion of Python
    objects would also import pandas wherever that is installed.

    Raises:
        SubjectError: a value is not of its column's type: metadata that changed meanwhile.
    """
    import pyarrow as pa
    from pyarrow import json

    if not records:
        return schema.empty_table()
    text = b"\n".join(_encoder.encode(record) for record in records)
    try:
        return json.read_json(
            pa.BufferReader(text),
            read_options=json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=json.ParseOptions(explicit_schema=schema),
        )
    except pa.ArrowInvalid as error:
        raise SubjectError(
            f"The samples' metadata are not of the kinds they had: {error}.",
            hint="Did the samples change meanwhile?",
        ) from None


def carried_types(carry: Mapping[str, Kind]) -> dict[str, pa.DataType]:
    """Types of the columns that samples' metadata become."""
    import pyarrow as pa

    types = {"boolean": pa.bool_(), "integer": pa.int64(), "float": pa.float64()}
    return {name: types.get(kind, pa.string()) for name, kind in carry.items()}


def carried(metadata: Mapping[str, Any], carry: Mapping[str, Kind]) -> dict[str, Any]:
    """A sample's metadata as cells: of text columns, text as it is, else its JSON."""
    return {
        name: value if kind in _PLAIN else _label(value)
        for name, kind in carry.items()
        for value in [metadata.get(name)]
    }


def _label(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _encoder.encode(value).decode()
