"""How often each value, or combination of values, occurs."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from assay.core.aggregate import Aggregate
from assay.core.expr import Expr, Scalar


class FrequenciesState(msgspec.Struct, frozen=True, tag="frequencies", tag_field="kind"):
    """Counts by key, in a fixed order; a null is a value like any other.

    Keys keep their type: ``1``, ``1.0``, ``True`` and ``"1"`` do not meet within one column of
    a table, so plain equality is enough.
    """

    counts: tuple[tuple[tuple[Scalar, ...], int], ...] = ()

    @classmethod
    def of(cls, counts: dict[tuple[Scalar, ...], int]) -> FrequenciesState:
        """From a mapping; the order of keys does not matter."""
        return cls(tuple(sorted(counts.items(), key=lambda item: _order(item[0]))))

    def as_dict(self) -> dict[tuple[Scalar, ...], int]:
        """Counts by key."""
        return dict(self.counts)

    @property
    def n(self) -> int:
        """Rows counted."""
        return sum(count for _, count in self.counts)

    def merge(self, other: FrequenciesState) -> FrequenciesState:
        """Counts over both parts."""
        merged = self.as_dict()
        for key, count in other.counts:
            merged[key] = merged.get(key, 0) + count
        return FrequenciesState.of(merged)


def _order(key: tuple[Scalar, ...]) -> tuple[tuple[int, str | float], ...]:
    """A total order over keys of mixed types."""
    return tuple(
        (0, 0.0) if v is None else (1, float(v)) if isinstance(v, bool | int | float) else (2, v)
        for v in key
    )


@dataclass(frozen=True, kw_only=True)
class Frequencies(Aggregate[FrequenciesState]):
    """Counts of each combination of ``of`` (exact: meant for columns with few values)."""

    of: tuple[Expr, ...]
