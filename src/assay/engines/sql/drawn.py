"""Rows drawn by lot where a table has more than are wanted.

Two passes. The first reads a lot for each row's content (8 bytes a row), and decides which contents
are drawn, each how often; the second picks a row of each. So only the rows that are drawn are held,
and many equal rows are drawn as often as they should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.expr import Expr, call
from assay.engines.sql.batched import split, value
from assay.states import Sample, SampleState
from assay.states.sample import LONGEST

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Key
    from assay.engines.sql.expressions import Compiler

Ask = Callable[[exp.Select], Iterator["pa.RecordBatch"]]


@dataclass(frozen=True, slots=True)
class DrawnQuery:
    """Two queries for one sample that says how many rows are wanted."""

    sample: Sample
    most: int

    @property
    def by(self) -> tuple[Expr, ...]:
        """What the rows are drawn apart for."""
        return self.sample.by

    @property
    def aggregates(self) -> tuple[Aggregate[Any], ...]:
        """The sample."""
        return (self.sample,)

    def empty(self, _: Aggregate[Any]) -> SampleState:
        """The state of no rows."""
        return SampleState(
            columns=(b"",) * len(self.sample.of),
            most=self.most,
            texts=((),) * len(self.sample.texts),
        )

    def queries(self, compiler: Compiler) -> list[exp.Select]:
        """What is asked: keys and the lot of each row; then keys, lots and values."""
        texts = self.sample.texts
        lot = call("lot", *self.sample.of, *(call("text", e) for e in texts))
        return [
            self._rows((lot,), (), compiler),
            self._rows((lot, *self.sample.of), texts, compiler),
        ]

    def run(self, ask: Ask, compiler: Compiler) -> dict[Aggregate[Any], dict[Key, Any]]:
        """The states by key; keys without rows are not among them.

        Args:
            ask: runs a query.
        """
        first, second = self.queries(compiler)
        drawn = self._drawn(ask(first))
        for batch in ask(second):
            texts = batch.columns[batch.num_columns - len(self.sample.texts) :]
            for key, (lots, *values) in split(batch, len(self.by), len(texts)):
                if key in drawn:  # a table may change in between
                    drawn[key].pick(lots, values, texts)
        return {self.sample: {key: contents.state(self.most) for key, contents in drawn.items()}}

    def _drawn(self, batches: Iterator[pa.RecordBatch]) -> dict[Key, _Contents]:
        import numpy as np

        read: dict[Key, list[NDArray[np.float64]]] = {}
        for batch in batches:
            for key, [lots] in split(batch, len(self.by)):
                read.setdefault(key, []).append(lots)
        return {
            key: _Contents.of(np.concatenate(several), self.sample, self.most)
            for key, several in read.items()
        }

    def _rows(
        self, values: tuple[Expr, ...], texts: tuple[Expr, ...], compiler: Compiler
    ) -> exp.Select:
        trees = [compiler.key(e).copy() for e in self.by]
        trees += [value(compiler.number(e)) for e in values]
        trees += [compiler.compile(call("text", e)).tree.copy() for e in texts]
        columns = [exp.alias_(tree, f"c{i}") for i, tree in enumerate(trees)]
        query = exp.Select(expressions=columns).from_(compiler.source())
        where = self.sample.where
        return query if where is None else query.where(compiler.filter(where).copy())


@dataclass(slots=True)
class _Contents:
    """The contents that were drawn, and the rows that have them as far as they were met.

    Attributes:
        keys: of the contents, ascending, shape (c,). met: which were, shape (c,).
        values: of each content, shape (k, c). texts: likewise.
        place: the content of each row that was drawn. lots: of each row, both of shape (n,).
        rows: rows in all.
    """

    keys: NDArray[np.uint64]
    met: NDArray[np.bool_]
    values: NDArray[np.float64]
    texts: list[list[str | None]]
    place: NDArray[np.intp]
    lots: NDArray[np.uint64]
    rows: int

    @classmethod
    def of(cls, read: NDArray[np.float64], sample: Sample, most: int) -> _Contents:
        """Contents drawn by the lots of all rows, shape (n,) with n >= 1.

        The sum of all keys salts the lots, which is the same in any order: two tables with rows in
        common are drawn from without regard to each other.
        """
        import numpy as np

        from assay.inference.two_sample.rows import lots, mixed

        keys = mixed(read.view(np.uint64))
        by_row = lots(keys, salt=int(keys.sum()))
        few = np.argpartition(by_row, most)[:most] if len(by_row) > most else slice(None)
        contents, place = np.unique(keys[few], return_inverse=True)
        met = np.zeros(len(contents), dtype=np.bool_)
        values = np.empty((len(sample.of), len(contents)))
        texts: list[list[str | None]] = [[None] * len(contents) for _ in sample.texts]
        return cls(contents, met, values, texts, place, by_row[few], len(read))

    def pick(
        self,
        read: NDArray[np.float64],
        values: list[NDArray[np.float64]],
        texts: Sequence[pa.Array] = (),
    ) -> None:
        """Take the first row of each content from a batch.

        Args:
            values: one array for each column; where there are texts, then their places.
        """
        import numpy as np

        from assay.inference.two_sample.rows import mixed

        keys = mixed(read.view(np.uint64))
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        rows = np.flatnonzero((self.keys[at] == keys) & ~self.met[at])
        self.met[at[rows]] = True
        for mine, column in zip(self.values, values, strict=not texts):
            mine[at[rows]] = column[rows]
        for written, column in zip(self.texts, texts, strict=True):
            for content, row in zip(at[rows].tolist(), values[-1][rows].tolist(), strict=True):
                text = column[int(row)].as_py()
                written[content] = None if text is None else text[:LONGEST]

    def state(self, most: int) -> SampleState:
        """The rows that were drawn."""
        there = self.met[self.place]
        arrays = [column[self.place[there]] for column in self.values]
        places = self.place[there].tolist()
        texts = [[column[i] for i in places] for column in self.texts]
        return SampleState.drawn(arrays, self.lots[there], most, self.rows, texts)
