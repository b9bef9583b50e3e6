"""Aggregates: what an engine can push down and fuse; and the states they fold to.

The kinds are a closed set (``assay.states``: one file holds a kind and its state); metrics are the
open set. Equality is by value, so what two checks both need is computed once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from assay.core.expr import Expr, Scalar, both

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from assay.core.schema import Schema

Key = tuple[Scalar, ...]


class State(Protocol):
    """Mergeable sufficient statistic: a commutative monoid under ``merge``.

    ``JSON`` form comes from msgspec (``assay.states.to_json`` / ``from_json``).
    """

    def merge(self, other: Self, /) -> Self:
        """The state of both parts together."""
        ...


S_co = TypeVar("S_co", covariant=True)
S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class Aggregate(Generic[S_co]):
    """What to fold: the rows where ``where`` is true, apart for each distinct value of ``by``."""

    where: Expr | None = None
    by: tuple[Expr, ...] = ()

    def within(self, where: Expr | None, by: tuple[Expr, ...]) -> Self:
        """The same aggregate restricted to ``where`` and sliced by ``by`` first, then its own."""
        if where is None and not by:
            return self
        return replace(self, where=both(where, self.where), by=(*by, *self.by))


class Fold:
    """What the engine folded for one metric (and one slice): aggregate in, state out.

    Metrics ask for the very aggregates they declared; equality by value finds them, and the type
    of the state follows from the type of the aggregate.

    Attributes:
        clusters: where rows are not independent, and the metric says that it is ``clustered``: the
            same aggregates over each group of rows (whole clusters, or blocks of time); else None.
    """

    def __init__(
        self,
        schema: Schema,
        states: Mapping[Aggregate[Any], Mapping[Key, Any]],
        *,
        reference: Fold | None = None,
        clusters: Sequence[Fold] | None = None,
    ) -> None:
        self.schema = schema
        self.clusters = clusters
        self._states = states
        self._reference = reference

    def __getitem__(self, aggregate: Aggregate[S]) -> S:
        """The state of an aggregate without ``by``."""
        state: S = self._states[aggregate][()]
        return state

    def groups(self, aggregate: Aggregate[S]) -> Mapping[Key, S]:
        """The states of an aggregate with ``by``: one for each key that occurs."""
        return self._states[aggregate]

    @property
    def reference(self) -> Fold:
        """The same aggregates folded over the reference table (metrics with ``against`` only)."""
        if self._reference is None:
            raise LookupError("this metric was folded without a reference table")
        return self._reference
