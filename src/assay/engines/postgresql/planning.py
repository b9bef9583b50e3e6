"""Which queries fold which aggregates, and the states that their rows give."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from assay.engines.postgresql.dialect import PostgreSQLDialect
from assay.engines.postgresql.groups import MOST_KEYS, group_queries
from assay.engines.postgresql.shape import shape_queries
from assay.engines.sql.drawn import DrawnQuery
from assay.engines.sql.expressions import Compiler
from assay.engines.sql.plan import Plan
from assay.engines.sql.ranked import is_ranked, ranked_queries
from assay.engines.sql.rows import RowQuery, row_queries
from assay.states import Quantiles, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay.core.aggregate import Aggregate, Key
    from assay.core.expr import Expr
    from assay.engines.postgresql.session import Session

MOST = 240
"""Aggregates of one query: PostgreSQL selects at most 1,664 columns, and one takes up to six."""

Folded = dict["Aggregate[Any]", dict["Key", Any]]


def plans(aggregates: Sequence[Aggregate[Any]], *, mergeable: bool) -> Iterator[Plan]:
    """The aggregates, each once, in parts that one query holds."""
    portion: list[Aggregate[Any]] = []
    keys: set[Expr] = set()
    for aggregate in _quantiles_last(aggregates):
        full = len(portion) == MOST or len(keys | {*aggregate.by}) > MOST_KEYS
        if portion and (full or _alone(aggregate) != _alone(portion[-1])):
            yield _plan(portion, mergeable=mergeable)
            portion, keys = [], set()
        portion.append(aggregate)
        keys |= {*aggregate.by}
    if portion:
        yield _plan(portion, mergeable=mergeable)


def _quantiles_last(aggregates: Sequence[Aggregate[Any]]) -> list[Aggregate[Any]]:
    return sorted(dict.fromkeys(aggregates), key=_alone)


def _alone(aggregate: Aggregate[Any]) -> bool:
    """Whether it goes without the others: no process of the server helps with ordered sets."""
    return isinstance(aggregate, Quantiles) and not aggregate.by


def _plan(portion: list[Aggregate[Any]], *, mergeable: bool) -> Plan:
    return Plan.of(portion, mergeable=mergeable, apart=PostgreSQLDialect.apart)


def further(plan: Plan, dialect: PostgreSQLDialect, *, mergeable: bool) -> list[Any]:
    """The queries besides the common one; those that read rows come last."""
    return [
        *ranked_queries(plan.rest, mergeable=mergeable),
        *group_queries([a for a in plan.rest if not is_ranked(a)], mergeable=mergeable),
        *shape_queries(plan.rest, careful=dialect.careful),
        *row_queries([a for a in plan.rest if isinstance(a, Sample | Quantiles)]),
    ]


def fold(session: Session, name: str, plan: Plan, *, mergeable: bool) -> Folded:
    """The states of a plan's aggregates, by key.

    Raises:
        AssayError: a query failed.
    """
    what, schema = session.what(name), session.schema(name)
    rows: list[tuple[Any, ...]] = []
    if plan.sets:
        rows = session.rows(plan.query(Compiler(name, schema, session)), what)
    folded = plan.decode(rows)
    for one in further(plan, session.dialect, mergeable=mergeable):
        compiler = Compiler(name, schema, session)
        if isinstance(one, RowQuery | DrawnQuery):
            found = one.run(partial(session.batches, what=what), compiler)
        else:
            found = one.fold(session.rows(one.query(compiler), what))
        keys = plan.keys_of(one.by, rows) if one.by else [()]
        for aggregate, states in found.items():
            empty = one.empty(aggregate)
            folded[aggregate] = {k: states.get(k, empty) for k in keys}
    return folded
