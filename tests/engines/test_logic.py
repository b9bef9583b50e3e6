"""Nested logic keeps its parentheses, whatever a person or a metric nests."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.expr import Call, Column, Literal, call
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.states import Count

ROWS = {"a": [0, 0, 0, 0, 1, 1, 1, 1], "b": [0, 0, 1, 1] * 2, "c": [0, 1] * 4}
LEAVES = st.sampled_from([call("eq", Column(name), 1) for name in ROWS])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda x: call("not", x), inner),
        st.builds(lambda op, x, y: Call(op, (x, y)), st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=8,
)


def truth(tree: Call, row: int) -> bool:
    if tree.op == "eq":
        column, literal = tree.args
        assert isinstance(column, Column)
        assert isinstance(literal, Literal)
        return ROWS[column.name][row] == literal.value
    values = [truth(a, row) for a in tree.args if isinstance(a, Call)]
    return not values[0] if tree.op == "not" else (all if tree.op == "and" else any)(values)


@settings(deadline=None, max_examples=60)
@given(TREES)
def test_a_nested_filter_counts_what_it_says(tree):
    with DuckDBEngine() as engine:
        engine.attach("t", Memory(pa.table(ROWS)))
        count = Count(where=tree)
        assert engine.fold("t", [count])[count][()].n == sum(truth(tree, i) for i in range(8))
