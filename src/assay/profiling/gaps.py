"""Which columns are null together: how many rows have each combination of nulls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.core.profile import GapPattern, Gaps
from assay.states import Distinct, Frequencies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.engine import Engine
    from assay.core.expr import Expr
    from assay.profiling.sizes import Size

_COLUMNS = 50
"""A combination is one number, with a bit for each column: a double holds 53."""
_PATTERNS = 12
_COUNTABLE = 20_000
_SAFE = 12
"""So few columns cannot have too many combinations."""


def gaps(engine: Engine, table: str, rows: int, sizes: Sequence[Size]) -> Gaps | None:
    """The commonest combinations; None where no column has nulls in some rows only.

    Raises:
        EngineError: the scan failed.
        SubjectError: the table cannot be read.
    """
    some = [s for s in sizes if 0 < s.present < rows]
    if not some:
        return None
    worst = sorted(some, key=lambda size: size.present)[:_COLUMNS]
    while len(worst) > _SAFE and _combinations(engine, table, worst) > _COUNTABLE:
        worst = worst[: len(worst) // 2]
    names = [s.column.name for s in some if s in worst]
    mask = _mask(names)
    counts = engine.fold(table, [Frequencies(of=(mask,))])[Frequencies(of=(mask,))][()].counts
    ranked = sorted(counts, key=lambda item: (-item[1], item[0]))
    patterns = [GapPattern(columns=_named(names, key), n=n) for (key,), n in ranked[:_PATTERNS]]
    return Gaps(
        columns=names,
        patterns=patterns,
        rarer=sum(n for _, n in ranked[_PATTERNS:]),
        left_out=[s.column.name for s in some if s not in worst],
    )


def _combinations(engine: Engine, table: str, sizes: Sequence[Size]) -> int:
    different = Distinct(of=(_mask([s.column.name for s in sizes]),))
    found: int = engine.fold(table, [different])[different][()].distinct
    return found


def _mask(names: Sequence[str]) -> Expr:
    """The combination of a row's nulls as a number: bit ``i`` says that column ``i`` is null."""
    bits = [
        call("case", call("is_null", Column(name)), 2.0**i, 0.0) for i, name in enumerate(names)
    ]
    return bits[0] if len(bits) == 1 else call("add", *bits)


def _named(names: Sequence[str], mask: object) -> list[str]:
    bits = int(float(str(mask)))
    return [name for i, name in enumerate(names) if bits >> i & 1]
