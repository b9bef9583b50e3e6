"""What is asked of a file, as a text that is the same in every process; and what merges.

Two kept states speak of the same question where these texts are equal, so another definition of a
metric, another schema or another engine's version simply finds nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from assay.core.aggregate import Aggregate
from assay.core.expr import Member, Repeated, Sql
from assay.engines.sql.predicates import volatile
from assay.states import FORMAT, Quantiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assay.core.schema import Schema


def text_of(value: object, fingerprint: Callable[[str], str]) -> str:
    """A tree of dataclasses, tuples and plain values, so that different trees differ.

    Args:
        fingerprint: content of another table, which stands for its name.

    Raises:
        TypeError: the tree holds anything else.
    """
    if isinstance(value, Member):
        of, columns = text_of(value.of, fingerprint), text_of(value.columns, fingerprint)
        return f"Member({of},{fingerprint(value.table)!r},{columns})"
    if is_dataclass(value) and not isinstance(value, type):
        inner = (f"{f.name}={text_of(getattr(value, f.name), fingerprint)}" for f in fields(value))
        return f"{type(value).__name__}({','.join(inner)})"
    if isinstance(value, tuple):
        return f"({''.join(f'{text_of(v, fingerprint)},' for v in value)})"
    if value is None or isinstance(value, str | int | float | bool):
        return repr(value)
    raise TypeError(f"an aggregate holds a {type(value).__name__}")


def question(
    aggregate: Aggregate[Any], schema: Schema, engine: str, fingerprint: Callable[[str], str]
) -> str:
    """The identity of a question: SHA-256, in hexadecimal digits.

    Args:
        schema: of the file; the order of columns does not matter.
        engine: the engine's identity.
        fingerprint: content of another table that the aggregate looks keys up in.
    """
    columns = sorted((c.name, c.kind, c.native) for c in schema.columns)
    asked = (FORMAT, _assay(), engine, tuple(columns), aggregate)
    return hashlib.sha256(text_of(asked, fingerprint).encode()).hexdigest()


@cache
def _assay() -> str:
    """Version of Assay: another may read the same expression in another way."""
    try:
        return version("assay")
    except PackageNotFoundError:  # imported from a path without metadata
        return "unknown"


def why_whole(
    aggregate: Aggregate[Any], table: str, fingerprint: Callable[[str], str]
) -> str | None:
    """Why states of parts cannot answer this; None where they can. A clause for a person.

    Args:
        table: the name of the table under test.
        fingerprint: content of another table; "" where it is not known.
    """
    for node in nodes(aggregate):
        match node:
            case Repeated():
                return "a key may occur again in another file"
            case Member(table=other) if other == table:
                return "it looks keys up in the table itself"
            case Member(table=other) if not fingerprint(other):
                return f"it looks keys up in {other!r}, which may change at any time"
            case Sql(text=text) if volatile(text):
                return "its SQL asks what time it is"
    if isinstance(aggregate, Quantiles) and find_spec("datasketches") is None:
        return "quantiles merge only with sketches: pip install 'assay[sketches]'"
    return None


def nodes(value: object) -> Iterator[object]:
    """Every dataclass in a tree."""
    if is_dataclass(value):
        yield value
        for f in fields(value):
            yield from nodes(getattr(value, f.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from nodes(item)
