"""What changed, in words: against what was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.metrics.data.measuring import evidence

from assay.core.evidence import Distributions
from assay.metrics.data.distributions.changes import name, percent, point
from assay.metrics.data.drift import Drift

RNG = np.random.default_rng(5)
NORMAL = pd.DataFrame({"x": RNG.normal(10, 2, 4_000)})
CODES = pd.DataFrame({"c": RNG.choice(["a", "b", "c"], 4_000, p=[0.5, 0.3, 0.2])})


def changes(current: pd.DataFrame, reference: pd.DataFrame) -> list[str]:
    (column,) = reference.columns
    picture = evidence(Drift(column=column), current, against=reference)[0]
    assert isinstance(picture, Distributions)
    return picture.changes


def test_nothing_is_told_of_a_table_against_itself():
    assert changes(NORMAL, NORMAL) == []
    assert changes(CODES, CODES) == []


def test_a_shift_names_the_median_and_the_greatest_change():
    first, second = changes(NORMAL + 2, NORMAL)
    median = NORMAL["x"].quantile(0.5, interpolation="lower")
    assert first == f"median up, {median:.4f} → {median + 2:.4f}"
    where, shares = second.removeprefix("up to ").split(": ")
    before, after = (float(share.removesuffix(" %")) for share in shares.split(" → "))
    # two normal distributions a standard deviation apart differ most in the middle, by 0.383
    assert float(where) == pytest.approx(11, abs=0.5)
    assert before - after == pytest.approx(38.3, abs=3)


def test_a_wider_spread_and_nulls_are_told_greatest_first():
    wider = (NORMAL - NORMAL.median()) * 3 + NORMAL.median()
    assert changes(wider, NORMAL)[0] == "middle half 3 times as wide"
    gone = pd.DataFrame({"x": NORMAL["x"].mask(np.arange(4_000) % 4 == 0)})
    assert changes(gone, NORMAL)[0] == "nulls 0 % → 25 %"
    assert changes(NORMAL, gone)[0] == "nulls 25 % → 0 %"
    assert changes(NORMAL * np.nan, NORMAL) == ["nulls 0 % → 100 %"]


def test_times_move_by_days():
    times = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=500, freq="h")})
    assert changes(times + pd.Timedelta(days=365), times)[0] == (
        "median 365 days later, 2024-01-11 → 2025-01-10"
    )
    assert changes(times - pd.Timedelta(hours=30), times)[0].startswith("median 30.0 hours earlier")


def test_new_vanished_and_changed_values_are_told():
    moved = CODES.assign(c=CODES["c"].replace({"c": "z"}))
    share = f"{(CODES['c'] == 'c').mean() * 100:.0f} %"
    assert changes(moved, CODES)[:2] == [f"new: z ({share})", f"vanished: c ({share})"]
    many = CODES.assign(c=[f"n{i % 40}" if i % 5 == 0 else c for i, c in enumerate(CODES["c"])])
    told = changes(many, CODES)
    assert told[0].startswith("8 values new (20 %), such as n")
    assert any(words.startswith("a ") and " → " in words for words in told)


def test_figures_and_names_stay_short_and_apart():
    assert [percent(s) for s in (0, 0.0001, 0.019, 0.174, 0.9999, 1)] == [
        "0 %", "below 0.05 %", "1.9 %", "17 %", "above 99.95 %", "100 %",
    ]  # fmt: skip
    assert name(None) == "(missing)"
    assert name("") == "(empty)"
    assert len(name("x" * 99)) == 30
    assert point(-2.0, temporal=False) == "−2"
    assert point(1e300, temporal=True).endswith(" s")
