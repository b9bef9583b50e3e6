"""Rows drawn by lot, and rows that two tables share."""

from __future__ import annotations

import numpy as np

from assay.inference.two_sample.rows import drawn, occurrences, overlap, row_keys


def table(rows: int, seed: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=rows), rng.integers(0, 3, rows).astype(float)]


def test_the_same_rows_are_drawn_in_whatever_order_they_come():
    columns = table(5_000)
    order = np.random.default_rng(2).permutation(5_000)
    first = drawn(row_keys(columns), 300, salt=7)
    again = drawn(row_keys([c[order] for c in columns]), 300, salt=7)
    assert (order[again] == first).all()
    assert len(set(first.tolist())) == 300


def test_another_salt_draws_other_rows():
    keys = row_keys(table(5_000))
    shared = np.intersect1d(drawn(keys, 500, salt=1), drawn(keys, 500, salt=2))
    assert 20 < len(shared) < 90  # 50 are to be expected


def test_each_of_many_equal_rows_has_a_lot_of_its_own():
    """Five values in 50,000 rows: all of them are drawn, about as often as they occur."""
    values = np.random.default_rng(3).choice(5, 50_000, p=[0.6, 0.2, 0.1, 0.05, 0.05])
    at = drawn(row_keys([values.astype(float)]), 2_000, salt=1)
    counts = np.bincount(values[at], minlength=5)
    expected = np.array([1200, 400, 200, 100, 100])
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected)).all()


def test_all_rows_are_drawn_where_there_are_few():
    assert sorted(drawn(row_keys(table(50)), 100, salt=1).tolist()) == list(range(50))


def test_equal_values_have_equal_keys():
    odd = np.frombuffer(np.uint64(0x7FF8000000000123).tobytes(), dtype=np.float64)
    a, b = (
        row_keys([np.array([np.nan, 0.0, np.inf, 1.0])]),
        row_keys([np.array([odd[0], -0.0, np.inf, 1.0])]),
    )
    assert (a == b).all()
    assert len(set(a.tolist())) == 4
    # the column that holds a value matters
    one, two = np.array([1.0]), np.array([2.0])
    assert row_keys([one, two])[0] != row_keys([two, one])[0]


def test_occurrences_count_equal_rows():
    keys = np.array([5, 3, 5, 5, 3, 9], dtype=np.uint64)
    assert occurrences(keys).tolist() == [0, 0, 1, 2, 1, 0]


def test_copies_are_told_from_values_that_repeat():
    one, two = table(2_000), table(2_000, seed=2)
    assert overlap(row_keys(one), row_keys(two)) == (0, False)
    copied = [np.concatenate([a[:100], b]) for a, b in zip(one, two, strict=True)]
    assert overlap(row_keys(one), row_keys(copied)) == (100, True)
    coarse = [[np.floor(c) for c in t] for t in (one, two)]
    found = overlap(row_keys(coarse[0]), row_keys(coarse[1]))
    assert found.rows > 1_500
    assert not found.beyond_chance
