"""What Spark scans: a table as it is known before it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        what: how to speak of it in messages; holds no secret.
        open: its frame, in the session given.
        whole: columns of integers that Spark has no type for and holds as decimals.
    """

    what: str
    open: Callable[[Any], Any]
    whole: frozenset[str] = frozenset()


def unsigned(schema: pa.Schema) -> frozenset[str]:
    """Columns of 64-bit integers without a sign."""
    import pyarrow as pa

    return frozenset(field.name for field in schema if field.type == pa.uint64())
