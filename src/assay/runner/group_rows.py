"""Rows whose group fails a check of groups, where a row alone can tell: its group has others."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from assay.core.collection import Groups
from assay.core.expr import Column, Repeated, Sql, both, call
from assay.core.schema import ROWS

if TYPE_CHECKING:
    from assay.core.check import Check
    from assay.core.expr import Expr
    from assay.core.schema import Schema

_REPEATS = call("gt", Column(ROWS), 1)
_TEXTLESS = frozenset({"nested", "binary", "other"})


def repeated_rows(check: Check, schema: Schema, unit: str | None) -> Expr | None:
    """True for the rows of groups that fail; None where failing is more than having several rows.

    Groups count null as a value like any other, and :class:`Repeated` does not, so each key is
    told by whether it is null and by its text.

    Args:
        schema: of the check's table.
        unit: the column that numbers its rows, which is no key where all columns are keys.
    """
    wish = check.metric.collection()
    if not isinstance(wish, Groups) or check.metric.failing(schema) != _REPEATS:
        return None
    keys = dict(wish.keys)
    if wish.all_but is not None:
        left_out = {*wish.all_but, unit}
        keys |= {name: Column(name) for name in schema.names if name not in left_out}
    kinds = {column.name: column.kind for column in schema.columns}
    spec = check.spec
    sliced = {name: Column(name) for by in spec.by for name in by}
    named = [e.name for e in [*keys.values(), *sliced.values()] if isinstance(e, Column)]
    if len(named) < len(keys) + len(sliced) or any(kinds.get(n) in _TEXTLESS for n in named):
        return None
    where = both(Sql(spec.where) if spec.where else None, wish.where)
    several = [
        _repeated([*keys.values(), *(sliced[name] for name in by)], where)
        for by in spec.by or ((),)
    ]
    return both(where, reduce(lambda a, b: call("or", a, b), several))


def _repeated(keys: list[Expr], where: Expr | None) -> Expr:
    of: list[Expr] = []
    for key in keys:
        empty = call("is_null", key)
        of += [empty, call("case", empty, "", call("text", key))]
    if where is None:
        return Repeated(tuple(of))
    # What is null repeats nothing, so rows that the check leaves out do not count.
    return Repeated(tuple(call("case", where, e, None) for e in of))
