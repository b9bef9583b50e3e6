"""The laws that every registered metric keeps, run by discovery on its own example.

A metric registered by anyone is held to them: nothing here names one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.collection import (
    Artefact,
    Component,
    Generations,
    Groups,
    Latency,
    Load,
    Predictions,
    Scores,
    Selected,
)
from assay.core.expr import Column, both, call
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.metric import columns_of
from assay.core.schema import Prediction
from assay.core.source import Grouped, Memory, Query
from assay.engines.duckdb import DuckDBEngine
from assay.metrics import load_all
from assay.states import Distinct, from_json, to_json

METRICS = sorted(load_all().items())
HOW = Estimation(level=0.95, seed=1, now=1_750_000_000.0)


class World:
    """A metric's example, with the observations that fit it and the means to fold them."""

    def __init__(self, cls: Any, tables: Any) -> None:
        self.metric = bind(cls, dict(cls.example))
        self.cls = cls
        self.folded = "people"
        self.prediction: Prediction | None = None
        self.reference: pa.Table | None = None
        collection = self.metric.collection()
        if isinstance(collection, Predictions):
            for make in (tables.binary, tables.multiclass, tables.regression):
                table, prediction = make()
                engine = self._engine(table)
                schema = replace(engine.schema("people"), prediction=prediction)
                engine.close()
                if self.metric.applicable(schema) is None:
                    self.table, self.prediction = table, prediction
                    self.reference = make(seed=9)[0] if cls.compares else None
                    break
            else:
                raise AssertionError(f"{cls.name} applies to no table of observations")
        elif isinstance(collection, Latency):
            self.table = tables.latency()
        elif isinstance(collection, Artefact):
            self.table = tables.artefact()
        elif isinstance(collection, Scores):
            self.table = tables.scores()
        elif isinstance(collection, Load):
            self.table = tables.load()
        elif isinstance(collection, Component):
            self.table = tables.component()
        elif isinstance(collection, Generations):
            self.table = tables.generations()
        else:
            self.table = tables.people()
            if cls.compares:
                self.reference = tables.people(seed=9)
        self.cities = tables.cities()
        if isinstance(collection, Groups | Selected):
            self.folded = "derived"

    def _engine(self, table: pa.Table, *, by: tuple[str, ...] = (), where: Any = None) -> Any:
        """The table, and what is made of it: grouped by slices too, of the rows of one slice."""
        engine = DuckDBEngine()
        engine.attach("people", Memory(table))
        if hasattr(self, "cities"):
            engine.attach("cities", Memory(self.cities))
        collection = self.metric.collection()
        if isinstance(collection, Selected):
            engine.attach("derived", Query(collection.query))
        elif isinstance(collection, Groups):
            keys = dict(collection.keys)
            if collection.all_but is not None:
                names = (name for name in table.column_names if name not in collection.all_but)
                keys |= {name: Column(name) for name in names}
            keys |= {name: Column(name) for name in by}
            filtered = both(where, collection.where)
            engine.attach(
                "derived", Grouped("people", tuple(keys.items()), collection.distinct, filtered)
            )
        return engine

    def states(self, table: pa.Table, *, mergeable: bool = False) -> tuple[Any, Any]:
        engine = self._engine(table)
        try:
            schema = replace(engine.schema(self.folded), prediction=self.prediction)
            wanted = list(self.metric.aggregates(schema))
            return schema, engine.fold(self.folded, wanted, mergeable=mergeable)
        finally:
            engine.close()

    def parts(self) -> Any:
        """Folds of two parts of what is folded: rows of the table, or of what is made of it."""
        with self._engine(self.table) as engine:
            batches = engine.batches(self.folded, batch_size=1_000_000)
            whole = pa.Table.from_batches(list(batches), None)
        cut = len(whole) // 3 if len(whole) > 2 else 1
        for part in (whole.slice(0, cut), whole.slice(cut)):
            with DuckDBEngine() as engine:
                engine.attach("people", Memory(part))
                engine.attach("cities", Memory(self.cities))
                schema = replace(engine.schema("people"), prediction=self.prediction)
                wanted = list(self.metric.aggregates(schema))
                yield engine.fold("people", wanted, mergeable=True)

    def fold(self, table: pa.Table, *, mergeable: bool = False, states: Any = None) -> Fold:
        schema, whole = self.states(table, mergeable=mergeable)
        states = states or whole
        reference = None
        if self.reference is not None:
            schema_r, states_r = self.states(self.reference, mergeable=mergeable)
            reference = Fold(schema_r, states_r)
        return Fold(schema, states, reference=reference)

    def estimate(self, table: pa.Table, how: Estimation = HOW, **folding: Any) -> Any:
        return self.metric.estimate(self.fold(table, **folding), how)


def merge(a: Any, b: Any) -> Any:
    """States of two parts: keys of either, merged where both have them."""
    return {
        aggregate: {
            key: a[aggregate][key].merge(b[aggregate][key])
            if key in a[aggregate] and key in b[aggregate]
            else a[aggregate].get(key) or b[aggregate][key]
            for key in {*a[aggregate], *b[aggregate]}
        }
        for aggregate in a
    }


@pytest.fixture(params=[name for name, _ in METRICS])
def world(request, conformance_tables) -> World:
    return World(dict(METRICS)[request.param], conformance_tables)


def agree(a: Any, b: Any, *, tolerance: float = 1e-9, interval: bool = True) -> None:
    """Two tuples of estimates say the same."""
    assert [e.key for e in a] == [e.key for e in b]
    for x, y in zip(a, b, strict=True):
        assert type(x) is type(y)
        if isinstance(x, Unmeasured):
            continue
        assert x.n == y.n
        assert math.isclose(x.value, y.value, rel_tol=tolerance, abs_tol=tolerance)
        for p, q in ((x.low, y.low), (x.high, y.high)) if interval else ():
            assert (p is None) == (q is None)
            if p is not None:
                assert math.isclose(p, q, rel_tol=tolerance, abs_tol=tolerance)


def test_describes_itself(world):
    cls = world.cls
    assert cls.__doc__
    assert cls.formula
    assert cls.interval
    assert cls.reference
    assert hash(world.metric) == hash(bind(cls, dict(cls.example)))


def test_parameters_survive_json(world):
    text = msgspec.json.encode(world.metric.parameters())
    assert bind(world.cls, msgspec.json.decode(text)) == world.metric


def test_measures_its_example(world):
    estimates = world.estimate(world.table)
    assert estimates
    keys = [tuple(sorted(e.key.items())) for e in estimates]
    assert len(keys) == len(set(keys))
    assert any(isinstance(e, Measurement) for e in estimates)
    for e in estimates:
        if isinstance(e, Measurement):
            assert e.method
            assert e.unit == world.cls.unit
            assert msgspec.json.decode(msgspec.json.encode(e), type=Measurement) == e


def test_is_pure(world):
    fold = world.fold(world.table)
    assert world.metric.estimate(fold, HOW) == world.metric.estimate(fold, HOW)


def test_higher_level_is_never_narrower(world):
    fold = world.fold(world.table)
    inner = world.metric.estimate(fold, msgspec.structs.replace(HOW, level=0.8))
    outer = world.metric.estimate(fold, msgspec.structs.replace(HOW, level=0.999))
    for a, b in zip(inner, outer, strict=True):
        if isinstance(a, Measurement):
            assert a.value == b.value
            assert b.low is None or (a.low is not None and b.low <= a.low + 1e-12)
            assert b.high is None or (a.high is not None and b.high >= a.high - 1e-12)


def test_census_has_no_width(world):
    how = msgspec.structs.replace(HOW, census=True)
    sampled = world.estimate(world.table)
    for e, s in zip(world.estimate(world.table, how), sampled, strict=True):
        if isinstance(e, Measurement):
            assert e.as_census().value == s.value


def test_states_survive_json(world):
    _, states = world.states(world.table, mergeable=True)
    for groups in states.values():
        for state in groups.values():
            assert from_json(to_json(state)) == state


def test_whole_equals_merged_parts(world):
    """estimate(A ∪ B) = estimate(merge(fold A, fold B)), and the order of parts is the same."""
    a, b = world.parts()
    whole = world.estimate(world.table, mergeable=True)
    for states in (merge(a, b), merge(b, a)):
        agree(whole, world.estimate(world.table, mergeable=True, states=states), tolerance=1e-6)
    # Folding for merging may cost a sketch, never another answer.
    agree(whole, world.estimate(world.table), tolerance=1e-6)


def test_row_order_does_not_matter(world):
    order = np.random.default_rng(0).permutation(len(world.table))
    agree(world.estimate(world.table), world.estimate(world.table.take(order)), tolerance=1e-6)


def test_an_empty_subject_gives_a_reason(world):
    """Never 0.0 and never NaN; what counts rows (or columns) may say so of an empty table."""
    for e in world.estimate(world.table.slice(0, 0)):
        if isinstance(e, Measurement):
            assert world.cls.unit.startswith(("rows", "columns", "differences")), e
        else:
            assert e.reason


def test_one_row_is_enough_to_answer(world):
    for e in world.estimate(world.table.slice(0, 1)):
        assert isinstance(e, Measurement) or e.reason


def test_nulls_alone_are_answered(world):
    """Every column null (but the roles of observations): a value or a reason, never an error."""
    nulls = world.table
    for position, field in enumerate(world.table.schema):
        if not field.name.startswith("assay."):
            nulls = nulls.set_column(position, field, pa.nulls(len(nulls), field.type))
    for e in world.estimate(nulls):
        assert isinstance(e, Measurement) or e.reason


def test_sliced_is_the_slice_alone(world):
    """Folding by a column and estimating one slice equals estimating the filtered table."""
    if "sex" not in world.table.column_names:
        pytest.skip("does not apply: these observations have no slice column")
    if isinstance(world.metric.collection(), Selected):
        pytest.skip("does not apply: a query has its own rows")
    by, where = (Column("sex"),), call("eq", Column("sex"), "f")
    with world._engine(world.table, by=("sex",)) as engine:
        schema = replace(engine.schema(world.folded), prediction=world.prediction)
        own = list(world.metric.aggregates(schema))
        folded = engine.fold(world.folded, [a.within(None, by) for a in own])
    with world._engine(world.table, where=where) as engine:
        # groups are made of the rows of the slice, so nothing is left to filter
        left = None if world.folded == "derived" else where
        filtered = engine.fold(world.folded, [a.within(left, ()) for a in own])
    part = {
        a: {k[1:]: s for k, s in folded[a.within(None, by)].items() if k[0] == "f"} for a in own
    }
    alone = {a: dict(filtered[a.within(left, ())].items()) for a in own}
    reference = None
    if world.reference is not None:
        schema_r, states_r = world.states(world.reference)
        reference = Fold(schema_r, states_r)
    agree(
        world.metric.estimate(Fold(schema, part, reference=reference), HOW),
        world.metric.estimate(Fold(schema, alone, reference=reference), HOW),
        tolerance=1e-6,
    )


def test_what_it_takes_into_memory_can_be_counted(world):
    with world._engine(world.table) as engine:
        schema = replace(engine.schema(world.folded), prediction=world.prediction)
        for of, most in world.metric.levels(schema).items():
            (count,) = engine.fold(world.folded, [Distinct(of=of)]).values()
            assert 0 < count[()].distinct <= most


def test_evidence_is_plain_data(world):
    from assay.core.evidence import Evidence

    for e in world.metric.evidence(world.fold(world.table)):
        assert msgspec.json.decode(msgspec.json.encode(e), type=Evidence) == e
        assert len(msgspec.json.encode(e)) < 60_000


def test_the_columns_it_reads_are_named(world):
    for name in columns_of(world.metric):
        assert name in world.table.column_names
