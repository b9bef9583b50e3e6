"""Charts: drawn by the real vl-convert, taken apart, and harmless where they cannot be drawn."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from tests.report.example_run import calibration_chart, heat_chart, histogram_chart, roc_chart

from assay.core.evidence import Chart
from assay.report.html.charts import Charts
from assay.report.html.drawing import draw
from assay.report.html.svg import rebuilt
from assay.report.text import visible

if TYPE_CHECKING:
    from pathlib import Path

POINT = {"data": {"values": [{"a": 1, "b": "x"}]}, "mark": "point",
         "encoding": {"x": {"field": "a", "type": "quantitative"}}}  # fmt: skip


def figure(chart: Chart, prefix: str = "p-") -> str:
    return str(Charts([chart]).figure(chart, prefix=prefix))


def drawn(spec: dict[str, Any]) -> str:
    return figure(Chart(title="T", alt="what it shows", spec=spec))


@pytest.mark.parametrize(
    ("chart", "marks"),
    [(roc_chart(0.8), "<path"), (histogram_chart("x", 0.1, 1), "<path"),
     (calibration_chart(), "<path"), (heat_chart(), "<path")],
    ids=["roc", "histogram", "calibration", "heat"],
)  # fmt: skip
def test_charts_are_drawn_in_the_colours_of_the_page(chart: Chart, marks: str) -> None:
    source = figure(chart)
    assert "could not be drawn" not in source
    assert marks in source
    assert "var(--muted)" in source
    assert 'fill="#000"' not in source
    assert "font-family" not in source
    assert f'aria-label="{chart.alt}"' in source
    ElementTree.fromstring(source)


def test_clip_paths_of_two_charts_do_not_meet() -> None:
    spec = {**POINT, "mark": {"type": "point", "clip": True}}
    one = figure(Chart(title="", alt="", spec=spec), "a-")
    two = figure(Chart(title="", alt="", spec=spec), "b-")
    assert 'id="a-1"' in one
    assert 'clip-path="url(#a-1)"' in one
    assert two == one.replace("a-1", "b-1")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({}, "Invalid specification"),
        ({**POINT, "mark": "nonsense"}, "could not be drawn"),
        ({**POINT, "transform": [{"calculate": "while(1){}", "as": "x"}]}, "could not be drawn"),
        ({**POINT, "data": {"url": "http://127.0.0.1:9/x.csv"}}, "outside the report (url)"),
        ({**POINT, "data": {"url": "file:///etc/passwd"}}, "outside the report (url)"),
        ({"layer": [POINT, {**POINT, "data": {"url": "x"}}]}, "outside the report (url)"),
        ({**POINT, "mark": {"type": "point", "href": "http://evil"}}, "outside the report (href)"),
        ({**POINT, "usermeta": "x" * 2_000_001}, "characters"),
    ],
)
def test_a_chart_that_cannot_be_drawn_says_why(spec: dict[str, Any], reason: str) -> None:
    source = drawn(spec)
    assert "This chart could not be drawn: " in source
    assert reason in source
    assert "<svg" not in source
    assert "what it shows" in source


def test_its_numbers_are_shown_instead() -> None:
    source = drawn({**POINT, "mark": "nonsense"})
    assert "The numbers behind it" in source
    assert "<td>x</td>" in source


def test_no_file_is_read_for_a_chart(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n424242\n")
    source = drawn({"data": {"url": secret.as_uri()}, "mark": "text",
                    "encoding": {"text": {"field": "a"}}})  # fmt: skip
    assert "424242" not in source


HOSTILE_TEXTS = ["nul\x00", "\x1b[31m", "\x07", "\ud800", "a\r\nb", "\ufffe", "\x85", "<b>&"]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_control_characters_are_drawn_as_text(text: str) -> None:
    values = [{"f": text, text: 1}, {"f": "b", text: 2}]
    source = drawn({"title": text, "data": {"values": values}, "mark": "bar",
                    "encoding": {"x": {"field": "f", "type": "nominal", "title": text},
                                 "y": {"field": "f", "aggregate": "count"}}})  # fmt: skip
    assert "could not be drawn" not in source
    assert source.count(escape(visible(text), quote=False)) == 3  # title, axis title, label


ABORTS = {**POINT, "transform": [{"calculate": "'a\\u0007'", "as": "b"}],
          "encoding": {"x": {"field": "b", "type": "nominal"}}}  # fmt: skip


def test_a_chart_that_ends_the_converter_costs_only_itself() -> None:
    charts = [
        Chart(title=f"T{i}", alt="", spec=ABORTS if i == 2 else {**POINT, "height": 50 + i})
        for i in range(9)
    ]
    pictures = Charts(charts)
    sources = [str(pictures.figure(chart, prefix="p-")) for chart in charts]
    assert ["could not be drawn" in source for source in sources] == [i == 2 for i in range(9)]
    assert "the converter ended with" in sources[2]
    heights = [re.search(r'height="(\d+)"', s) for i, s in enumerate(sources) if i != 2]
    assert [int(m[1]) for m in heights if m] == sorted(int(m[1]) for m in heights if m)


def test_many_that_end_it_are_given_up() -> None:
    specs = [json.dumps({**ABORTS, "height": i}) for i in range(5)]
    found = draw(specs, "{}")
    assert [d.svg for d in found] == [""] * 5
    assert sum("ended with" in d.error for d in found) == 3
    assert found[-1].error == "others before it ended the converter"


EVIL = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="10" height="10" viewBox="0 0 10 10" onload="alert(1)" style="x:y">
<script>alert(1)</script><style>*{}</style><foreignObject><b xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>
<image xlink:href="http://evil/x.png"/><use href="#y"/><animate attributeName="href"/>
<a xlink:href="javascript:alert(1)"><text onclick="alert(1)" fill="red">kept</text></a>
<rect fill="url(http://evil/#x)" stroke="url(#g)" opacity="1" width="3" class="c"/>
<path d="M0,0" fill="URL(//evil)" stroke="image-set('x')" transform="translate(1,2)"/>
<rect fill="\\75rl(x)" width="4"/></svg>"""


def test_only_what_cannot_act_is_rebuilt() -> None:
    assert str(rebuilt(EVIL, prefix="p-", attributes={"role": "img"})) == (
        '<svg width="10" height="10" viewBox="0 0 10 10" role="img">'
        '<text fill="red">kept</text><rect stroke="url(#p-1)" width="3"></rect>'
        '<path d="M0,0" transform="translate(1,2)"></path><rect width="4"></rect></svg>'
    )


@pytest.mark.parametrize(
    "source",
    ["<svg", "<html xmlns='http://www.w3.org/2000/svg'/>", "<svg/>", "",
     "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>"],
)  # fmt: skip
def test_what_is_not_a_plain_svg_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="the drawing"):
        rebuilt(source, prefix="", attributes={})
