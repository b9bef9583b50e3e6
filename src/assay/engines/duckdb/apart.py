"""What is folded by queries of its own, because the common scan would take far longer for it.

A plan that is only explained shows quantiles in the common scan for every column, too: which have
so few values that counts take their place is known when it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from assay.engines.duckdb.counted import counted_quantiles
from assay.engines.duckdb.frequent import frequent_queries
from assay.engines.sql.expressions import Compiler

if TYPE_CHECKING:
    from typing import Any

    from assay.core.aggregate import Aggregate, Key
    from assay.engines.duckdb.counted import CountedQuantiles
    from assay.engines.duckdb.frequent import FrequentQuery
    from assay.engines.duckdb.session import Session


def apart(
    aggregates: Sequence[Aggregate[Any]], *, mergeable: bool
) -> Iterator[FrequentQuery | CountedQuantiles]:
    """Foldings of some of the aggregates, equal ones once."""
    different = dict.fromkeys(aggregates)
    yield from frequent_queries(different, mergeable=mergeable)
    yield from counted_quantiles(different, mergeable=mergeable)


def run(
    folding: FrequentQuery | CountedQuantiles, name: str, session: Session
) -> dict[Aggregate[Any], dict[Key, Any]]:
    """The states of a folding over an attached table."""
    return folding.run(session.rows, Compiler(name, session.schema(name), session))
