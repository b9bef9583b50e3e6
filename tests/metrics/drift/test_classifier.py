"""``drift.classifier``: what it sees that single columns do not, and its answers to bad tables."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from tests.metrics.data.measuring import (
    CENSUS,
    estimate,
    evidence,
    folded,
    measure,
    not_applicable,
    reason,
)

from assay.core.binding import bind
from assay.core.errors import MissingExtraError
from assay.core.evidence import Chart, Table, Text
from assay.core.measurement import Measurement
from assay.metrics.data.drift import Drift
from assay.metrics.drift.classifier import ClassifierDrift

JOINT = ClassifierDrift()


def table(rows: int = 600, seed: int = 1) -> pd.DataFrame:
    """``low`` is below ``high`` in every row; ``town`` and ``code`` go together; some gaps."""
    rng = np.random.default_rng(seed)
    low = rng.random(rows)
    town = rng.choice(["Ghent", "Lyon", "Graz"], rows)
    frame = pd.DataFrame(
        {
            "id": np.arange(rows) + 10_000 * seed,
            "low": low,
            "high": (low + rng.random(rows) / 4) % 1,
            "town": town,
            "code": pd.Series(town).map({"Ghent": 9000, "Lyon": 69000, "Graz": 8010}),
            "open": rng.random(rows) < 0.5,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.random(rows) + seed, "D"),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "town"] = None
    return frame


def apart(column: str, now: pd.DataFrame, before: pd.DataFrame) -> float:
    """Upper end of the column's own drift."""
    return measure(Drift(column=column), now, against=before).value


def test_nothing_has_drifted():
    found = measure(JOINT, table(seed=2), against=table())
    assert found.low < 0.5 < found.high
    assert found.value < 0.56
    assert found.n == 600


def test_two_columns_exchanged_row_by_row_are_seen():
    """Both columns are uniform, before and after: no column has drifted by itself."""
    now = table(seed=2).rename(columns={"low": "high", "high": "low"})
    for column in ("low", "high"):
        assert apart(column, now, table()) < 0.1
    found = measure(JOINT, now, against=table())
    assert found.low > 0.9
    told, chart, said = evidence(JOINT, now, against=table())
    assert isinstance(told, Table)
    assert {row[0] for row in told.rows[:2]} == {"low", "high"}
    assert all(row[2] > 0.2 and row[4] < 0.1 for row in told.rows[:2])
    assert isinstance(chart, Chart)
    shares = [v["share"] for v in chart.spec["data"]["values"] if v["table"] == "current"]
    assert abs(sum(shares[:-1]) - 1) < 1e-4
    assert isinstance(said, Text)
    assert said.text == (
        "all 600 rows of the current table and all 600 rows of the reference table, 5 columns. "
        "Left out: id: a key (every row has a value of its own); day: a date or time that was not "
        "named."
    )


def test_a_relation_of_texts_that_broke_is_seen():
    """Towns keep their shares, and so do codes, but they no longer belong to each other."""
    now = table(seed=2)
    now["code"] = now["code"].sample(frac=1, random_state=0).to_numpy()
    before = table()
    assert apart("town", now, before) < 0.1
    assert measure(ClassifierDrift(columns=("town", "code")), now, against=before).low > 0.7


def test_a_new_town_and_gaps_are_seen():
    now = table(seed=2)
    now.loc[now.index < 240, "town"] = "Wien"
    assert 0.62 < measure(ClassifierDrift(columns=("town",)), now, against=table()).value < 0.78
    now["town"] = np.nan  # a frame holds it as numbers
    assert measure(ClassifierDrift(columns=("town",)), now, against=table()).value > 0.9


def test_lists_whose_numbers_go_together_in_another_way_are_seen():
    before, now = (np.random.default_rng(s).normal(size=(500, 3)) for s in (1, 2))
    before[:, 2] = before[:, 0] + before[:, 2] / 3
    now[:, 2] *= np.sqrt(10) / 3
    frames = [pd.DataFrame({"vector": list(v)}) for v in (now, before)]
    metric = ClassifierDrift(vector="vector", size=3)
    assert measure(metric, frames[0], against=frames[1]).low > 0.65
    told = evidence(metric, frames[0], against=frames[1])[0]
    assert isinstance(told, Table)
    assert {row[0] for row in told.rows[:2]} == {"vector[1]", "vector[3]"}


def test_times_are_compared_only_if_named():
    assert measure(ClassifierDrift(columns=("day",)), table(seed=9), against=table()).value > 0.99
    assert measure(ClassifierDrift(ignore=("low",)), table(seed=9), against=table()).value < 0.57


def test_time_zones_do_not_matter():
    """The same instants, written in UTC and in Kolkata; without a zone they are UTC."""
    now = table(seed=1)
    now["day"] = now["day"].dt.as_unit("us").dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata")
    found = measure(ClassifierDrift(columns=("day",)), now, against=table())
    assert found.value < 0.55


def test_identical_tables_have_not_drifted():
    same = table()
    found = measure(JOINT, same, against=same)
    assert 0.4 < found.value < 0.55
    said = evidence(JOINT, same, against=same)[-1]
    assert isinstance(said, Text)
    assert "600 rows occur in both tables alike" in said.text


def test_at_most_so_many_rows_by_lot_in_any_order():
    few = ClassifierDrift(rows=200)
    now, before = table(seed=2), table()
    found = measure(few, now, against=before)
    assert found.n == 200
    shuffled = now.sample(frac=1, random_state=3)
    assert measure(few, shuffled, against=before.sample(frac=1, random_state=4)) == found
    said = evidence(few, now, against=before)[-1]
    assert isinstance(said, Text)
    assert "200 of 600 rows of the current table and 200 of 600" in said.text
    assert ", drawn by lot" in said.text


def test_ten_rows_against_many():
    found = measure(JOINT, table(10, seed=2), against=table(5_000))
    assert found.n == 10
    assert found.low < 0.5 < found.high
    assert "fewer than 10 rows: 9" in reason(JOINT, table(9), against=table())
    assert reason(JOINT, table(0), against=table()) == "the table has no rows"
    assert reason(JOINT, table(), against=table(0)) == "the reference table has no rows"


def test_infinite_and_missing_values_are_values():
    now, before = table(seed=2), table()
    now.loc[now.index < 200, "low"] = np.inf
    assert measure(ClassifierDrift(columns=("low",)), now, against=before).low > 0.55
    now["low"] = -np.inf
    assert measure(ClassifierDrift(columns=("low",)), now, against=before).value > 0.99
    now["low"] = np.nan
    assert measure(ClassifierDrift(columns=("low",)), now, against=before).value > 0.99


def test_columns_that_one_table_lacks_or_has_otherwise():
    now = table(seed=2).assign(extra=1.0, code="a")
    before = table().drop(columns="open")
    assert measure(JOINT, now, against=before).value < 0.57
    said = evidence(JOINT, now, against=before)[-1]
    assert isinstance(said, Text)
    assert "extra: not compared in the reference" in said.text
    assert "code: text here and number in the reference" in said.text
    named = ClassifierDrift(columns=("low", "code"))
    assert reason(named, now, against=table()) == (
        "column 'code' is text here and number in the reference"
    )


def test_constant_on_both_sides():
    now, before = (table(seed=s).assign(flat=1.0) for s in (2, 1))
    flat = ClassifierDrift(columns=("flat",))
    assert "no column has two different values" in reason(flat, now, against=before)
    assert measure(flat, now.assign(flat=2.0), against=before).value == 1
    assert evidence(flat, now, against=before) != ()


def test_census_and_levels():
    now, before = table(seed=2), table()
    whole = estimate(JOINT, now, CENSUS, against=before)
    assert isinstance(whole, Measurement)
    assert whole.level is None
    assert whole.value == measure(JOINT, now, against=before).value


def test_parameters_that_cannot_be_meant():
    for given, said in (
        ({"rows": 10}, "100"),
        ({"columns": ("a", "a")}, "different"),
        ({"columns": ("a",), "ignore": ("b",)}, "ignore"),
    ):
        with pytest.raises(ValueError, match=said):
            ClassifierDrift(**given)
    assert bind(ClassifierDrift, {"columns": ["low", "high"]}).columns == ("low", "high")


def test_tables_that_it_does_not_apply_to():
    assert "no column 'gone'" in str(not_applicable(ClassifierDrift(columns=("gone",)), table()))
    days = table()[["day"]]
    assert "0 columns of numbers and texts" in str(not_applicable(JOINT, days))
    lists = pd.DataFrame({"list": [[1.0, 2.0]] * 3})
    assert "nested" in str(not_applicable(ClassifierDrift(columns=("list",)), lists))


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    fold = folded(ClassifierDrift(rows=150), table(seed=5), against=table(seed=6))
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MissingExtraError, match="scikit-learn") as raised:
        ClassifierDrift(rows=150).estimate(fold, CENSUS)
    assert "assay[sklearn]" in str(raised.value.hint)
