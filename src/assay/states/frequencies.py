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

    What does not list every key says how far off it may be: a key that is not listed has from 0 to
    ``bound`` rows, and a listed one from its count to ``short`` more. That of nulls alone is always
    listed, and its count is exact.

    Attributes:
        counts: of the keys that are listed: all of them, unless ``rest`` is above 0.
        rest: rows that no listed key is counted with.
        bound: greatest number of rows that a key which is not listed may have.
        short: greatest number of rows that a listed key may have beside its count.
        most: keys that a merged state lists; None where it lists all of both sides.
    """

    counts: tuple[tuple[tuple[Scalar, ...], int], ...] = ()
    rest: int = 0
    bound: int = 0
    short: int = 0
    most: int | None = None

    @classmethod
    def of(cls, counts: dict[tuple[Scalar, ...], int]) -> FrequenciesState:
        """From a mapping; the order of keys does not matter."""
        return cls(tuple(sorted(counts.items(), key=lambda item: _order(item[0]))))

    @classmethod
    def ranked(
        cls, foremost: dict[tuple[Scalar, ...], int], n: int, most: int, *, mergeable: bool
    ) -> FrequenciesState:
        """From the ``most + 1`` keys with the highest counts (or all) of ``n`` rows.

        Args:
            foremost: that of nulls alone is among them, whatever its count.
            mergeable: the state is that of a part, as :meth:`capped` has it.
        """
        listed = cls.of(foremost)
        left = cls(listed.counts, n - listed.n)
        return left.capped(most) if mergeable else left.foremost(most)

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
            key=lambda item: (_missing(item[0]), item[1], _order(item[0])),
            reverse=True,
        )
        left = [count for _, count in ranked[most:]]
        kept = FrequenciesState.of(dict(ranked[:most]))
        return msgspec.structs.replace(
            self,
            counts=kept.counts,
            rest=self.rest + sum(left),
            bound=max(self.bound, max(left) + self.short),
        )

    def capped(self, most: int) -> FrequenciesState:
        """A summary of at most so many keys, which stays one when it is merged with others.

        Where there are more, the count of the first key too many is taken from every other: what is
        left of it is listed. However many parts are merged, in whatever order, a count is short by
        at most the rows that are not of nulls, divided by ``most``, and so is what is not listed
        (Misra & Gries 1982, Science of Computer Programming 2:143; merged as in Agarwal et al.
        2013, ACM Transactions on Database Systems 38:4).
        """
        known = [item for item in self.counts if not _missing(item[0])]
        nulls = [item for item in self.counts if _missing(item[0])]
        room = most - len(nulls)
        if len(known) <= room:
            return msgspec.structs.replace(self, most=most)
        cut = sorted((count for _, count in known), reverse=True)[room]
        kept = {key: count - cut for key, count in known if count > cut} | dict(nulls)
        return FrequenciesState(
            FrequenciesState.of(kept).counts,
            self.n - sum(kept.values()),
            max(self.bound, cut + self.short),
            self.short + cut,
            most,
        )

    def merge(self, other: FrequenciesState) -> FrequenciesState:
        """Counts over both parts.

        What is listed on one side only may have up to the other side's bound in more.
        """
        merged = self.as_dict()
        for key, count in other.counts:
            merged[key] = merged.get(key, 0) + count
        both = FrequenciesState(
            FrequenciesState.of(merged).counts,
            self.rest + other.rest,
            self.bound + other.bound,
            max(self.short + other.bound, self.bound + other.short),
        )
        limits = [most for most in (self.most, other.most) if most is not None]
        return both.capped(min(limits)) if limits else both


def _missing(key: tuple[Scalar, ...]) -> bool:
    return all(value is None for value in key)


def _order(key: tuple[Scalar, ...]) -> tuple[tuple[int, str | float], ...]:
    """A total order over keys of mixed types."""
    return tuple(
        (0, 0.0) if v is None else (1, float(v)) if isinstance(v, bool | int | float) else (2, v)
        for v in key
    )


@dataclass(frozen=True, kw_only=True)
class Frequencies(Aggregate[FrequenciesState]):
    """Counts of each combination of ``of``.

    They are exact. With ``most``, an engine lists only so many keys, the most frequent ones and
    that of nulls alone; without it every key comes to this process: meant for few. States that must
    merge list all keys, too, where there are no more than ``most``, and are summaries beyond
    (:meth:`FrequenciesState.capped`).
    """

    of: tuple[Expr, ...]
    most: int | None = None
