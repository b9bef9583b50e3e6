"""What every engine owes the embedded one: laws that the tests of each engine hold it to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.conformance.test_metrics import HOW, World, agree, merge

from assay.core.binding import bind
from assay.core.expr import Column, call
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.metrics import load_all
from assay.states import Frequencies

MERGING = ("completeness", "mean", "skewness", "correlation", "quantile", "uniqueness", "drift",
           "in_set", "distinct_count", "kurtosis")  # fmt: skip
"""Metrics whose aggregates are of all kinds."""


def schemas_and_failing_rows_agree(here: World, there: World) -> None:
    """Both see the same columns, and the same rows that speak against the subject."""
    with here._engine(here.table) as a, there._engine(here.table) as b:
        schema = replace(a.schema(here.folded), prediction=here.prediction)
        kinds = [(c.name, c.kind) for c in b.schema(here.folded).columns]
        assert kinds == [(c.name, c.kind) for c in schema.columns]
        failing = here.metric.failing(schema)
        if failing is None:  # no single row speaks against the subject
            return
        b.validate(here.folded, [failing])
        expected, found = (e.examples(here.folded, failing, limit=10_000) for e in (a, b))
        assert found[0] == expected[0]
        assert found[2] == expected[2]
        assert sorted(map(str, found[1])) == sorted(map(str, expected[1]))


def whole_equals_merged_parts(world: World) -> None:
    """Two parts of the table merge to what the whole table gives."""
    folds = [
        world.states(part, mergeable=True)
        for part in (world.table.slice(0, 200), world.table.slice(200), world.table)
    ]
    merged = merge(folds[0][1], folds[1][1])
    whole = world.fold(world.table, mergeable=True)
    of_parts = world.fold(world.table, mergeable=True, states=merged)
    agree(world.metric.estimate(whole, HOW), world.metric.estimate(of_parts, HOW), tolerance=1e-6)


def slices_agree(here: World, there: World) -> None:
    """Aggregates of all kinds over the table's rows, by two slices, in one fold."""
    there.table = here.table
    by, where = (Column("sex"), Column("race")), call("gt", Column("age"), 30)
    wanted: list[Any] = []
    with here._engine(here.table) as a, there._engine(here.table) as b:
        for name in MERGING:
            metric = bind(load_all()[name], dict(load_all()[name].example))
            wanted += [one.within(where, by) for one in metric.aggregates(a.schema("people"))]
        expected, found = a.fold("people", wanted), b.fold("people", wanted)
    _same_states(wanted, expected, found)


def of_many_keys() -> pa.Table:
    """``text`` (many ties), ``number``, ``half`` (floats), ``flag`` and ``group``, with nulls."""
    rng = np.random.default_rng(8)
    n = 1_500
    letters = np.array(["a", "B", "é", "z", "Z", "_", "ß", "😀", "～"])
    text = ["".join(rng.choice(letters, 2)) for _ in range(n)]
    return pa.table(
        {
            "text": pa.array(text, mask=rng.random(n) < 0.002),
            "number": pa.array(rng.zipf(1.4, n) % 400 - 30, mask=rng.random(n) < 0.1),
            "half": pa.array(rng.integers(-200, 200, n) / 2, mask=rng.random(n) < 0.01),
            "flag": pa.array(rng.random(n) < 0.3, mask=rng.random(n) < 0.2),
            "group": pa.array(rng.choice(["x", "y", "w"], n), mask=rng.random(n) < 0.01),
        }
    )


def foremost_keys_agree(
    engine: Any, name: str, table: pa.Table, *, mosts: Sequence[int] = (1, 7, 40, 10_000)
) -> None:
    """The most frequent keys are the same, those that ties at the edge leave in among them.

    Args:
        engine: knows the table by this name.
        mosts: how many keys to list.
    """
    columns = [(Column(n),) for n in ("text", "number", "half", "flag")]
    positive = call("gt", Column("number"), 0)
    wanted: list[Frequencies] = []
    for most in mosts:
        wanted += [Frequencies(of=of, most=most) for of in columns]
        wanted += [Frequencies(of=of, most=most, where=positive) for of in columns]
        pairs = [(Column("text"), Column("flag")), (Column("flag"), Column("text"))]
        wanted += [Frequencies(of=of, most=most) for of in pairs]
        wanted += [Frequencies(of=of, most=most, by=(Column("group"),)) for of in columns]
        wanted += [
            Frequencies(of=of, most=most, by=(Column("group"), Column("flag")), where=positive)
            for of in columns[:3]
        ]
    with DuckDBEngine(threads=1) as embedded:
        embedded.attach(name, Memory(table))
        for mergeable in (False, True):
            expected = embedded.fold(name, wanted, mergeable=mergeable)
            found = engine.fold(name, wanted, mergeable=mergeable)
            _same_states(wanted, expected, found)
            assert any(s.bound for a in wanted for s in found[a].values())
            assert all(len(s.counts) <= (a.most or 0) for a in wanted for s in found[a].values())


def _same_states(wanted: Sequence[Any], expected: Any, found: Any) -> None:
    for aggregate in wanted:
        assert expected[aggregate].keys() == found[aggregate].keys()
        for key, state in expected[aggregate].items():
            for name in state.__struct_fields__:
                one, other = getattr(state, name), getattr(found[aggregate][key], name)
                near = pytest.approx(one, rel=1e-9, abs=1e-6) if isinstance(one, float) else one
                assert other == near, (aggregate, key, name)
