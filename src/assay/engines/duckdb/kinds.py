"""From DuckDB's type names to the kinds of :mod:`assay.core.schema`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.core.schema import Kind

_KINDS: dict[str, Kind] = {
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer",
    "HUGEINT": "integer", "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer",
    "UBIGINT": "integer", "UHUGEINT": "integer",
    "FLOAT": "float", "DOUBLE": "float", "DECIMAL": "decimal", "BOOLEAN": "boolean",
    "VARCHAR": "string", "ENUM": "string", "UUID": "string", "JSON": "string",
    "DATE": "date", "TIME": "time", "TIME_NS": "time", "TIME WITH TIME ZONE": "time",
    "TIMESTAMP": "timestamp", "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp", "INTERVAL": "interval",
    "BLOB": "binary", "BIT": "binary", "STRUCT": "nested", "MAP": "nested", "UNION": "nested",
    "TUPLE": "nested", "VARIANT": "nested",
    "BIGNUM": "other", "VARINT": "other",  # of any length: neither a double nor Arrow holds them
}  # fmt: skip


def kind_of(native: str) -> Kind:
    """The kind of a type as ``DESCRIBE`` names it: ``DECIMAL(18,3)``, ``VARCHAR[]``."""
    if native.endswith("]"):
        return "nested"
    return _KINDS.get(re.split(r"\(", native, maxsplit=1)[0].strip(), "other")
