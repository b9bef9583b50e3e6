"""The schema of an Arrow or Parquet file: its columns, their types, and what these allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.errors import SuiteError
from assay.suite.exchange.entries import Entry, Imported, check, share

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from assay.core.schema import Kind


def read_arrow(path: Path) -> Imported:
    """The entries of a file's schema; no row is read.

    Raises:
        SuiteError: it is no such file.
    """
    import pyarrow as pa

    try:
        schema = _schema(path)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0][:200]
        raise SuiteError(f"The schema of {str(path)!r} cannot be read: {reason}.") from None
    entries = tuple(_entries(schema, parquet=path.suffix.lower() == ".parquet"))
    return Imported(format="arrow", name=path.name.split(".")[0] or "table", entries=entries)


def _schema(path: Path) -> pa.Schema:
    import pyarrow as pa
    import pyarrow.ipc
    import pyarrow.parquet

    if path.suffix.lower() == ".parquet":
        return pyarrow.parquet.read_schema(path)
    with pa.OSFile(str(path)) as file:
        try:
            return pyarrow.ipc.open_file(file).schema
        except pa.ArrowInvalid:
            file.seek(0)
            return pyarrow.ipc.open_stream(file).schema


def _entries(schema: pa.Schema, *, parquet: bool) -> Iterator[Entry]:
    names = list(schema.names)
    twice = sorted({name for name in names if names.count(name) > 1})
    for name in twice:
        yield Entry(what=f"column {name}", reason="several columns have this name")
    fields = [field for field in schema if field.name not in twice and field.name.strip()]
    kinds = {field.name: kind(field.type) for field in fields}
    if parquet:  # which has no durations: all but Arrow read the whole numbers that they are
        kinds = {name: "integer" if k == "interval" else k for name, k in kinds.items()}
    if kinds:
        params = {"fields": kinds, "extra": "allow" if twice else None}
        yield Entry(what="columns", checks=(check("matches_schema", params),))
    full = [field.name for field in fields if not field.nullable]
    if full:
        where = {"column": full[0]} if len(full) == 1 else {"columns": full}
        yield Entry(what="not null", checks=(check("completeness", where, share(1)),))
    for field in fields:
        limits = _limits(field.type)
        if limits:
            draft = check("in_range", {"column": field.name, **limits}, share(1))
            yield Entry(what=f"{field.type} ({field.name})", checks=(draft,))


def kind(dtype: pa.DataType) -> Kind:
    """The kind of a type of Arrow, as a table of that type is read."""
    import pyarrow.types as t

    if t.is_dictionary(dtype):
        return kind(dtype.value_type)
    tests: tuple[tuple[Any, Kind], ...] = (
        (t.is_boolean, "boolean"),
        (t.is_integer, "integer"),
        (t.is_floating, "float"),
        (t.is_decimal, "decimal"),
        (t.is_date, "date"),
        (t.is_timestamp, "timestamp"),
        (t.is_time, "time"),
        (t.is_duration, "interval"),
        (t.is_interval, "interval"),
        (t.is_nested, "nested"),
    )
    found: Kind | None = next((name for test, name in tests if test(dtype)), None)
    if found is not None:
        return found
    if t.is_string(dtype) or t.is_large_string(dtype) or t.is_string_view(dtype):
        return "string"
    if t.is_binary(dtype) or t.is_large_binary(dtype) or t.is_fixed_size_binary(dtype):
        return "binary"
    return "other"


def _limits(dtype: pa.DataType) -> dict[str, Any]:
    """The least and greatest value of a narrow type; wider ones say nothing worth a check."""
    import pyarrow.types as t

    if t.is_integer(dtype):
        unsigned = t.is_unsigned_integer(dtype)
        if dtype.bit_width > 32:
            return {"lower": 0} if unsigned else {}
        span = 2**dtype.bit_width
        low = 0 if unsigned else -span // 2
        return {"lower": low, "upper": low + span - 1}
    if t.is_decimal(dtype) and 0 <= dtype.scale <= dtype.precision <= 15:
        most = float(f"{10**dtype.precision - 1}e-{dtype.scale}")
        most = int(most) if dtype.scale == 0 else most
        return {"lower": -most, "upper": most}
    return {}
