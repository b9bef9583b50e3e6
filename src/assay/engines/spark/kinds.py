"""Between Spark's types, Arrow's and the kinds of :mod:`assay.core.schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.core.schema import Kind

_KINDS: dict[str, Kind] = {
    "tinyint": "integer", "smallint": "integer", "int": "integer", "bigint": "integer",
    "float": "float", "double": "float", "decimal": "decimal", "boolean": "boolean",
    "string": "string", "varchar": "string", "char": "string", "date": "date",
    "timestamp": "timestamp", "timestamp_ntz": "timestamp", "time": "time", "interval": "interval",
    "binary": "binary", "array": "nested", "struct": "nested", "map": "nested",
}  # fmt: skip


def kind_of(native: str) -> Kind:
    """The kind of a type as Spark names it: ``decimal(18,3)``, ``array<string>``."""
    for at, letter in enumerate(native):
        if letter in "(< ":
            return _KINDS.get(native[:at], "other")
    return _KINDS.get(native, "other")


def for_spark(table: pa.Table) -> pa.Table:
    """The table in types that Spark has: integers without a sign get room, codes their values."""
    import pyarrow as pa

    plain = {
        pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(),
        pa.uint64(): pa.decimal128(20, 0), pa.float16(): pa.float32(),
        pa.large_string(): pa.string(), pa.string_view(): pa.string(),
        pa.large_binary(): pa.binary(), pa.binary_view(): pa.binary(),
        pa.date64(): pa.date32(), pa.time32("s"): pa.time64("us"), pa.time32("ms"): pa.time64("us"),
        pa.time64("ns"): pa.time64("us"),
    }  # fmt: skip

    def type_of(given: pa.DataType) -> pa.DataType:
        if pa.types.is_dictionary(given):
            return type_of(given.value_type)
        if pa.types.is_timestamp(given):
            return pa.timestamp("us", given.tz)
        if pa.types.is_duration(given):
            return pa.duration("us")
        if pa.types.is_fixed_size_binary(given):
            return pa.binary()
        return plain.get(given, given)

    fields = [pa.field(f.name, type_of(f.type)) for f in table.schema]
    wanted = pa.schema(fields)
    if wanted.equals(table.schema):
        return table.replace_schema_metadata(None)
    columns = [
        # a nanosecond more or less is nothing that Spark could hold
        column.cast(field.type, safe=not pa.types.is_timestamp(field.type))
        for column, field in zip(table.columns, fields, strict=True)
    ]
    return pa.table(columns, schema=wanted)
