"""Two distributions over each other, as drawn: shares at their heights, on a scale that is said."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

import msgspec
import pytest
from tests.report.example_run import moved

from assay.core.evidence import Distributions
from assay.report.html.distributions import figure
from assay.report.html.overlay import Cell, Height, drawn, height_of, placed, small
from assay.report.html.ticks import numbers, shares, times

FLAT = Distributions(
    title="T", alt="A.", of="x", sides=("then", "now"), edges=[0, 1, 2, 3],
    shares=([0.2, 0.2, 0.6], [0.5, 0.0, 0.3]), missing=(0.0, 0.2), changes=["nulls 0 % → 20 %"],
)  # fmt: skip


def paths(node: object) -> dict[str, str]:
    return dict(re.findall(r'class="(first|second)" d="([^"]*)"', "".join(map(str, node))))


def test_a_share_stands_at_its_height_and_nothing_is_drawn_for_none():
    cells = [Cell(0, 10, (0.2, 0.5)), Cell(10, 20, (0.4, 0.0)), Cell(20, 30, (0.0, 0.1))]
    found = paths(drawn(cells, Height(0.5, root=False), 100, top=0))
    assert found["first"] == "M0 100V60h10V20h10V100"
    assert found["second"] == "M0 100V0h10V100M20 100V80h10V100"


def test_missing_values_stand_apart_at_the_left():
    null, first, *_ = cells = placed(FLAT, 140)
    assert null.shares == (0.0, 0.2)
    assert null.right < first.left
    assert cells[-1].right == pytest.approx(140)
    named = msgspec.structs.replace(FLAT, names=["a", "b", "c"], edges=[])
    assert len(placed(named, 100)) == 4
    assert all(one.right < two.left for one, two in zip(placed(named, 100), placed(named, 100)[1:],
                                                        strict=False))  # fmt: skip


def test_one_cell_that_towers_is_drawn_by_roots_and_said():
    tall = msgspec.structs.replace(
        FLAT, edges=[*range(9)], missing=(0, 0), shares=([0.9, *[0.01] * 7], [0.9, *[0.02] * 7])
    )
    height = height_of(tall, placed(tall, 100))
    assert height == Height(0.9, root=True)
    assert height.of(0.225, 100) == pytest.approx(50)
    assert "on a root scale" in str(figure(tall))
    assert "on a root scale" not in str(figure(FLAT))
    assert not height_of(FLAT, placed(FLAT, 100)).root
    assert Height(0.0, root=False).of(0.0, 10) == 0


def test_the_large_picture_says_what_it_is():
    text = str(figure(FLAT))
    for word in ("then", "now", "null", "20 %"):
        assert f">{word}</text>" in text
    for part in ("<strong>T</strong>", "Changed: nulls 0 % → 20 %.", 'label="A. nulls 0 % → 20 %"'):
        assert part in text
    tail = msgspec.structs.replace(FLAT, beyond=((0.0, 0.012), (0.0, 0.3)))
    assert "Not drawn: 1.2 % → 30 % above." in str(figure(tail))


def test_values_without_an_order_have_a_row_each_and_a_long_bar_is_cut():
    names = [f"value number {i} of all" for i in range(12)]
    several = msgspec.structs.replace(
        FLAT,
        names=names,
        edges=[],
        missing=(0, 0),
        shares=([0.9, *[0.01] * 11], [0.8, *[0.02] * 10, 0.0]),
    )
    text = str(figure(several))
    assert text.count("</title>") == 12
    assert "90 % → 80 %" in text
    assert "1.0 % → 0 %" in text
    assert 'class="cut"' in text
    two = msgspec.structs.replace(several, names=names[:2], shares=([0.9, 0.1], [0.95, 0.05]))
    assert 'class="cut"' not in str(figure(two))


def test_a_picture_of_nothing_is_a_picture():
    nothing = msgspec.structs.replace(FLAT, shares=([0, 0, 0], [0, 0, 0]), missing=(0, 0))
    assert "<svg" in str(figure(nothing))
    assert "<path" not in str(small(nothing))


@pytest.mark.parametrize("column", ["a", "insurance"])
def test_a_small_picture_is_small(column):
    assert len(str(small(moved(column, 0.3, 1)))) < 700


def test_marks_are_round_and_within_the_ends():
    assert [t.text for t in numbers(0, 100)] == ["0", "20", "40", "60", "80", "100"]
    assert [t.text for t in numbers(-0.35, 0.2)] == ["−0.3", "−0.2", "−0.1", "0", "0.1", "0.2"]
    assert [t.text for t in numbers(3, 3)] == ["3"]
    assert all(-1.7e308 <= t.at <= 1.7e308 for t in numbers(-1.7e308, 1.7e308))
    assert all(math.isfinite(t.at) for t in numbers(0.0, 5e-324))
    assert [t.text for t in shares(0.23, root=False)] == ["0 %", "10 %", "20 %"]
    assert [t.text for t in shares(0.5, root=True)] == ["0 %", "1 %", "5 %", "10 %", "25 %", "50 %"]


@pytest.mark.parametrize(
    ("first", "last", "some"),
    [
        ((2013, 1, 1), (2013, 1, 2), "06:00"),
        ((2013, 1, 1), (2013, 1, 31), "Jan 10"),
        ((2013, 1, 1), (2013, 12, 31), "May 2013"),
        ((1990, 6, 1), (2020, 1, 1), "2005"),
    ],
)
def test_marks_of_time_are_round_instants(first, last, some):
    low, high = (datetime(*day, tzinfo=UTC).timestamp() for day in (first, last))
    found = times(low, high)
    assert 3 <= len(found) <= 12
    assert all(low <= tick.at <= high for tick in found)
    assert [t.at for t in found] == sorted(t.at for t in found)
    assert some in [tick.text for tick in found]


def test_years_beyond_the_calendar_have_marks_too():
    assert times(1e15, 2e15)
    assert times(-1e300, 1e300)
