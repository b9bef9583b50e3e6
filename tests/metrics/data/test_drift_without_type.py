"""Drift of columns that are null throughout on one side, whatever type a reader then gives them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import assay

ROWS = 400
RNG = np.random.default_rng(0)
TOWN = pd.Series(RNG.choice(["a", "b", "c"], ROWS))
COLUMNS = {
    "town": TOWN,
    "with gaps": TOWN.where(RNG.random(ROWS) < 0.75),
    "number": pd.Series(RNG.normal(size=ROWS)),
    "day": pd.Series(pd.date_range("2024-01-01", periods=ROWS)),
}
NOTHING = {
    "object": pd.Series([None] * ROWS, dtype=object),
    "float": pd.Series([np.nan] * ROWS),
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_that_is_empty_now_has_drifted(column, nothing, turned):
    tables = [pd.DataFrame({"c": c}) for c in (COLUMNS[column], NOTHING[nothing])]
    (result,) = assay.drift(*(tables[::-1] if turned else tables)).results
    (m,) = result.measurements
    assert result.verdict == "fail"
    assert m.value == pytest.approx(COLUMNS[column].notna().mean())
    assert m.low is not None
    assert 0.5 < m.low < m.value


def test_columns_without_a_value_on_both_sides_are_equal():
    for one, two in (("object", "object"), ("object", "float"), ("float", "object")):
        tables = [pd.DataFrame({"c": NOTHING[name]}) for name in (one, two)]
        (result,) = assay.drift(*tables).results
        assert result.verdict == "pass"
        assert result.measurements[0].value == 0


def test_clusters_take_the_place_of_rows_there_too():
    shops = np.arange(ROWS) % 20
    tables = [
        pd.DataFrame({"c": COLUMNS["with gaps"].where(shops > 3), "shop": shops}),
        pd.DataFrame({"c": NOTHING["object"], "shop": shops}),
    ]
    wide, narrow = (
        assay.drift(*tables, columns=["c"], cluster=cluster).results[0].measurements[0]
        for cluster in ("shop", None)
    )
    assert wide.value == narrow.value
    assert wide.method == "wild-cluster-bootstrap"
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low


def test_types_that_do_not_fit_are_still_told_apart():
    tables = [pd.DataFrame({"c": COLUMNS[name]}) for name in ("town", "number")]
    found = assay.drift(*(t.assign(d=1) for t in tables))
    assert "the column is float here and string in the reference" in found.results[0].reason


def test_values_that_span_all_doubles_are_described_without_a_warning():
    ends = np.array([-1.7e308, 1.7e308])
    tables = [pd.DataFrame({"c": np.repeat(ends, several)}) for several in ((300, 300), (500, 100))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (result,) = assay.drift(*tables).results
    assert result.verdict == "fail"
    assert not any(e.title == "Evidence failed" for e in result.evidence)


def test_ten_rows_that_are_alike_do_not_show_that_all_are():
    tables = [pd.DataFrame({"c": ["same"] * several}) for several in (10, 5_000)]
    (few,) = assay.drift(*tables).results
    assert few.verdict == "inconclusive"
    assert assay.drift(tables[1], tables[1].copy()).decision == "pass"
