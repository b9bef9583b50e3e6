"""``assay.drift``: two tables in, a ranking out; and what it refuses, in words for people."""

from __future__ import annotations

import warnings
from typing import get_args

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import assay
from assay.core.result import from_json, to_json
from assay.metrics.data.drift import Method

RNG = np.random.default_rng(7)
N = 2_000
BEFORE = pd.DataFrame(
    {
        "id": np.arange(N),
        "amount": RNG.normal(10, 2, N),
        "code": RNG.choice(["a", "b"], N),
        "calm": RNG.integers(0, 9, N),
        "store": np.arange(N) % 40,
        "gone": 1,
    }
)
NOW = BEFORE.drop(columns="gone").assign(
    amount=BEFORE["amount"] + 2, code=RNG.choice(["a", "z"], N), fresh=1
)


@pytest.fixture(scope="module")
def found():
    return assay.drift(BEFORE, NOW, unit="id")


def test_it_names_what_moved_furthest_first(found):
    assert found.decision == "block"
    assert found.run.exit_code == 1
    assert found.moved == ["code", "amount"]
    assert found.undecided == []
    assert found.of("calm").verdict == "pass"
    assert found.of("amount").measurements[0].value == pytest.approx(0.383, abs=0.04)
    with pytest.raises(KeyError, match="fresh"):
        found.of("fresh")
    assert repr(found) == "<assay.Drift 'drift': block, 2 of 4 columns moved, 0 undecided>"


def test_it_prints_a_ranking_and_what_was_not_compared(found):
    text = str(found)
    assert "2 of 4 columns moved, 2 are within the limit." in text
    assert text.index("✗ code") < text.index("✗ amount") < text.index("✓ ")
    for words in ("gone: only reference has it", "fresh: only current has it", "id: both have it"):
        assert words in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_notebook_shows_the_report_and_it_can_be_stored(found, tmp_path):
    assert "What moved" in found._repr_html_()
    assert found.write(tmp_path / "d.html").read_text().startswith("<!doctype html>")
    assert from_json(to_json(found)).results == found.results


def test_frames_and_files_give_the_same(found, tmp_path):
    paths = [tmp_path / "before.parquet", tmp_path / "now.csv"]
    BEFORE.to_parquet(paths[0])
    NOW.to_csv(paths[1], index=False)
    others = [
        (pl.from_pandas(BEFORE), pa.Table.from_pandas(NOW)),
        (str(paths[0]), paths[1]),
    ]
    for reference, current in others:
        again = assay.drift(reference, current, unit="id")
        assert again.moved == found.moved
        assert again.of("amount").measurements == found.of("amount").measurements
    assert again.suite.name == "drift of now.csv against before.parquet"


def test_columns_are_chosen_by_name_and_pattern():
    one = assay.drift(BEFORE, NOW, columns=["a*", "calm"])
    assert [r.params["column"] for r in one.results] == ["amount", "calm"]
    rest = assay.drift(BEFORE, NOW, leave_out=["a*", "id", "code"])
    assert [r.params["column"] for r in rest.results] == ["calm", "store"]
    assert rest.decision == "pass"
    psi = assay.drift(BEFORE, NOW, 0.25, columns=["amount"], method="psi")
    assert psi.results[0].criterion_text == "at most 0.25"
    assert psi.results[0].params["method"] == "psi"


def test_clusters_take_the_place_of_rows():
    columns = ["amount"]
    by_row = assay.drift(BEFORE, NOW, columns=columns).of("amount")
    clustered = assay.drift(BEFORE, NOW, columns=columns, cluster="store").of("amount")
    assert clustered.measurements[0].method != by_row.measurements[0].method
    assert clustered.measurements[0].value == by_row.measurements[0].value


def test_an_odd_pair_of_time_zones_is_said():
    times = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=300, freq="h")})
    zoned = times.assign(t=times["t"].dt.tz_localize("America/New_York"))
    with pytest.warns(RuntimeWarning, match="One table only has a time zone in 't'"):
        assay.drift(times, zoned)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assay.drift(zoned, zoned.assign(t=zoned["t"].dt.tz_convert("UTC")))


def test_a_number_is_not_held_against_a_time():
    numbers = pd.DataFrame({"t": np.arange(300.0), "x": np.arange(300.0)})
    times = numbers.assign(t=pd.date_range("2024-01-01", periods=300))
    found = assay.drift(numbers, times)
    assert found.of("t").verdict == "not_applicable"
    assert "the column is timestamp here and float in the reference" in str(found)


def test_a_file_that_is_part_of_both_is_said(tmp_path):
    for name in ("a", "b"):
        BEFORE.to_parquet(tmp_path / f"{name}.parquet")
    with pytest.warns(RuntimeWarning, match=r"which hides drift: a\.parquet"):
        assay.drift(tmp_path / "a.parquet", tmp_path)


REFUSED = {
    "the same object": (lambda: assay.drift(BEFORE, BEFORE), "the same object"),
    "no shared column": (lambda: assay.drift(BEFORE[["gone"]], NOW), "no column in common. The re"),
    "no such file": (lambda: assay.drift("nowhere.csv", NOW), "no file 'nowhere.csv'"),
    "an empty reference": (lambda: assay.drift(BEFORE.head(0), NOW), "reference table has no rows"),
    "an empty table": (lambda: assay.drift(BEFORE, NOW.head(0)), "current table has no rows"),
    "a typing error": (lambda: assay.drift(BEFORE, NOW, columns=["amuont"]), "mean 'amount'"),
    "one-sided": (lambda: assay.drift(BEFORE, NOW, columns=["gone"]), "current table has no col"),
    "nothing left": (lambda: assay.drift(BEFORE, NOW, leave_out="*"), "No column is left"),
    "no such unit": (lambda: assay.drift(BEFORE, NOW, unit="ids"), "reference table has no column"),
    "a bad limit": (lambda: assay.drift(BEFORE, NOW, -0.1), "from 0 on, not -0.1"),
    "NaN": (lambda: assay.drift(BEFORE, NOW, float("nan")), "from 0 on, not nan"),
    "a bad method": (lambda: assay.drift(BEFORE, NOW, method="kss"), "Did you mean 'ks'"),
}


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compared_is_refused_in_words(call, words):
    with pytest.raises(assay.AssayError) as refused:
        call()
    assert words in str(refused.value)


def test_the_same_file_twice_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    BEFORE.to_parquet(path)
    (tmp_path / "link.parquet").symlink_to(path)
    with pytest.raises(assay.AssayError, match="the same file"):
        assay.drift(path, tmp_path / "link.parquet")


@pytest.mark.parametrize("method", ["psi", "wasserstein", "hellinger"])
def test_a_method_of_the_metric_can_be_asked_for(method):
    assert method in get_args(Method)
    found = assay.drift(BEFORE, NOW, 9.0, columns=["calm"], method=method)
    assert found.results[0].verdict == "pass"
    assert found.results[0].params["method"] == method
