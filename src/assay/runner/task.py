"""A check as work on tables: which of them it folds, and what of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from assay.core.collection import Groups
from assay.core.errors import StorageError
from assay.core.expr import Column, Expr, Sql
from assay.core.schema import ROWS
from assay.runner.clusters import question_of
from assay.states import Count, Moments

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.aggregate import Aggregate
    from assay.core.check import Check
    from assay.core.schema import Schema
    from assay.runner.clusters import Clusters

CAUGHT: tuple[type[BaseException], ...] = (Exception, SystemExit)
"""What costs a check its verdict and no more: a metric or model may call ``sys.exit`` too."""

T = TypeVar("T")


def tried(carry_out: Callable[[], T]) -> T | BaseException:
    """What it gives; or why it gives nothing, which is the verdict of the checks that want it.

    Raises:
        StorageError: it cannot be written, which ends the run.
    """
    try:
        return carry_out()
    except StorageError:
        raise
    except CAUGHT as error:
        return error


def given(outcome: T | BaseException) -> T:
    """What was given, of something that was tried.

    Raises:
        BaseException: why there is nothing (the same error at every call).
    """
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


@dataclass(frozen=True)
class Derived:
    """A table that was made for a check, and the slicings that it serves."""

    table: str
    schema: Schema
    slicings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Task:
    """A check on a table the engine knows, and on a reference table where it compares.

    ``derived`` are tables made for it, in place of its own: the check's filter is part of them.
    ``clusters`` are those that its rows come in, and those of the reference, where its interval
    depends on them.
    """

    check: Check
    table: str
    schema: Schema
    reference_table: str | None = None
    reference_schema: Schema | None = None
    derived: tuple[Derived, ...] = ()
    clusters: Clusters | None = None
    reference_clusters: Clusters | None = None

    def clusters_of(self, table: str) -> Clusters | None:
        """The clusters that the rows of one of its tables come in."""
        return self.clusters if table == self.table else self.reference_clusters

    @property
    def where(self) -> Expr | None:
        """The check's own filter, as far as the table's rows have not passed it."""
        return Sql(self.check.spec.where) if self.check.spec.where and not self.derived else None

    @property
    def slicings(self) -> tuple[tuple[str, ...], ...]:
        """Columns of each slicing; one empty slicing where the whole is measured."""
        return self.check.spec.by or ((),)

    @property
    def tables(self) -> list[tuple[str, Schema]]:
        """The table, and the reference table, with their schemas."""
        if self.derived:
            return [(d.table, d.schema) for d in self.derived]
        tables = [(self.table, self.schema)]
        if self.reference_table is not None and self.reference_schema is not None:
            tables.append((self.reference_table, self.reference_schema))
        return tables

    def own(self, schema: Schema) -> list[Aggregate[Any]]:
        """The aggregates as the metric asks for them."""
        return list(self.check.metric.aggregates(schema))

    def sliced(self, schema: Schema) -> tuple[tuple[str, ...], ...]:
        """The slicings that the table of this schema serves."""
        return next((d.slicings for d in self.derived if d.schema == schema), self.slicings)

    @property
    def size(self) -> Count | Moments:
        """What tells how many rows a slice has: of groups, the sum of their rows."""
        grouped = self.derived and isinstance(self.check.metric.collection(), Groups)
        return Moments(of=Column(ROWS)) if grouped else Count()

    def requests(self, table: str, schema: Schema) -> list[Aggregate[Any]]:
        """The aggregates to fold: filtered, for each slicing, with the size of each slice.

        Where rows come in clusters, by groups of these; and as they are, too, for a metric that is
        ``clustered``: not all that it folds need merge.

        Raises:
            SuiteError: no interval of the metric is known that respects clusters.
        """
        clusters = self.clusters_of(table)
        wanted: list[Aggregate[Any]] = []
        if clusters is not None:
            wanted += question_of(self.check, schema, clusters).requests(schema)
            if not self.check.metric.clustered:
                return wanted
        for slicing in self.sliced(schema):
            by = tuple(Column(name) for name in slicing)
            wanted += [a.within(self.where, by) for a in (self.size, *self.own(schema))]
        return wanted
