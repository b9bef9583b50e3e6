"""Distinct values and frequencies: one query groups the rows by many keys at once.

PostgreSQL sorts the rows anew for each ``count(DISTINCT …)`` of a query. Grouping sets hash them
instead, each row once for each key, in one scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.expr import Expr, both, call
from assay.engines.postgresql.dialect import hashed
from assay.engines.sql.recipes import scalar
from assay.engines.sql.typed import case, cast, conjunction, literal, operand, project
from assay.states import Distinct, DistinctState, Frequencies, FrequenciesState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.core.aggregate import Aggregate, Key
    from assay.engines.sql.expressions import Compiler

MOST_KEYS = 31
"""Keys of one query: GROUPING takes no more."""
_KEY = "assay.key"
_GROUPING = "assay.grouping"

Rows = Sequence[tuple[Any, ...]]
Folded = dict["Aggregate[Any]", dict["Key", Any]]


@dataclass(frozen=True, slots=True)
class GroupQuery:
    """Distinct counts, or frequencies, of one ``by``."""

    by: tuple[Expr, ...]
    aggregates: tuple[Distinct | Frequencies, ...]

    @property
    def keys(self) -> list[Expr]:
        """The expressions that rows are grouped by: those of ``by`` first."""
        return list(dict.fromkeys([*self.by, *(e for a in self.aggregates for e in a.of)]))

    @property
    def _sets(self) -> list[tuple[int, ...]]:
        """The groupings, as positions in ``keys``."""
        keys = self.keys
        found = [tuple(sorted({keys.index(e) for e in (*self.by, *a.of)})) for a in self.aggregates]
        return list(dict.fromkeys(found))

    @property
    def _wheres(self) -> list[Expr | None]:
        return list(dict.fromkeys(a.where for a in self.aggregates))

    def query(self, compiler: Compiler) -> exp.Select:
        """The query: each group's rows, or how many groups there are of each aggregate."""
        if isinstance(self.aggregates[0], Distinct):
            return self._counted(compiler)
        return self._grouped(compiler)

    def fold(self, rows: Rows) -> Folded:
        """States by aggregate and key; keys without rows are not among them."""
        if isinstance(self.aggregates[0], Distinct):
            return self._distinct(rows)
        return self._frequencies(rows)

    def empty(self, aggregate: Aggregate[Any]) -> Any:
        """The state of no rows."""
        return DistinctState(hashes=None) if isinstance(aggregate, Distinct) else FrequenciesState()

    def _code(self, aggregate: Distinct | Frequencies) -> int:
        """What GROUPING says of the groups of an aggregate: a bit for each key that is not in."""
        keys = self.keys
        present = {keys.index(e) for e in (*self.by, *aggregate.of)}
        if len(self._sets) == 1:
            return 0
        return sum(1 << (len(keys) - 1 - i) for i in range(len(keys)) if i not in present)

    def _grouped(self, compiler: Compiler) -> exp.Select:
        """GROUPING, the keys, and the rows of each group that meet each condition."""
        names = [_named(f"{_KEY}.{i}") for i in range(len(self.keys))]
        counts = [_rows(where, compiler) for where in self._wheres]
        source = project(compiler.source(), [compiler.key(e) for e in self.keys], _KEY)
        several = len(self._sets) > 1
        code: exp.Expr = compiler.dialect.grouping(names) if several else exp.Literal.number(0)
        query = exp.Select(
            expressions=[
                exp.alias_(code, _GROUPING, quoted=True),
                *(n.copy() for n in names),
                *(exp.alias_(tree, f"n{i}") for i, tree in enumerate(counts)),
            ]
        ).from_(source)
        if several:
            sets = [exp.Tuple(expressions=[names[i].copy() for i in s]) for s in self._sets]
            return query.group_by(exp.GroupingSets(expressions=sets))
        return query.group_by(*(names[i].copy() for i in self._sets[0]))

    def _counted(self, compiler: Compiler) -> exp.Select:
        """For each key of ``by``: the groups of each aggregate, and the rows in them."""
        groups = exp.Subquery(
            this=self._grouped(compiler), alias=exp.TableAlias(this=exp.to_identifier("g"))
        )
        keys, selected = self.keys, []
        by = [_named(f"{_KEY}.{i}") for i in range(len(self.by))]
        for aggregate in self.aggregates:
            n = exp.column(f"n{self._wheres.index(aggregate.where)}")
            code = exp.Literal.number(self._code(aggregate))
            own = conjunction(
                exp.EQ(this=_named(_GROUPING), expression=code),
                exp.GT(this=n, expression=exp.Literal.number(0)),
                *(_known(_named(f"{_KEY}.{keys.index(e)}")) for e in aggregate.of),
            )
            rows = exp.Filter(this=exp.Sum(this=n.copy()), expression=exp.Where(this=own))
            selected += [
                exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=own.copy())),
                cast(exp.Coalesce(this=rows, expressions=[exp.Literal.number(0)]), "BIGINT"),
            ]
        named = [exp.alias_(tree, f"p{i}") for i, tree in enumerate(selected)]
        query = exp.Select(expressions=[*(b.copy() for b in by), *named]).from_(groups)
        return query.group_by(*(b.copy() for b in by)) if by else query

    def _distinct(self, rows: Rows) -> Folded:
        width = len(self.by)
        folded: Folded = {a: {} for a in self.aggregates}
        for row in rows:
            key = tuple(map(scalar, row[:width]))
            for i, aggregate in enumerate(self.aggregates):
                distinct, n = row[width + 2 * i], row[width + 2 * i + 1]
                folded[aggregate][key] = DistinctState(n, distinct, None)
        return folded

    def _frequencies(self, rows: Rows) -> Folded:
        keys, wheres = self.keys, self._wheres
        counts: dict[Aggregate[Any], dict[Key, dict[Key, int]]] = {}
        wanted: dict[int, list[tuple[Aggregate[Any], int, list[int]]]] = {}
        for a in self.aggregates:
            at = 1 + len(keys) + wheres.index(a.where)
            positions = [1 + keys.index(e) for e in a.of]
            wanted.setdefault(self._code(a), []).append((a, at, positions))
            counts[a] = {}
        for row in rows:
            by = tuple(map(scalar, row[1 : 1 + len(self.by)]))
            for aggregate, at, positions in wanted.get(row[0], ()):
                if row[at]:
                    value = tuple(scalar(row[i]) for i in positions)
                    counts[aggregate].setdefault(by, {})[value] = row[at]
        return {a: {k: FrequenciesState.of(c) for k, c in of.items()} for a, of in counts.items()}


@dataclass(frozen=True, slots=True)
class HashQuery:
    """The different keys of one aggregate as hashes, each with its rows: they merge."""

    aggregate: Distinct

    @property
    def by(self) -> tuple[Expr, ...]:
        """What the states are apart for."""
        return self.aggregate.by

    @property
    def aggregates(self) -> tuple[Distinct, ...]:
        """The aggregate that it serves."""
        return (self.aggregate,)

    def query(self, compiler: Compiler) -> exp.Select:
        """The keys of ``by``, a hash, and how many rows have it."""
        where = self.aggregate.where
        for expr in self.aggregate.of:
            where = both(where, call("not_null", expr))
        assert where is not None
        condition = compiler.filter(where).copy()
        trees = [*(compiler.key(e) for e in self.by), hashed(list(self._values(compiler)))]
        names = [_named(f"{_KEY}.{i}") for i in range(len(trees))]
        source = project(
            exp.Subquery(
                this=exp.select("*").from_(compiler.source()).where(condition),
                alias=exp.TableAlias(this=exp.to_identifier("t")),
            ),
            trees,
            _KEY,
        )
        selected = [*(n.copy() for n in names), exp.alias_(exp.Count(this=exp.Star()), "n")]
        return exp.Select(expressions=selected).from_(source).group_by(*names)

    def _values(self, compiler: Compiler) -> Iterator[exp.Expr]:
        for expr in self.aggregate.of:
            key = compiler.key(expr)
            if compiler.compile(expr).kind == "float":  # 0 and -0 are one value
                key = exp.Add(this=operand(key), expression=literal(0).tree)
            yield key

    def fold(self, rows: Rows) -> Folded:
        """The states by key; keys without rows are not among them."""
        import numpy as np

        found: dict[Key, tuple[list[int], list[int]]] = {}
        for *by, code, n in rows:
            hashes, counts = found.setdefault(tuple(map(scalar, by)), ([], []))
            hashes.append(code)
            counts.append(n)
        states = {
            key: DistinctState.of(sum(counts), np.array(hashes, dtype="<i8").view("<u8"))
            for key, (hashes, counts) in found.items()
        }
        return {self.aggregate: states}

    def empty(self, aggregate: Aggregate[Any]) -> Any:
        """The state of no rows."""
        return DistinctState()


def group_queries(
    aggregates: Sequence[Aggregate[Any]], *, mergeable: bool
) -> Iterator[GroupQuery | HashQuery]:
    """As few queries as serve the distinct counts and frequencies among the aggregates."""
    together: dict[tuple[type, tuple[Expr, ...]], list[Distinct | Frequencies]] = {}
    for aggregate in aggregates:
        if isinstance(aggregate, Distinct) and mergeable:
            yield HashQuery(aggregate)
        elif isinstance(aggregate, Distinct | Frequencies):
            together.setdefault((type(aggregate), aggregate.by), []).append(aggregate)
    for (_, by), several in together.items():
        portion: list[Distinct | Frequencies] = []
        for one in several:
            if len(GroupQuery(by, (*portion, one)).keys) > MOST_KEYS and portion:
                yield GroupQuery(by, tuple(portion))
                portion = []
            portion.append(one)
        yield GroupQuery(by, tuple(portion))


def _named(name: str) -> exp.Expr:
    return exp.column(exp.to_identifier(name, quoted=True))


def _known(tree: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=tree, expression=exp.Null()))


def _rows(where: Expr | None, compiler: Compiler) -> exp.Expr:
    if where is None:
        return exp.Count(this=exp.Star())
    one = exp.Literal.number(1)
    return exp.Count(this=case([(compiler.filter(where), one)]))
