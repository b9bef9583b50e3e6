"""Interval bars: the geometry says what the verdict says."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.criterion import AtLeast, AtMost, Between, Equals, NoWorseThan, OneOf
from assay.core.measurement import Measurement
from assay.report.html.bars import interval_bar, scale

if TYPE_CHECKING:
    from assay.core.criterion import Criterion

FINITE = st.floats(-1e6, 1e6)


def bar(
    low: float | None, value: float, high: float | None, criterion: Criterion | None
) -> ElementTree.Element:
    m = Measurement(value=value, low=low, high=high, level=0.95, method="m", n=9)
    on = scale([m], criterion, 200)
    return ElementTree.fromstring(
        str(interval_bar(m, criterion, str(criterion), on, labelled=True))
    )


def one(root: ElementTree.Element, kind: str) -> dict[str, float]:
    found = root.find(f".//*[@class='{kind}']")
    assert found is not None
    return {k: float(v) for k, v in found.attrib.items() if k != "class"}


@given(st.lists(FINITE, min_size=3, max_size=3).map(sorted), FINITE)
def test_the_interval_crosses_the_edge_exactly_where_it_is_inconclusive(
    ends: list[float], bound: float
) -> None:
    low, value, high = ends
    root = bar(low, value, high, AtLeast(bound))
    zone, dot = one(root, "zone"), one(root, "dot")
    assert 0 <= dot["cx"] <= 200
    assert zone["x"] + zone["width"] == pytest.approx(200)
    pixel = 0.11  # positions are rounded to tenths
    whisker = one(root, "whisker") if low < high else {"x1": dot["cx"], "x2": dot["cx"]}
    stands = str(root.get("class")).removeprefix("bar ")
    if stands == "inside":
        assert whisker["x1"] >= zone["x"] - pixel
    elif stands == "outside":
        assert whisker["x2"] <= zone["x"] + pixel
    else:
        assert whisker["x1"] <= zone["x"] + pixel
        assert whisker["x2"] >= zone["x"] - pixel


def test_zones() -> None:
    most = one(bar(0.1, 0.2, 0.3, AtMost(0.4)), "zone")
    assert most["x"] == 0
    within = one(bar(0.1, 0.2, 0.3, Between(0.0, 0.4)), "zone")
    assert 0 < within["x"] < within["x"] + within["width"] < 200
    assert one(bar(0.1, 0.2, 0.3, Equals(0.2)), "zone")["width"] == 0


def test_unbounded_ends_are_arrows_at_the_edge() -> None:
    root = bar(0.1, 0.2, None, AtMost(0.4))
    assert one(root, "whisker")["x2"] == 198
    [caps] = root.iterfind(".//*[@class='cap']")
    assert caps.get("d", "").endswith("M192 7L198 12l-6 5")
    assert caps.get("d", "").split("M")[1].endswith("v10")


def test_a_census_has_no_whisker_and_still_a_place() -> None:
    root = bar(1.0, 1.0, 1.0, AtLeast(1.0))
    assert root.find(".//*[@class='whisker']") is None
    assert one(root, "dot")["cx"] == 100
    assert root.get("class") == "bar inside"


def test_listed_values_and_baselines() -> None:
    listed = bar(5, 5, 5, OneOf((5.0, 7.0)))
    assert len(listed.findall(".//*[@class='edge']")) == 2
    assert listed.find(".//*[@class='zone']") is None
    assert bar(0.1, 0.2, 0.3, NoWorseThan("main")).get("class") == "bar open"
    assert bar(0.1, 0.2, 0.3, None).get("class") == "bar open"


def test_it_says_the_numbers_to_those_who_cannot_see_it() -> None:
    assert bar(0.1, 0.2, 0.3, AtMost(0.4)).get("aria-label") == (
        "0.2, interval [0.1, 0.3]; required: at most 0.4"
    )


def test_labels_do_not_overlap() -> None:
    root = bar(0.0, 500.0, 1000.0, Between(500.0, 500.1))
    assert [e.text for e in root.iter("text")] == ["500"]
    assert [e.text for e in bar(0, 1, 2, Between(0.2, 1.8)).iter("text")] == ["0.2", "1.8"]
