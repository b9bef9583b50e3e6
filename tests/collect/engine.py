"""A small engine over Arrow tables: as much of the protocol as collection needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assay.core.aggregate import Aggregate, Key
from assay.core.expr import Call, Column
from assay.core.schema import ColumnInfo, Kind, Schema
from assay.states import Count, CountState, Distinct, DistinctState, Frequencies, FrequenciesState


class ArrowEngine:
    """Tables by name; counts the scans of ``batches``."""

    def __init__(self, **tables: pa.Table) -> None:
        self.tables = tables
        self.scans = 0

    def schema(self, name: str) -> Schema:
        return Schema(
            tuple(ColumnInfo(f.name, _kind(f.type), str(f.type)) for f in self.tables[name].schema)
        )

    def batches(self, name: str, *, batch_size: int) -> Iterator[pa.RecordBatch]:
        self.scans += 1
        yield from self.tables[name].combine_chunks().to_batches(max_chunksize=batch_size)

    def fold(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> dict[Aggregate[Any], dict[Key, Any]]:
        return {a: {(): self._state(self.tables[name], a)} for a in aggregates}

    def _state(self, table: pa.Table, aggregate: Aggregate[Any]) -> Any:
        match aggregate.where:
            case None:
                pass
            case Call("not_null", (Column(column),)):
                table = table.filter(pc.invert(pc.is_null(table.column(column), nan_is_null=True)))
            case other:
                raise NotImplementedError(other)
        match aggregate:
            case Count():
                return CountState(table.num_rows)
            case Distinct(of=(Column(column),)):
                values = table.column(column).drop_null()
                return DistinctState(len(values), len(values.unique()), None)
            case Frequencies(of=(Column(column),)):
                counts = Counter((v,) for v in table.column(column).to_pylist())
                return FrequenciesState.of(dict(counts))
            case other:
                raise NotImplementedError(other)


def _kind(kind: pa.DataType) -> Kind:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "float"
    return "string" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "other"
