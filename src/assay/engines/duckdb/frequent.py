"""The most frequent keys of columns that may have very many: counted and ranked within DuckDB.

``histogram`` would build a sorted map of every key, and bring it into this process: of a million
texts 400 MB there and 1 GB here. Grouping sets hash the keys of several columns in one scan, and of
each only the foremost leave the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp

from assay.core.expr import Expr
from assay.engines.sql.ranked import is_ranked, ranked_together
from assay.engines.sql.recipes import scalar
from assay.engines.sql.typed import conjunction, function, project
from assay.states import Frequencies, FrequenciesState

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Key
    from assay.engines.sql.expressions import Compiler

_KEY, _CODE, _NULLS, _N = "assay.key", "assay.code", "assay.nulls", "assay.n"


@dataclass(frozen=True, slots=True)
class FrequentQuery:
    """The most frequent keys for aggregates of one ``where``, one ``most`` and no ``by``.

    Attributes:
        mergeable: the states are to merge with those of other parts of the table.
        always: whether all of them are folded.
    """

    aggregates: tuple[Frequencies, ...]
    mergeable: bool = False
    always: ClassVar[bool] = True

    @property
    def _keys(self) -> list[Expr]:
        return list(dict.fromkeys(e for a in self.aggregates for e in a.of))

    def _code(self, aggregate: Frequencies) -> int:
        """What GROUPING says of its groups: a bit for each key that is not in (first: highest)."""
        keys = self._keys
        return sum(1 << (len(keys) - 1 - i) for i, e in enumerate(keys) if e not in aggregate.of)

    def query(self, compiler: Compiler) -> exp.Select:
        """For each aggregate: its code, its foremost keys and one more, and all rows."""
        names = [_named(f"{_KEY}.{i}") for i in range(len(self._keys))]
        grouped = self._grouped(compiler, names)
        fields = [_named(_NULLS), _named(_N), *names]
        record = exp.Struct(
            expressions=[exp.PropertyEQ(this=f.this.copy(), expression=f.copy()) for f in fields]
        )
        most = self.aggregates[0].most or 0
        foremost = function("max", record, exp.Literal.number(most + 1))
        return (
            exp.Select(
                expressions=[_named(_CODE), foremost, exp.Sum(this=_named(_N))],
            )
            .from_(exp.Subquery(this=grouped, alias=exp.TableAlias(this=exp.to_identifier("g"))))
            .group_by(_named(_CODE))
        )

    def _grouped(self, compiler: Compiler, names: Sequence[exp.Expr]) -> exp.Select:
        keys, where = self._keys, self.aggregates[0].where
        source = project(compiler.source(), [compiler.key(e) for e in keys], _KEY)
        sets = [[names[keys.index(e)] for e in a.of] for a in self.aggregates]
        # of the keys that a row is not grouped by all are null, so "all" tells of its own
        nulls = conjunction(*(exp.Is(this=n.copy(), expression=exp.Null()) for n in names))
        query = exp.Select(
            expressions=[
                exp.alias_(compiler.dialect.grouping(names), _CODE, quoted=True),
                exp.alias_(nulls, _NULLS, quoted=True),
                exp.alias_(exp.Count(this=exp.Star()), _N, quoted=True),
                *(n.copy() for n in names),
            ]
        ).from_(source)
        if where is not None:
            query = query.where(compiler.filter(where).copy())
        tuples = [exp.Tuple(expressions=[n.copy() for n in one]) for one in sets]
        return query.group_by(exp.GroupingSets(expressions=tuples))

    def run(
        self, rows: Callable[[exp.Select], Sequence[tuple[Any, ...]]], compiler: Compiler
    ) -> dict[Aggregate[Any], dict[Key, Any]]:
        """The states; ``rows`` runs a query."""
        keys, found = self._keys, {row[0]: row for row in rows(self.query(compiler))}
        folded: dict[Aggregate[Any], dict[Key, Any]] = {}
        for aggregate in self.aggregates:
            row = found.get(self._code(aggregate))
            counts: dict[Key, int] = {}
            n = 0
            if row is not None:
                foremost, n = row[1], int(row[2])
                at = [f"{_KEY}.{keys.index(e)}" for e in aggregate.of]
                counts = {tuple(scalar(one[name]) for name in at): one[_N] for one in foremost}
            most = aggregate.most or 0
            state = FrequenciesState.ranked(counts, n, most, mergeable=self.mergeable)
            folded[aggregate] = {(): state}
        return folded


def frequent_queries(
    aggregates: Iterable[Aggregate[Any]], *, mergeable: bool
) -> Iterator[FrequentQuery]:
    """Queries for those aggregates that list only the most frequent keys of a whole table."""
    for together in ranked_together(a for a in aggregates if is_ranked(a) and not a.by):
        yield FrequentQuery(together, mergeable)


def _named(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))
