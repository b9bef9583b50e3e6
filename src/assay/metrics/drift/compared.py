"""The columns that joint drift compares, and the number that is read for each of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from assay.core.expr import Column, Expr, call
from assay.core.expr import Literal as Constant
from assay.core.schema import NUMERIC, TEMPORAL
from assay.states import Extremes, Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate
    from assay.core.schema import ColumnInfo, Schema

MOST_COLUMNS = 300
MOST_VALUES = 40_000_000
"""Rows times columns that are drawn of each table: 320 MB."""

_DRAWN = 20_000
"""Rows that are drawn where fewer are compared: a key is told from a column that hardly repeats."""

Role = Literal["number", "time", "text"]
LOT = Extremes(of=call("lot", Constant("assay")))
"""How the engine draws lots: texts of two tables are compared by their lots."""


def role(info: ColumnInfo) -> Role | None:
    """How a column's values are compared, or None where they are not."""
    if info.kind in NUMERIC or info.kind == "boolean":
        return "number"
    if info.kind in TEMPORAL:
        return "time"
    return "text" if info.kind == "string" else None


class Read(NamedTuple):
    """How a column is compared, and the number that is read of each row."""

    role: Role
    expr: Expr


Wanted = dict[str, Read]
"""What is read of a table, by the names that people see."""


def meant(
    schema: Schema, columns: tuple[str, ...] | None, ignore: tuple[str, ...], *, texts: bool
) -> Wanted:
    """The columns that are meant: those named, or all that may be.

    Dates and times are left out unless they are named: what comes later is told by its date alone.
    """
    usual: tuple[Role, ...] = ("number", "text") if texts else ("number",)
    allowed: tuple[Role, ...] = usual if columns is None else ("time", *usual)
    found = {}
    for info in schema.columns:
        kind = role(info)
        named = info.name not in ignore if columns is None else info.name in columns
        if named and kind in allowed:
            found[info.name] = Read(kind, _number(info.name, kind))
    return found


def elements(vector: str, size: int) -> Wanted:
    """The first numbers of a column of lists."""
    return {
        f"{vector}[{i}]": Read("number", call("element", Column(vector), i))
        for i in range(1, size + 1)
    }


def _number(name: str, kind: Role) -> Expr:
    """A number for each value: for a text its lot, which is equal for equal texts only."""
    if kind != "text":
        return Column(name)
    known = call("not_null", Column(name))
    return call("case", known, call("lot", call("text", Column(name))), Constant(None))


def sample(wanted: Wanted, rows: int) -> Sample:
    """Rows of these columns drawn by lot, at least so many if there are."""
    most = max(rows, min(_DRAWN, MOST_VALUES // len(wanted)))
    return Sample(of=tuple(read.expr for read in wanted.values()), most=most)


def has_texts(wanted: Wanted) -> bool:
    """Whether texts are among them, which only one engine's lots can compare."""
    return any(read.role == "text" for read in wanted.values())


def reads(wanted: Wanted, rows: int) -> tuple[Aggregate[object], ...]:
    """What is folded of each table; nothing where no column is meant."""
    if not wanted:
        return ()
    return (sample(wanted, rows), *((LOT,) if has_texts(wanted) else ()))
