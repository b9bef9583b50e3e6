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

    Attributes:
        counts: of the keys that are listed: all of them, unless ``rest`` is above 0.
        rest: rows whose keys are not listed.
        bound: greatest count that a key which is not listed may have. What is listed on one side
            of a merge only may have up to the other side's bound in more (Misra & Gries summaries
            merge so: Agarwal et al. 2013, ACM Transactions on Database Systems 38:4).
    """

    counts: tuple[tuple[tuple[Scalar, ...], int], ...] = ()
    rest: int = 0
    bound: int = 0

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
        return sum(count for _, count in self.counts) + self.rest

    def foremost(self, most: int) -> FrequenciesState:
        """The keys with the highest counts, at most so many; one of nulls alone is always kept.

        Of equal counts the greater key is kept.
        """
        if len(self.counts) <= most:
            return self
        ranked = sorted(
            self.counts,
            key=lambda item: (all(v is None for v in item[0]), item[1], _order(item[0])),
            reverse=True,
        )
        left = [count for _, count in ranked[most:]]
        kept = FrequenciesState.of(dict(ranked[:most]))
        return FrequenciesState(kept.counts, self.rest + sum(left), max(self.bound, *left))

    def merge(self, other: FrequenciesState) -> FrequenciesState:
        """Counts over both parts."""
        merged = self.as_dict()
        for key, count in other.counts:
            merged[key] = merged.get(key, 0) + count
        counts = FrequenciesState.of(merged).counts
        return FrequenciesState(counts, self.rest + other.rest, self.bound + other.bound)


def _order(key: tuple[Scalar, ...]) -> tuple[tuple[int, str | float], ...]:
    """A total order over keys of mixed types."""
    return tuple(
        (0, 0.0) if v is None else (1, float(v)) if isinstance(v, bool | int | float) else (2, v)
        for v in key
    )


@dataclass(frozen=True, kw_only=True)
class Frequencies(Aggregate[FrequenciesState]):
    """Counts of each combination of ``of``.

    They are exact. With ``most``, an engine may list only so many keys, the most frequent ones and
    that of nulls alone; without it every key comes to this process: meant for few. States that must
    merge list every key.
    """

    of: tuple[Expr, ...]
    most: int | None = None
