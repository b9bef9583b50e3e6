"""Aggregates that need the different values themselves, found by grouping in one more query.

Frequencies are the counts of groups; different values are groups, too, by their hashes. All of
them together take one scan and one job, over one ``GROUPING SETS``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.expr import both, call
from assay.engines.sql.ranked import is_ranked, ranked_queries
from assay.engines.sql.recipes import scalar
from assay.engines.sql.typed import case, project
from assay.states import Distinct, DistinctState, Frequencies, FrequenciesState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Key
    from assay.core.expr import Expr
    from assay.engines.spark.dialect import SparkDialect
    from assay.engines.spark.tables import Tables
    from assay.engines.sql.expressions import Compiler

_KEY = "assay.key"
_ZERO = exp.Literal.number(0)
_MOST = 30
"""Keys of one query: Spark reads the rows of a scan once for each grouping."""


@dataclass(slots=True)
class GroupQuery:
    """One query for several aggregates.

    Attributes:
        keys: the different expressions to group by.
        sets: the groupings, as positions in ``keys``.
        counts: the different conditions under which rows are counted.
        uses: for each aggregate the position of its grouping, the positions in ``keys`` of its
            ``by`` and of its own keys, and the position of its count.
        mergeable: the hashes of different values are wanted, and not only how many there are.
    """

    mergeable: bool
    keys: list[exp.Expr] = field(default_factory=list)
    sets: list[tuple[int, ...]] = field(default_factory=list)
    counts: list[exp.Expr | None] = field(default_factory=list)
    uses: dict[Aggregate[Any], tuple[int, list[int], list[int], int]] = field(default_factory=dict)

    def add(self, aggregate: Aggregate[Any], compiler: Compiler, dialect: SparkDialect) -> None:
        """Let the query serve one more aggregate.

        Raises:
            EngineError: an expression does not fit the table.
        """
        by = [_position(self.keys, compiler.key(e)) for e in aggregate.by]
        own = [_position(self.keys, tree) for tree in _own(aggregate, compiler, dialect)]
        grouping = _position(self.sets, tuple(sorted({*by, *own})))
        where = _where(aggregate)
        condition = None if where is None else compiler.filter(where)
        self.uses[aggregate] = grouping, by, own, _position(self.counts, condition)

    def query(self, compiler: Compiler) -> exp.Select:
        """One row for each group of each grouping: which grouping, the keys, the counts."""
        names = [
            exp.column(exp.to_identifier(f"{_KEY}.{i}", quoted=True)) for i in range(self.width)
        ]
        counted = [
            exp.Count(this=exp.Star())
            if condition is None
            else exp.Count(this=case([(condition, exp.Literal.number(1))]))
            for condition in self.counts
        ]
        columns = [
            exp.alias_(compiler.dialect.grouping(names), "g"),
            *(exp.alias_(name.copy(), f"k{i}") for i, name in enumerate(names)),
            *(exp.alias_(count, f"n{i}") for i, count in enumerate(counted)),
        ]
        sets = exp.GroupingSets(
            expressions=[exp.Tuple(expressions=[names[i].copy() for i in s]) for s in self.sets]
        )
        query = exp.Select(expressions=columns).from_(project(compiler.source(), self.keys, _KEY))
        # rows that no count takes would make groups of their own; with `by`, those are wanted
        wanted = [condition for condition in self.counts if condition is not None]
        if len(wanted) == len(self.counts) and not any(by for _, by, _, _ in self.uses.values()):
            query = query.where(exp.or_(*(condition.copy() for condition in wanted)))
        return self._counted(query.group_by(sets))

    def _counted(self, query: exp.Select) -> exp.Select:
        """The hashes counted where they are not themselves wanted."""
        hashes = self._hashes()
        if self.mergeable or not hashes:
            return query
        kept = ["g", *(f"k{i}" for i in range(self.width) if i not in hashes)]
        sums = [
            exp.alias_(exp.Sum(this=exp.column(f"n{i}")), f"n{i}") for i in range(len(self.counts))
        ]
        different = [
            exp.alias_(
                exp.CountIf(this=exp.GT(this=exp.column(f"n{i}"), expression=_ZERO)), f"d{i}"
            )
            for i in range(len(self.counts))
        ]
        return (
            exp.Select(expressions=[*map(exp.column, kept), *sums, *different])
            .from_(exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("groups"))))
            .group_by(*map(exp.column, kept))
        )

    def _hashes(self) -> set[int]:
        """Positions of the keys that are hashes."""
        return {
            i
            for aggregate, (_, _, own, _) in self.uses.items()
            if isinstance(aggregate, Distinct)
            for i in own
        }

    @property
    def width(self) -> int:
        """How many keys."""
        return len(self.keys)

    def decode(self, table: pa.Table) -> dict[Aggregate[Any], dict[Key, Any]]:
        """States by aggregate and key; the key of an aggregate without ``by`` is ``()``."""
        grouping = table["g"].to_numpy()
        folded: dict[Aggregate[Any], dict[Key, Any]] = {}
        for position, positions in enumerate(self.sets):
            mine = table.filter(_mask(grouping == self._bits(positions)))
            for aggregate, (at, by, own, count) in self.uses.items():
                if at == position:
                    keys = [mine[f"k{i}"] for i in by]
                    columns = [mine[f"n{count}"], *self._kept(mine, aggregate, own, count)]
                    folded[aggregate] = _states(aggregate, keys, columns, mergeable=self.mergeable)
        return folded

    def _kept(
        self, table: pa.Table, aggregate: Aggregate[Any], own: list[int], count: int
    ) -> list[pa.ChunkedArray]:
        """What a row says beside its count: the keys, or how many different ones there were."""
        if isinstance(aggregate, Distinct) and not self.mergeable:
            return [table[f"d{count}"]]
        return [table[f"k{i}"] for i in own]

    def _bits(self, positions: tuple[int, ...]) -> int:
        """What the grouping is numbered: a bit for each key that it is not grouped by."""
        return sum(1 << (self.width - 1 - i) for i in range(self.width) if i not in positions)


def group_queries(
    aggregates: Sequence[Aggregate[Any]],
    compiler: Compiler,
    dialect: SparkDialect,
    *,
    mergeable: bool,
) -> Iterator[GroupQuery]:
    """As few queries as serve the aggregates: one, unless they have very many keys."""
    query = GroupQuery(mergeable)
    for aggregate in aggregates:
        if query.width >= _MOST:
            yield query
            query = GroupQuery(mergeable)
        query.add(aggregate, compiler, dialect)
    if query.uses:
        yield query


def fold_groups(
    aggregates: Sequence[Aggregate[Any]], compiler: Compiler, tables: Tables, *, mergeable: bool
) -> dict[Aggregate[Any], dict[Key, Any]]:
    """States by aggregate and key, in one job for each query.

    Raises:
        pyspark.errors.PySparkException: one failed.
    """
    folded: dict[Aggregate[Any], dict[Key, Any]] = {}
    for ranked in ranked_queries(aggregates, mergeable=mergeable):
        found = ranked.fold(tables.rows(ranked.query(compiler)))
        for aggregate, states in found.items():
            if not states and not ranked.by:  # the grouping sets of no rows are no groups
                states[()] = ranked.empty(aggregate)
        folded |= found
    others = [a for a in aggregates if not is_ranked(a)]
    for groups in group_queries(others, compiler, tables.dialect, mergeable=mergeable):
        folded |= groups.decode(tables.arrow(groups.query(compiler)))
    return folded


def group_trees(
    aggregates: Sequence[Aggregate[Any]],
    compiler: Compiler,
    dialect: SparkDialect,
    *,
    mergeable: bool,
) -> list[exp.Select]:
    """The queries that :func:`fold_groups` runs."""
    others = [a for a in aggregates if not is_ranked(a)]
    return [
        *(q.query(compiler) for q in ranked_queries(aggregates, mergeable=mergeable)),
        *(q.query(compiler) for q in group_queries(others, compiler, dialect, mergeable=mergeable)),
    ]


def _position(known: list[Any], one: Any) -> int:
    if one not in known:
        known.append(one)
    return known.index(one)


def _own(aggregate: Aggregate[Any], compiler: Compiler, dialect: SparkDialect) -> list[exp.Expr]:
    if isinstance(aggregate, Frequencies):
        return [compiler.key(e) for e in aggregate.of]
    assert isinstance(aggregate, Distinct)
    return [dialect.hash([compiler.key(e) for e in aggregate.of])]


def _where(aggregate: Aggregate[Any]) -> Expr | None:
    if not isinstance(aggregate, Distinct):
        return aggregate.where
    known = [call("not_null", expr) for expr in aggregate.of]
    return both(aggregate.where, known[0] if len(known) == 1 else call("and", *known))


def _states(
    aggregate: Aggregate[Any],
    by: list[pa.ChunkedArray],
    columns: list[pa.ChunkedArray],
    *,
    mergeable: bool,
) -> dict[Key, Any]:
    """States by key, from the counts of groups and what is known of each beside them."""
    if not by:
        return {(): _state(aggregate, columns, mergeable=mergeable)}
    import pyarrow as pa

    rows: dict[Key, list[int]] = {}
    for row, key in enumerate(zip(*(column.to_pylist() for column in by), strict=True)):
        rows.setdefault(tuple(map(_scalar, key)), []).append(row)
    return {
        key: _state(aggregate, [c.take(pa.array(some)) for c in columns], mergeable=mergeable)
        for key, some in rows.items()
    }


def _state(aggregate: Aggregate[Any], columns: list[pa.ChunkedArray], *, mergeable: bool) -> Any:
    if isinstance(aggregate, Distinct):
        times, other = (column.to_numpy() for column in columns)
        n = int(times.sum())
        if mergeable:
            return DistinctState.of(n, other[times > 0].view("uint64"))
        return DistinctState(n, int(other.sum()), None)
    counts = {
        tuple(map(_scalar, key)): times
        for times, *key in zip(*(column.to_pylist() for column in columns), strict=True)
        if times
    }
    return FrequenciesState.of(counts)


def _scalar(value: Any) -> Any:
    """A decimal is an integer that Spark has no other type for."""
    return scalar(int(value) if type(value).__name__ == "Decimal" else value)


def _mask(found: NDArray[np.bool_]) -> pa.Array:
    import pyarrow as pa

    return pa.array(found)
