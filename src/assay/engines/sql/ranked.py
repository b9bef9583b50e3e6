"""The most frequent keys of columns that may have very many, ranked where the rows are.

One scan groups the rows by the keys of several aggregates at once (grouping sets); of each
aggregate only the foremost keys leave the engine, and how many rows there are in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.expr import Expr
from assay.engines.sql.recipes import scalar
from assay.engines.sql.typed import case, conjunction, project
from assay.states import Frequencies, FrequenciesState

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Key
    from assay.engines.sql.expressions import Compiler

_KEY, _CODE, _N, _RANK = "assay.key", "assay.code", "assay.n", "assay.rank"
_TOGETHER = 8
"""Aggregates of one query: each hashes every row once more."""


@dataclass(frozen=True, slots=True)
class RankedQuery:
    """The most frequent keys for aggregates of one ``by``, one ``where`` and one ``most``.

    Attributes:
        mergeable: the states are to merge with those of other parts of the table.
    """

    aggregates: tuple[Frequencies, ...]
    mergeable: bool

    @property
    def by(self) -> tuple[Expr, ...]:
        """What the states are apart for."""
        return self.aggregates[0].by

    @property
    def _keys(self) -> list[Expr]:
        return list(dict.fromkeys([*self.by, *(e for a in self.aggregates for e in a.of)]))

    @property
    def _most(self) -> int:
        return self.aggregates[0].most or 0

    def query(self, compiler: Compiler) -> exp.Select:
        """GROUPING, the keys, and the rows of each group that is among the foremost.

        All rows of each key of ``by`` are a group of their own.
        """
        keys = self._keys
        names = [_named(f"{_KEY}.{i}") for i in range(len(keys))]
        of = names[len(set(self.by)) :]
        # all keys that a row is not grouped by are null, so "all" tells of its own
        some = exp.GT(this=_named(_N), expression=exp.Literal.number(0))
        nulls = conjunction(some, *(exp.Is(this=name.copy(), expression=exp.Null()) for name in of))
        order = [
            exp.Ordered(this=case([(nulls, exp.Literal.number(0))], exp.Literal.number(1))),
            *(exp.Ordered(this=one, desc=True, nulls_first=False) for one in (_named(_N), *of)),
        ]
        within = [_named(_CODE), *names[: len(set(self.by))]]
        rank = exp.Window(
            this=exp.RowNumber(),
            partition_by=[one.copy() for one in within],
            order=exp.Order(expressions=[one.copy() for one in order]),
        )
        fields = [_named(_CODE), *names, _named(_N)]
        ranked = exp.Select(
            expressions=[*(f.copy() for f in fields), exp.alias_(rank, _RANK, quoted=True)]
        ).from_(_derived(self._grouped(compiler, names), "g"))
        most = exp.Literal.number(self._most + 1)
        return (
            exp.Select(expressions=[exp.alias_(f.copy(), f"c{i}") for i, f in enumerate(fields)])
            .from_(_derived(ranked, "r"))
            .where(exp.LTE(this=_named(_RANK), expression=most))
        )

    def _grouped(self, compiler: Compiler, names: Sequence[exp.Expr]) -> exp.Select:
        where = self.aggregates[0].where
        count: exp.Expr = exp.Count(this=exp.Star())
        if where is not None and self.by:  # a key of `by` is wanted where no row meets it, too
            one = exp.Literal.number(1)
            count = exp.Count(this=case([(compiler.filter(where), one)]))
        query = exp.Select(
            expressions=[
                exp.alias_(compiler.dialect.grouping(names), _CODE, quoted=True),
                *(name.copy() for name in names),
                exp.alias_(count, _N, quoted=True),
            ]
        ).from_(project(compiler.source(), [compiler.key(e) for e in self._keys], _KEY))
        if where is not None and not self.by:
            query = query.where(compiler.filter(where).copy())
        tuples = [exp.Tuple(expressions=[names[i].copy() for i in s]) for s in self._sets()]
        return query.group_by(exp.GroupingSets(expressions=tuples))

    def _sets(self) -> list[tuple[int, ...]]:
        """The groupings, as positions among the keys: that of ``by`` alone comes first."""
        keys = self._keys
        own = [tuple(sorted({keys.index(e) for e in (*self.by, *a.of)})) for a in self.aggregates]
        return list(dict.fromkeys([tuple(range(len(set(self.by)))), *own]))

    def _code(self, positions: Sequence[int]) -> int:
        """What GROUPING says of a set: a bit for each key that is not in it (first: highest)."""
        width = len(self._keys)
        return sum(1 << (width - 1 - i) for i in range(width) if i not in positions)

    def fold(self, rows: Iterable[Sequence[Any]]) -> dict[Aggregate[Any], dict[Key, Any]]:
        """The states by aggregate and key, of the rows of the query."""
        keys, whole = self._keys, self._code(range(len(set(self.by))))
        at = {a: [keys.index(e) for e in a.of] for a in self.aggregates}
        codes = {self._code([*range(len(set(self.by))), *own]): a for a, own in at.items()}
        totals: dict[Key, int] = {}
        counts: dict[Aggregate[Any], dict[Key, dict[Key, int]]] = {a: {} for a in at}
        for code, *values, n in rows:
            by = tuple(scalar(values[keys.index(e)]) for e in self.by)
            if code == whole:
                totals[by] = n
            elif n:
                aggregate = codes[int(code)]
                value = tuple(scalar(values[i]) for i in at[aggregate])
                counts[aggregate].setdefault(by, {})[value] = n
        return {
            a: {
                by: FrequenciesState.ranked(
                    found.get(by, {}), n, self._most, mergeable=self.mergeable
                )
                for by, n in totals.items()
            }
            for a, found in counts.items()
        }

    def empty(self, aggregate: Aggregate[Any]) -> FrequenciesState:
        """The state of no rows."""
        return FrequenciesState.ranked({}, 0, self._most, mergeable=self.mergeable)


def is_ranked(aggregate: Aggregate[Any]) -> bool:
    """Whether only the foremost keys of an aggregate leave the engine."""
    return (
        isinstance(aggregate, Frequencies)
        and aggregate.most is not None
        and not set(aggregate.of) & set(aggregate.by)
    )


def ranked_queries(
    aggregates: Iterable[Aggregate[Any]], *, mergeable: bool
) -> Iterator[RankedQuery]:
    """As few queries as serve those aggregates that list only the most frequent keys."""
    for together in ranked_together(a for a in aggregates if is_ranked(a)):
        yield RankedQuery(together, mergeable)


def ranked_together(aggregates: Iterable[Aggregate[Any]]) -> Iterator[tuple[Frequencies, ...]]:
    """Frequencies of one ``by``, ``where`` and ``most``, as many as one query takes.

    Those of the same keys in another order are apart: they would be one grouping.
    """
    together: dict[Any, list[tuple[set[frozenset[Expr]], list[Frequencies]]]] = {}
    for one in aggregates:
        if isinstance(one, Frequencies):
            groups = together.setdefault((one.by, one.where, one.most), [])
            keys = frozenset(one.of)
            for known, several in groups:
                if keys not in known and len(several) < _TOGETHER:
                    break
            else:
                known, several = set(), []
                groups.append((known, several))
            known.add(keys)
            several.append(one)
    for groups in together.values():
        for _, several in groups:
            yield tuple(several)


def _named(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _derived(query: exp.Select, name: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(name)))
