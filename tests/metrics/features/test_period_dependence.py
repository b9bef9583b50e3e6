"""``features.period_dependence``, against the association with a period that pandas made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.evidence import Chart, Text
from assay.metrics.data.association import Association
from assay.metrics.features.period_dependence import PeriodDependence


def table(n: int = 900, seed: int = 0) -> pd.DataFrame:
    """A label that changes in March, and one that does not; a number likewise."""
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2023-12-25") + pd.to_timedelta(np.sort(rng.integers(0, 112, n)), unit="D")
    late = day >= pd.Timestamp("2024-03-18")
    frame = pd.DataFrame(
        {
            "day": day,
            "changed": np.where(rng.random(n) < np.where(late, 0.5, 0.1), "yes", "no"),
            "same": np.where(rng.random(n) < 0.3, "yes", "no"),
            "height": rng.normal(10 + late, 1),
        }
    )
    frame.loc[::50, "changed"] = None
    frame.loc[::70, "day"] = pd.NaT
    return frame


@pytest.mark.parametrize("column", ["changed", "same", "height"])
@pytest.mark.parametrize("days", [7, 28])
def test_it_is_the_association_with_the_period(column, days):
    frame = table()
    start = pd.Timestamp("2023-12-25")  # whole periods after the first Monday of 1970
    assert (start - pd.Timestamp("1970-01-05")).days % 28 == 0
    since = (frame["day"] - start).dt.days
    period = (since // days).map("p{:.0f}".format).where(frame["day"].notna())
    theirs = measure(Association(column=column, with_column="period"), frame.assign(period=period))
    mine = measure(PeriodDependence(column=column, time="day", days=days), frame)
    assert (mine.value, mine.low, mine.high, mine.n) == pytest.approx(
        (theirs.value, theirs.low, theirs.high, theirs.n)
    )


def test_what_changed_is_named():
    found = measure(PeriodDependence(column="changed", time="day"), table())
    assert found.low > 0.2
    text, chart, shown = evidence(PeriodDependence(column="changed", time="day"), table())
    assert isinstance(text, Text)
    assert "in the 28 days from 2024-03-18" in text.text
    assert isinstance(chart, Chart)
    assert [row[0] for row in shown.rows[:2]] == ["2023-12-25", "2024-01-22"]
    frame = table().dropna()
    first = frame[frame["day"] < "2024-01-22"]
    yes = next(row for row in shown.rows if row[1] == "yes")
    assert yes[2] == len(first)
    assert yes[3] == pytest.approx((first["changed"] == "yes").mean(), rel=1e-3)
    assert measure(PeriodDependence(column="same", time="day"), table()).low == 0
    mean, _, _ = evidence(PeriodDependence(column="height", time="day"), table())
    assert mean.text.startswith("The mean of height is 1")


def test_whole_numbers_may_be_classes():
    frame = table().assign(grade=lambda t: (t["changed"] == "yes").astype(int))
    asked = PeriodDependence(column="grade", time="day", task="classification")
    assert measure(asked, frame).value == pytest.approx(
        measure(PeriodDependence(column="grade", time="day"), frame).value, abs=0.02
    )
    assert measure(asked, frame, CENSUS).method == "census"


def test_reasons():
    asked = PeriodDependence(column="changed", time="day")
    number = PeriodDependence(column="height", time="day")
    for one in (asked, number):
        assert reason(one, table()[:0]) == "there is no row with a value and a time"
        assert reason(one, table()[1:40]) == "all rows lie in one period of 28 days"
        assert evidence(one, table()[1:40]) == ()
        assert "are the same" in reason(one, table().assign(changed="x", height=2.0))
    assert "no times" in not_applicable(PeriodDependence(column="changed", time="height"), table())
    assert "no column" in not_applicable(PeriodDependence(column="z", time="day"), table())
    wrong = PeriodDependence(column="height", time="day", task="classification")
    assert "no classes" in not_applicable(wrong, table())
    wrong = PeriodDependence(column="same", time="day", task="regression")
    assert "not numbers" in not_applicable(wrong, table())
    with pytest.raises(ValueError, match="both the column and the time"):
        PeriodDependence(column="day", time="day")
