"""``drift.energy``: what it sees, and what it answers to bad tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_digits
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.evidence import Table, Text
from assay.metrics.drift.energy import EnergyDrift

ENERGY = EnergyDrift()


def table(rows: int = 800, seed: int = 1, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(shift, size=rows)
    frame = pd.DataFrame({"id": np.arange(rows) + 10_000 * seed, "x": x})
    frame["y"] = 1_000 * (x + rng.normal(size=rows) / 4)
    frame["town"] = "Ghent"
    return frame


def test_nothing_has_drifted():
    found = measure(ENERGY, table(seed=2), against=table())
    assert found.low == 0
    assert found.high < 0.1
    assert found.n == 800


def test_a_shift_is_about_half_of_it():
    found = measure(ENERGY, table(seed=2, shift=0.6), against=table())
    assert 0.2 < found.low < found.value < found.high < 0.35
    assert 0.25 < found.value < 0.31


def test_a_relation_that_broke_is_seen():
    now = table(seed=2)
    now["y"] = now["y"].sample(frac=1, random_state=0).to_numpy()
    found = measure(ENERGY, now, against=table())
    assert found.low > 0.1
    told, said = evidence(ENERGY, now, against=table())
    assert isinstance(told, Table)
    assert {row[0] for row in told.rows} == {"x", "y"}
    assert all(row[1] < 0.08 for row in told.rows)
    assert isinstance(said, Text)
    assert "id: a key" in said.text


def test_embeddings_of_other_images_have_drifted():
    """Handwritten digits as vectors of 64 numbers: halves of the data, then ones and sevens."""
    digits = load_digits(as_frame=True)
    images, kinds = digits.data, digits.target
    names = tuple(images.columns)
    odd, even = images[1::2], images[::2]
    same = measure(EnergyDrift(columns=names), odd, against=even)
    assert same.value < 0.06
    ones = images[kinds.isin([1, 7])]
    assert measure(EnergyDrift(columns=names), ones, against=even).low > 0.2


def vectors() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Digits as lists: two halves, and the ones and sevens of the first."""
    images, kinds = load_digits(return_X_y=True)
    frame = pd.DataFrame({"vector": list(images)})
    first = np.arange(len(frame)) % 2 == 0
    return frame[first], frame[~first], frame[first & np.isin(kinds, [1, 7])]


def test_lists_are_columns_of_their_numbers():
    even, odd, ones = vectors()
    metric = EnergyDrift(vector="vector", size=64)
    assert measure(metric, even, against=odd).value < 0.06
    found = measure(metric, ones, against=odd)
    assert found.low > 0.15
    names = tuple(f"v{i}" for i in range(64))
    flat = [pd.DataFrame(np.stack(f["vector"].tolist()), columns=names) for f in (ones, odd)]
    assert measure(EnergyDrift(columns=names), flat[0], against=flat[1]) == found
    told, said = evidence(metric, ones, against=odd)
    assert isinstance(told, Table)
    assert told.rows[0][0].startswith("vector[")
    assert isinstance(said, Text)
    assert "64 columns" in said.text
    # lists that end early have gaps
    assert "no row without a missing" in reason(
        EnergyDrift(vector="vector", size=65), even, against=odd
    )


def test_lists_that_it_does_not_apply_to():
    even, _, _ = vectors()
    assert "of any length" in str(not_applicable(EnergyDrift(vector="vector"), even))
    assert "no column 'gone'" in str(not_applicable(EnergyDrift(vector="gone", size=2), even))
    assert "not lists" in str(not_applicable(EnergyDrift(vector="x", size=2), table()))
    fixed = pa.table({"vector": pa.array([[1.0, 2.0]] * 3, pa.list_(pa.float32(), 2))})
    assert not_applicable(EnergyDrift(vector="vector", size=2), fixed) is None
    for given in ({"size": 3}, {"vector": "a", "columns": ("b",)}, {"vector": "a", "size": 0}):
        with pytest.raises(ValueError, match=r"vector|size"):
            EnergyDrift(**given)


def test_rows_with_gaps_are_left_out_and_counted():
    now, before = table(seed=2), table()
    now.loc[now.index < 100, "x"] = np.nan
    now.loc[now.index >= 790, "y"] = np.inf
    assert measure(ENERGY, now, against=before).n == 690
    said = evidence(ENERGY, now, against=before)[-1]
    assert isinstance(said, Text)
    assert said.text.endswith("Rows with a missing or infinite value: 110 of the current table.")
    now["x"] = np.nan
    assert "the table has no row without" in reason(ENERGY, now, against=before)


def test_constant_huge_and_few():
    now, before = table(seed=2), table()
    flat = EnergyDrift(columns=("flat",))
    same = [t.assign(flat=3.0) for t in (now, before)]
    assert "no column has two different values" in reason(flat, same[0], against=same[1])
    assert measure(flat, now.assign(flat=4.0), against=same[1]).value == 1
    huge = [t.assign(flat=t["x"] * 1e300) for t in (now, before)]
    assert measure(flat, huge[0], against=huge[1]).value < 0.1
    assert "fewer than 5 rows: 4" in reason(ENERGY, table(4), against=before)
    assert measure(ENERGY, table(10, seed=2), against=table(3_000)).n == 10
    assert reason(ENERGY, table(0), against=before) == "the table has no rows"


def test_at_most_so_many_rows_in_any_order():
    few = EnergyDrift(rows=100)
    found = measure(few, table(seed=2), against=table())
    assert found.n == 100
    shuffled = table(seed=2).sample(frac=1, random_state=5)
    assert measure(few, shuffled, against=table()) == found
    assert measure(few, shuffled, CENSUS, against=table()).level is None


def test_the_engine_draws_from_large_tables_in_any_order():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(rng.normal(size=(45_000, 3)), columns=["a", "b", "c"])
    before, now = frame[:30_000], frame[15_000:]
    few = EnergyDrift(rows=500)
    found = measure(few, now, against=before)
    assert found.n == 500
    assert found.value < 0.1
    assert measure(few, now.sample(frac=1, random_state=1), against=before[::-1]) == found
    [said] = [e.text for e in evidence(few, now, against=before) if isinstance(e, Text)]
    assert "500 of 30,000 rows of the current table and 500 of 30,000" in said
    assert "About 15,000 rows occur in both tables alike" in said


def test_identical_tables():
    found = measure(ENERGY, table(), against=table())
    assert found.value < 0.02


def test_what_it_does_not_apply_to():
    assert "holds string" in str(not_applicable(EnergyDrift(columns=("town",)), table()))
    assert "no column 'z'" in str(not_applicable(EnergyDrift(columns=("z",)), table()))
    assert "0 columns of numbers" in str(not_applicable(ENERGY, table()[["town"]]))
    with pytest.raises(ValueError, match="10,000"):
        EnergyDrift(rows=20_000)
