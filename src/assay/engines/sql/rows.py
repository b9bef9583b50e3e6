"""Aggregates that need the rows themselves: samples, and quantile sketches that merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.expr import Expr
from assay.engines.sql.batched import split, value
from assay.engines.sql.drawn import Ask, DrawnQuery
from assay.engines.sql.expressions import Compiler
from assay.engines.sql.typed import case
from assay.states import Quantiles, QuantilesState, Sample, SampleState
from assay.states.quantiles import sketch_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Key

SKETCH_K = 4096
"""Size of KLL sketches: a rank error of about 0.07 % at 99 % confidence."""


@dataclass(frozen=True, slots=True)
class RowQuery:
    """Samples (of one ``where`` and ``by``) or sketches (of one ``by``) that one query serves."""

    by: tuple[Expr, ...]
    where: Expr | None
    aggregates: tuple[Aggregate[Any], ...]

    def query(self, compiler: Compiler) -> exp.Select:
        """One column for each key, then one of doubles for each value."""
        keys = [compiler.key(e).copy() for e in self.by]
        values = [value(self._tree(e, where, compiler)) for e, where in self._values()]
        columns = [exp.alias_(tree, f"c{i}") for i, tree in enumerate([*keys, *values])]
        condition = None if self.where is None else compiler.filter(self.where).copy()
        query = exp.Select(expressions=columns).from_(compiler.source())
        return query if condition is None else query.where(condition)

    def queries(self, compiler: Compiler) -> list[exp.Select]:
        """What is asked: one query."""
        return [self.query(compiler)]

    def run(self, ask: Ask, compiler: Compiler) -> dict[Aggregate[Any], dict[Key, Any]]:
        """States by aggregate and key; keys without rows are not among them.

        Args:
            ask: runs a query.
        """
        return self.fold(ask(self.query(compiler)))

    def fold(self, batches: Iterator[pa.RecordBatch]) -> dict[Aggregate[Any], dict[Key, Any]]:
        """States by aggregate and key; keys without rows are not among them."""
        samples = all(isinstance(a, Sample) for a in self.aggregates)
        return self._samples(batches) if samples else self._sketches(batches)

    def empty(self, aggregate: Aggregate[Any]) -> Any:
        """The state of no rows."""
        if isinstance(aggregate, Sample):
            return SampleState(0, (b"",) * len(aggregate.of))
        return QuantilesState()

    def _values(self) -> list[tuple[Expr, Expr | None]]:
        """Expressions, each with the filter to apply to itself alone."""
        values: list[tuple[Expr, Expr | None]] = []
        for aggregate in self.aggregates:
            if isinstance(aggregate, Sample):
                values.extend((e, None) for e in aggregate.of)
            elif isinstance(aggregate, Quantiles):
                values.append((aggregate.of, aggregate.where))
        return list(dict.fromkeys(values))

    def _tree(self, expr: Expr, where: Expr | None, compiler: Compiler) -> exp.Expr:
        if isinstance(self.aggregates[0], Sample):
            return compiler.number(expr)
        of = compiler.finite_number(expr)
        return of if where is None else case([(compiler.filter(where), of)])

    def _samples(self, batches: Iterator[pa.RecordBatch]) -> dict[Aggregate[Any], dict[Key, Any]]:
        import numpy as np

        values = self._values()
        pieces: dict[Key, list[list[NDArray[np.float64]]]] = {}
        for batch in batches:
            for key, arrays in split(batch, len(self.by)):
                pieces.setdefault(key, []).append(arrays)
        columns = {
            key: [np.concatenate(parts) for parts in zip(*several, strict=True)]
            for key, several in pieces.items()
        }
        folded: dict[Aggregate[Any], dict[Key, Any]] = {}
        for aggregate in self.aggregates:
            if isinstance(aggregate, Sample):
                at = [values.index((e, None)) for e in aggregate.of]
                folded[aggregate] = {
                    key: SampleState.of(*(arrays[i] for i in at)) for key, arrays in columns.items()
                }
        return folded

    def _sketches(self, batches: Iterator[pa.RecordBatch]) -> dict[Aggregate[Any], dict[Key, Any]]:
        library = sketch_library()
        import numpy as np

        values = self._values()
        sketches: dict[Key, list[Any]] = {}
        for batch in batches:
            for key, arrays in split(batch, len(self.by)):
                known = sketches.get(key)
                if known is None:
                    known = [library.kll_doubles_sketch(SKETCH_K) for _ in values]
                    sketches[key] = known
                for sketch, array in zip(known, arrays, strict=True):
                    sketch.update(array[~np.isnan(array)])
        folded: dict[Aggregate[Any], dict[Key, Any]] = {}
        for aggregate in self.aggregates:
            if isinstance(aggregate, Quantiles):
                at = values.index((aggregate.of, aggregate.where))
                folded[aggregate] = {k: _sketched(several[at]) for k, several in sketches.items()}
        return folded


def row_queries(aggregates: Sequence[Aggregate[Any]]) -> list[RowQuery | DrawnQuery]:
    """As few queries as serve the aggregates; two for each sample that is drawn."""
    drawn = [
        DrawnQuery(a, a.most)
        for a in dict.fromkeys(aggregates)
        if isinstance(a, Sample) and a.most is not None
    ]
    apart = {query.sample for query in drawn}
    grouped: dict[tuple[bool, Any, Any], list[Aggregate[Any]]] = {}
    for a in aggregates:
        sample = isinstance(a, Sample)
        if a in apart:
            continue
        grouped.setdefault((sample, a.by, a.where if sample else None), []).append(a)
    whole = (RowQuery(by, where, tuple(several)) for (_, by, where), several in grouped.items())
    return [*whole, *drawn]


def even(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of exactly ``size``, but for the last."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= size:
            table = pa.Table.from_batches(held)
            yield table.slice(0, size).combine_chunks().to_batches()[0]
            held = table.slice(size).to_batches()
            count -= size
    if count:
        yield pa.Table.from_batches(held).combine_chunks().to_batches()[0]


def _sketched(sketch: Any) -> QuantilesState:
    if sketch.is_empty():
        return QuantilesState()
    return QuantilesState(int(sketch.n), sketch=bytes(sketch.serialize()))
