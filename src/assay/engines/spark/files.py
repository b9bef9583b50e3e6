"""Files that Spark reads by itself: Parquet, and CSV and JSON Lines with the types found for them.

Spark would guess other types than the embedded engine does. So the embedded engine looks at the
files, and Spark is told: each engine then reads the same columns from the same file.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from assay.core.errors import SubjectError
from assay.engines.duckdb import DuckDBEngine, files
from assay.engines.duckdb.csvs import sniff
from assay.engines.duckdb.sources import file_name
from assay.engines.spark.dialect import SPARK
from assay.engines.spark.sources import Table, unsigned
from assay.engines.sql.typed import cast, function

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from assay.core.source import Files

_TYPES = {
    "BOOLEAN": "boolean", "TINYINT": "tinyint", "SMALLINT": "smallint", "INTEGER": "int",
    "BIGINT": "bigint", "HUGEINT": "decimal(38,0)", "UBIGINT": "decimal(20,0)",
    "UTINYINT": "smallint", "USMALLINT": "int", "UINTEGER": "bigint", "FLOAT": "float",
    "DOUBLE": "double", "DATE": "date", "TIMESTAMP": "timestamp_ntz", "TIME": "time(6)",
    "TIMESTAMP WITH TIME ZONE": "timestamp", "BLOB": "binary",
}  # fmt: skip
_WHOLE = {"HUGEINT", "UBIGINT"}
_ISO = {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S"}
_LETTERS = {
    "Y": "yyyy", "y": "yy", "m": "M", "d": "d", "H": "H", "I": "h", "M": "m", "S": "s", "p": "a",
    "b": "MMM", "B": "MMMM", "f": "SSSSSS", "%": "'%'",
}  # fmt: skip
_PARTITION = re.compile(r"[^/=]+=[^/]*")


def open_files(source: Files) -> Table:
    """A table in files.

    Raises:
        SubjectError: no such file, an empty one, one of another format, or files that differ.
    """
    reader = files.open_files(source)  # checks each of them
    odd = next((path for path in reader.files if ":" in path), None)
    if odd is not None:
        raise SubjectError(
            f"Spark cannot read {file_name(odd)}: a colon in a path means something to it.",
            hint="Rename the file or its folder.",
        )
    match source.format:
        case "parquet":
            return _parquet(reader.what, reader.files)
        case "csv":
            return _csv(reader.what, reader.files)
        case _:
            return _json(source, reader.what, reader.files)


def _parquet(what: str, paths: tuple[str, ...]) -> Table:
    schema = _common_schema(paths)
    base, partitions = _partitioned(paths)

    def opened(session: Any) -> Any:
        from pyspark.sql import functions

        reader = session.read.option("__globPaths__", "false")
        if partitions:
            reader = reader.option("basePath", _address(base))
        frame = reader.parquet(_address(paths[0]))
        if len(paths) > 1:
            # each file is read with the types of the first; those of partitions are of all
            kinds = {f.name: f for f in reader.parquet(*map(_address, paths)).schema.fields}
            fields = [kinds.get(f.name, f) if f.name in partitions else f for f in frame.schema]
            frame = reader.schema(type(frame.schema)(fields)).parquet(*map(_address, paths))
        names = [name for name in frame.columns if name not in partitions] + sorted(partitions)
        cells = [_nanoseconds(name, schema) for name in names]
        return frame.select(*(functions.expr(SPARK.print(cell)) for cell in cells))

    return Table(what, opened, unsigned(schema))


def _nanoseconds(name: str, schema: pa.Schema) -> exp.Expr:
    """A column; moments in nanoseconds, which Spark reads as integers, in microseconds."""
    import pyarrow as pa

    tree: exp.Expr = exp.column(exp.to_identifier(name, quoted=True))
    at = schema.get_field_index(name)
    kind = schema.types[at] if at >= 0 else None
    if kind is None or not pa.types.is_timestamp(kind) or kind.unit != "ns":
        return tree
    thousand = exp.Literal.number(1000)
    rest = function("pmod", tree, thousand)  # so that moments before 1970 are rounded down, too
    whole = exp.Paren(this=exp.Sub(this=tree.copy(), expression=rest))
    moment = function("timestamp_micros", exp.IntDiv(this=whole, expression=thousand.copy()))
    native = _type("timestamp" if kind.tz else "timestamp_ntz")
    return exp.alias_(exp.Cast(this=moment, to=native), name, quoted=True)


def _common_schema(paths: Sequence[str]) -> pa.Schema:
    """The schema of the first file.

    Spark would give nulls for what another file lacks, and fail late where its types differ.

    Raises:
        SubjectError: a file is damaged, or lacks a column or has another type for it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    first: pa.Schema | None = None
    for path in paths:
        try:
            schema = pq.read_schema(path)
        except (pa.ArrowException, OSError) as error:
            raise SubjectError(
                f"{file_name(path)} cannot be read: {str(error).splitlines()[0]}",
                hint="It is not a complete Parquet file: write it again.",
            ) from error
        first = first or schema
        for field in first:
            at = schema.get_field_index(field.name)
            if at < 0:
                raise SubjectError(
                    f"{file_name(path)} has no column {field.name!r}, which "
                    f"{file_name(paths[0])} has.",
                    hint="All files of one table must have the same columns and types.",
                )
            if not pa.types.is_null(schema.types[at]) and schema.types[at] != field.type:
                raise SubjectError(
                    f"Column {field.name!r} is {schema.types[at]} in {file_name(path)} and "
                    f"{field.type} in {file_name(paths[0])}.",
                    hint="All files of one table must have the same columns and types.",
                )
    assert first is not None
    return first


def _partitioned(paths: Sequence[str]) -> tuple[str, set[str]]:
    """The folder above ``year=2024/month=01/…``, where all paths have such parts, and the names."""
    found = set()
    for path in paths:
        parts = path.split(os.sep)[:-1]
        at = next((i for i, part in enumerate(parts) if _PARTITION.fullmatch(part)), len(parts))
        names = tuple(part.partition("=")[0] for part in parts[at:])
        found.add((os.sep.join(parts[:at]), names))
    base, names = found.pop()
    return (base, set(names)) if not found else ("", set())


def _address(path: str) -> str:
    return f"file:{path}"


def _csv(what: str, paths: tuple[str, ...]) -> Table:
    with duckdb.connect() as connection:
        dialect = sniff(connection, paths, what)
    names = [name for name, _ in dialect.columns]
    cells = [
        exp.alias_(
            _cell(name, kind, dialect.date_format, dialect.timestamp_format, what),
            name,
            quoted=True,
        )
        for name, kind in dialect.columns
    ]

    def opened(session: Any) -> Any:
        from pyspark.sql import functions
        from pyspark.sql.types import StringType, StructField, StructType

        reader = session.read.schema(
            StructType([StructField(name, StringType()) for name in names])
        ).options(
            sep=dialect.delimiter, quote='"', escape='"', header="true", mode="FAILFAST",
            multiLine="true", columnPruning="false", maxColumns=str(max(20_480, len(names))),
            __globPaths__="false",
        )  # fmt: skip
        texts = reader.csv([_address(path) for path in paths])
        return texts.select(*(functions.expr(SPARK.print(cell)) for cell in cells))

    return Table(what, opened, frozenset(n for n, kind in dialect.columns if kind in _WHOLE))


def _cell(
    name: str, kind: str, date_format: str | None, timestamp_format: str | None, what: str
) -> exp.Expr:
    """A column of texts as a column of a type; a text that does not read is an error."""
    text = exp.column(exp.to_identifier(name, quoted=True))
    if kind not in _TYPES:
        return text
    native = _TYPES[kind]
    form = {"DATE": date_format, "TIMESTAMP": timestamp_format}.get(kind)
    if form is None or form in _ISO:
        return exp.Cast(this=text, to=_type(native))
    pattern = exp.Literal.string(_letters(form, name, what))
    read = function("to_timestamp_ntz", text, pattern)
    return cast(read, "DATE") if kind == "DATE" else read


def _type(native: str) -> exp.Expr:
    """A type that is printed as it is: SQLGlot does not know all of Spark's."""
    return exp.Var(this=native)


def _letters(form: str, name: str, what: str) -> str:
    """The letters of Java for a format of ``strptime``."""
    made = []
    for found in re.finditer(r"%(.)|([A-Za-z'])|(.)", form):
        directive, letter, mark = found.groups()
        if directive and directive not in _LETTERS:
            raise SubjectError(
                f"Column {name!r} of {what} holds dates as {form!r}, which Spark does not read.",
                hint="Store the table as Parquet, which states its types.",
            )
        quoted = "''" if letter == "'" else f"'{letter}'"
        made.append(_LETTERS[directive] if directive else quoted if letter else mark)
    return "".join(made)


def _json(source: Files, what: str, paths: tuple[str, ...]) -> Table:
    with DuckDBEngine() as engine:
        engine.attach("t", source)
        columns = engine.schema("t").columns
    fields = ", ".join(f"`{c.name.replace('`', '``')}` {_native(c.native)}" for c in columns)

    def opened(session: Any) -> Any:
        reader = session.read.schema(fields).option("mode", "FAILFAST")
        return reader.option("__globPaths__", "false").json([_address(path) for path in paths])

    whole = frozenset(c.name for c in columns if c.native in _WHOLE)
    return Table(what, opened, whole)


def _native(native: str) -> str:
    """Spark's name of a type that the embedded engine found in JSON."""
    return _of(exp.DataType.build(native, dialect="duckdb"), native)


def _of(kind: exp.DataType, native: str) -> str:
    inner = kind.expressions
    match kind.this:
        case exp.DType.STRUCT:
            fields = (f"`{f.name.replace('`', '``')}`: {_of(f.args['kind'], '')}" for f in inner)
            return f"struct<{', '.join(fields)}>"
        case exp.DType.ARRAY | exp.DType.LIST:
            return f"array<{_of(inner[0], '')}>"
        case exp.DType.MAP:
            return f"map<{_of(inner[0], '')}, {_of(inner[1], '')}>"
        case _:
            return _TYPES.get(native or kind.sql(dialect="duckdb"), "string")
