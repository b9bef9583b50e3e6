"""Tables of a database by the names people give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.errors import SubjectError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_table(name: str, tables: Sequence[tuple[str, str]], what: str) -> tuple[str, str]:
    """The (schema, table) meant by ``table`` or ``schema.table``; the first exact match wins.

    Raises:
        SubjectError: there is none; the message names the nearest.
    """
    for schema, table in tables:
        if name in (table, f"{schema}.{table}"):
            return schema, table
    known = [t for _, t in tables] + [f"{s}.{t}" for s, t in tables]
    listed = ", ".join(repr(t) for _, t in tables[:8]) or "none"
    raise SubjectError(
        f"{what} has no table {name!r}.{did_you_mean(name, known)}", hint=f"Its tables: {listed}."
    )
