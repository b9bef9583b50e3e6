"""From PostgreSQL's types to the kinds of :mod:`assay.core.schema`, and to types that all folds
know: what a column has of another type is read as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from assay.engines.sql.typed import cast

if TYPE_CHECKING:
    from assay.core.schema import Kind

_KINDS: dict[str, Kind] = {
    "smallint": "integer", "integer": "integer", "bigint": "integer", "real": "float",
    "double precision": "float", "numeric": "decimal", "boolean": "boolean", "text": "string",
    "character varying": "string", "bytea": "binary", "date": "date", "interval": "interval",
    "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamp",
    "time without time zone": "time", "time with time zone": "time",
}  # fmt: skip
# types that are read as others
_AS_TEXT: dict[str, Kind] = {
    "character": "string", "name": "string", '"char"': "string", "uuid": "string",
    "json": "string", "jsonb": "string", "citext": "string", "xml": "string", "inet": "string",
    "cidr": "string", "macaddr": "string", "macaddr8": "string", "bit": "binary",
    "bit varying": "binary",
}  # fmt: skip
_AS_NUMBER = {"oid": "BIGINT", "money": "DECIMAL"}
# names in the catalogue of types, as the driver tells them
_SHORT = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "bool": "boolean", "varchar": "character varying",
    "bpchar": "character", "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone", "time": "time without time zone",
    "timetz": "time with time zone", "char": '"char"', "varbit": "bit varying",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type:
    """A type of PostgreSQL.

    Attributes:
        native: its name, as PostgreSQL formats it: ``numeric(10,2)``, ``integer[]``.
        sort: ``b`` base, ``e`` enumeration, ``c`` composite, ``r`` range … (``pg_type.typtype``).
        base: of a domain, the name of the type that it restricts; else "".
    """

    native: str
    sort: str = "b"
    base: str = ""

    @property
    def plain(self) -> str:
        """The name without modifiers: ``numeric``, ``timestamp without time zone``."""
        return re.sub(r"\([^)]*\)", "", self.base or self.native)

    @property
    def kind(self) -> Kind:
        """What it is in a schema."""
        if self.sort == "e":
            return "string"
        if self.plain.endswith("[]") or self.sort == "c":
            return "nested"
        if self.plain in _AS_NUMBER:
            return "integer" if self.plain == "oid" else "decimal"
        return _KINDS.get(self.plain) or _AS_TEXT.get(self.plain, "other")

    def read(self, column: exp.Expr) -> exp.Expr:
        """A column of this type as one that every fold knows.

        Text is ordered by code points, as DuckDB orders it; the blanks that fill a ``character``
        are not part of it. A ``numeric`` that is NaN is null.
        """
        if self.sort in {"b", "d"} and self.plain in _AS_NUMBER:
            return cast(column, _AS_NUMBER[self.plain], dialect="postgres")
        if self.plain == "numeric":
            return exp.Nullif(this=column, expression=exp.Literal.string("NaN"))
        if self.plain in {"text", "character varying"}:
            return by_code(column)
        if self.plain in _KINDS or self.plain.endswith("[]"):
            return column
        return by_code(cast(column, "TEXT", dialect="postgres"))


def by_code(text: exp.Expr) -> exp.Expr:
    """A text that is compared by its code points, whatever the database's collation."""
    return exp.Collate(this=text, expression=exp.to_identifier("C", quoted=True))


def decimal(tree: exp.Expr) -> exp.Expr:
    """A number, or a text that reads as one, with all its digits."""
    return cast(tree, "DECIMAL", dialect="postgres")


def from_driver(name: str, modifier: int) -> str:
    """A type's name as PostgreSQL formats it, from its short name and modifier."""
    if name.startswith("_"):
        return f"{_SHORT.get(name[1:], name[1:])}[]"
    if name == "numeric" and modifier >= 4:
        precision, scale = divmod(modifier - 4, 1 << 16)
        return f"numeric({precision},{(scale & 0x7FF ^ 0x400) - 0x400})"
    return _SHORT.get(name, name)
