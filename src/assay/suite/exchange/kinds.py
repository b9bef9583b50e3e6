"""Names of types in other tools, as kinds of Assay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.suite.exchange.entries import UnmappableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.schema import Kind

_NAMES: dict[Kind, str] = {
    "integer": "int integer long short byte bigint smallint tinyint hugeint mediumint int2 int4 "
    "int8 int16 int32 int64 uint8 uint16 uint32 uint64 int_ intp serial bigserial byteint",
    "float": "float double real float4 float8 float16 float32 float64 float_ double_precision "
    "halffloat",
    "decimal": "decimal numeric number bignumeric decimal128 decimal256 money",
    "boolean": "bool boolean bool_ bit",
    "string": "str string text varchar char character nvarchar nchar character_varying "
    "large_string large_utf8 utf8 str_ unicode clob string_view bpchar",
    "date": "date date32 date64",
    "timestamp": "timestamp datetime datetime64 timestamptz timestampntz timestamp_ntz "
    "timestamp_ltz timestamp_tz smalldatetime datetime2 timestamp_with_time_zone "
    "timestamp_without_time_zone",
    "time": "time time32 time64",
    "interval": "interval timedelta timedelta64 duration",
    "binary": "bytes binary blob bytea varbinary large_binary bytes_ fixed_size_binary",
    "nested": "list struct map array dict large_list fixed_size_list",
}
_KINDS: dict[str, Kind] = {name: kind for kind, names in _NAMES.items() for name in names.split()}


def kind_of(name: str) -> Kind | None:
    """The kind that a type's name stands for: of pandas, NumPy, Arrow, Spark, SQL or Python.

    None where it says nothing about the values, as ``object`` and ``category``, or is not known.
    """
    plain = re.sub(r"[\[(<].*", "", name.strip()).rpartition(".")[2].strip().lower()
    plain = re.sub(r"\s+", "_", plain)
    return _KINDS.get(plain) or _KINDS.get(plain.removesuffix("type"))


def kind_for(names: Iterable[str]) -> Kind:
    """The one kind that covers all the names.

    Raises:
        UnmappableError: a name is not known, or no one kind covers them.
    """
    kinds: list[Kind] = []
    for name in names:
        kind = kind_of(name)
        if kind is None:
            raise UnmappableError(f"the type {name!r} says nothing that Assay could check")
        kinds.append(kind)
    found = set(kinds)
    for wide, narrow in (("float", {"integer", "decimal"}), ("timestamp", {"date"})):
        if wide in found:
            found -= narrow
    if found == {"decimal", "integer"}:
        found = {"decimal"}
    if len(found) != 1:
        raise UnmappableError(f"no one type covers {', '.join(sorted(set(kinds)))}")
    return found.pop()
