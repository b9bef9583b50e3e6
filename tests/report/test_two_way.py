"""A check sliced by two columns as a matrix: what stands in each cell, and in which order."""

from __future__ import annotations

import re
from html import unescape

import pytest
from tests.report.example_run import example_run, result, share
from tests.report.hostile_run import PAYLOADS

from assay.core.criterion import AtMost
from assay.core.measurement import Measurement, Unmeasured
from assay.report.html import render
from assay.report.html.two_way import in_order, two_way

CATEGORIES, TECHNIQUES = ("cyber", "fraud"), ("none", "base64", "role play")


def attacks(**more: object) -> object:
    cells = [
        share(i + j, 20, category=c, technique=t)
        for i, c in enumerate(CATEGORIES)
        for j, t in enumerate(TECHNIQUES)
        if (c, t) != ("fraud", "base64")
    ]
    return result(
        "attacks", "llm.injection", AtMost(0.2), cells, by=[["category", "technique"]],
        unmeasured=[
            Unmeasured(reason="few", key={"category": "fraud", "technique": "base64"}, n=4)
        ],
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def rows_of(table: object) -> list[list[str]]:
    """The text of each cell, by row."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", str(table), re.DOTALL)
    cut = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
    return [[unescape(re.sub(r"<[^>]*>", " ", c)).strip() for c in cut.findall(r)] for r in rows]


def test_each_cell_says_value_interval_and_n() -> None:
    (table,) = two_way(attacks())  # type: ignore[arg-type]
    rows = [[" ".join(cell.split()) for cell in row] for row in rows_of(table)]
    assert rows[0] == ["", "technique"]
    assert rows[1] == ["base64", "none", "role play"]
    assert rows[2][0] == "category: cyber"
    assert rows[2][2] == "✓ 0 [0, 0.1611] n = 20"
    assert rows[2][3] == "? 0.1 [0.0279, 0.301] n = 20"
    assert rows[3][1] == "– n = 4"
    assert "required: at most 0.2" in str(table)


def test_the_whole_of_a_row_or_column_stands_at_the_end() -> None:
    more = [share(3, 60, category="cyber"), share(1, 40, technique="none"), share(9, 120)]
    base = attacks()
    base.measurements.extend(more)  # type: ignore[attr-defined]
    (table,) = two_way(base)  # type: ignore[arg-type]
    rows = [[" ".join(cell.split()) for cell in row] for row in rows_of(table)]
    assert rows[1][-1] == "all"
    assert [row[0] for row in rows[2:]] == ["category: cyber", "category: fraud", "category: all"]
    assert rows[2][-1].startswith("✓ 0.05")
    assert rows[-1][-1].endswith("n = 120")
    assert rows[-1][1] == "·"


def test_a_value_called_like_the_whole_is_told_apart() -> None:
    cells = [share(i, 9, a=a, b=b) for i, a in enumerate(("all", "x")) for b in ("y", "z")]
    (table,) = two_way(result("c", "m", AtMost(1), [*cells, share(1, 9, b="y")], by=[["a", "b"]]))
    text = str(table)
    assert "all (a value)" in text
    assert text.count("n = 9") == 5


def test_the_longer_axis_runs_downwards() -> None:
    cells = [share(1, 9, a=a, b=str(b)) for a in "xy" for b in range(12)]
    (table,) = two_way(result("c", "m", AtMost(1), cells, by=[["a", "b"]]))
    assert [row[0] for row in rows_of(table)[2:]] == [f"b:  {b}" for b in range(12)]


@pytest.mark.parametrize(
    "by", [[], [["category"]], [["category"], ["technique"]], [["category", "technique", "x"]]]
)
def test_other_slicings_have_no_matrix(by: list[list[str]]) -> None:
    base = attacks()
    base.by[:] = by  # type: ignore[attr-defined]
    assert two_way(base) == []  # type: ignore[arg-type]


def test_one_value_of_a_column_makes_no_matrix() -> None:
    cells = [share(1, 9, a="x", b=b) for b in "yz"]
    assert two_way(result("c", "m", AtMost(1), cells, by=[["a", "b"]])) == []


def test_each_class_has_its_own() -> None:
    cells = [
        Measurement(value=float(i), low=None, high=None, level=0.95, method="x", n=3, unit="s",
                    key={"class": k, "a": a, "b": b})
        for i, k in enumerate("pq") for a in "xy" for b in "yz"
    ]  # fmt: skip
    tables = two_way(result("c", "m", AtMost(1), cells, by=[["a", "b"]]))
    assert len(tables) == 2
    assert "a × b, class = q" in str(tables[1])
    assert "value in s" in str(tables[1])


def test_shades_rise_with_the_value() -> None:
    cells = [share(i * 3 + j, 8, a=str(i), b=str(j)) for i in range(3) for j in range(3)]
    (table,) = two_way(result("c", "m", None, cells, by=[["a", "b"]], verdict="pass", reason="-"))
    shades = [int(n) for n in re.findall(r"shade-(\d)", str(table))]
    assert shades == [1, 1, 2, 2, 3, 4, 4, 5, 5]


@pytest.mark.parametrize(
    ("labels", "ordered"),
    [
        (("16k", "512", "2k", "1,024"), ["512", "1,024", "2k", "16k"]),
        (("100 %", "0 %", "50 %"), ["0 %", "50 %", "100 %"]),
        (("1e3", "-2", "0.5"), ["-2", "0.5", "1e3"]),
        (("q10", "q2", "Q1"), ["Q1", "q2", "q10"]),
        (("10", "b", "9"), ["9", "10", "b"]),
        (("", "a"), ["", "a"]),
        ((), []),
    ],
)
def test_labels_are_in_the_order_of_their_amounts(
    labels: tuple[str, ...], ordered: list[str]
) -> None:
    assert in_order(labels) == ordered


def test_it_stands_in_the_report_and_is_inert() -> None:
    keys = [p for p in PAYLOADS if len(p) < 200][:6]
    cells = [share(i, 9, **{keys[0]: a, "b": b}) for i, a in enumerate(keys) for b in keys]
    page = render(example_run([result("c", "m", AtMost(0), cells, by=[[keys[0], "b"]])]))
    assert "matrix two-way" in page
    assert "<script" not in page
    assert "<img" not in page
