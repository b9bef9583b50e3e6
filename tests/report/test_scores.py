"""Scores and quarantine, wherever a person or a program reads them."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import Console
from tests.report.example_run import earlier_scores, example_run

from assay.core.result import Quarantine, Run, Score, SubjectRecord, to_json
from assay.report import html, junit, markdown
from assay.report.html.scores import score_history
from assay.report.terminal import print_run
from assay.report.text import score_text

if TYPE_CHECKING:
    from pathlib import Path


def printed(run: Run, width: int = 80) -> str:
    file = io.StringIO()
    print_run(run, Console(file=file, width=width))
    return file.getvalue()


def bare(run: Run) -> Run:
    """The run without scores and quarantine, as older documents are."""
    return msgspec.structs.replace(
        run,
        scores=[],
        subjects=[msgspec.structs.replace(s, quarantined=None, quarantine=None)
                  for s in run.subjects],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.000"),
        (0.99999, "0.999"),  # never rounded up to perfection
        (0.57, "0.570"),  # 0.57 * 1000 is 569.9999…
        (0.29, "0.290"),
        (0.0004, "0.000"),
        (0.0, "0.000"),
    ],
)
def test_a_score_as_text(value: float, text: str) -> None:
    assert score_text(value) == text


def test_the_terminal_has_one_block(run: Run) -> None:
    text = printed(run)
    assert (
        "Data quality 0.942  a summary of 24 checks, not a verdict\n"
        "  completeness 0.972 · validity 0.999 · timeliness 0.853\n"
    ) in text
    assert (
        "Quarantine of test: 31 rows of 714 set aside\n"
        "  aside/20261103T140211-3f9c/failed.parquet, passed.parquet\n"
        "  not of single rows: test/mean/pirat, test/row_count\n"
    ) in text
    for absent in ("Data quality", "Quarantine"):
        assert absent not in printed(bare(run))


def test_names_are_made_inert_in_the_terminal(run: Run) -> None:
    evil = "\x1b[2J\u202e"
    subject = SubjectRecord(
        name=evil, kind="table", description="d", fingerprint="", quarantined=1,
        quarantine=Quarantine(folder=evil, passed=1, left_out=[evil] * 20),
    )  # fmt: skip
    text = printed(msgspec.structs.replace(run, subjects=[subject]))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "… and 8 more" in text


def test_markdown_in_a_line(run: Run) -> None:
    text = markdown.render(run)
    assert "\nData quality 0.942: completeness 0.972 · validity 0.999 · timeliness 0.853\n" in text
    assert "\nSet aside: 31 rows of <code>test</code>\n" in text
    for absent in ("Data quality", "Set aside"):
        assert absent not in markdown.render(bare(run))


def test_junit_as_properties(run: Run) -> None:
    root = ElementTree.fromstring(junit.render(run))
    found = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert found["score.overall"] == "0.942"
    assert found["score.timeliness"] == "0.853"


def test_json_has_them_whole(run: Run) -> None:
    document = json.loads(to_json(run))
    assert document["scores"][0] == {
        "dimension": None, "value": 0.9421, "checks": 24, "weight": 26.0,
    }  # fmt: skip
    assert document["subjects"][1]["quarantine"]["passed"] == 683


def section(page: str) -> str:
    return page.split('<section id="scores"')[1].split("</section>")[0]


def words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def test_html_has_bars_and_changes(run: Run) -> None:
    part = section(html.render(run, earlier=earlier_scores()))
    assert "A summary, not a verdict" in words(part)
    # overall: 0.9421 now, 0.9 + 7/200 in the run before
    assert "overall 0.942 24 +0.007" in words(part)
    assert "validity 0.999 9 ≈ the same" in words(part)
    widths = [float(w) for w in re.findall(r'class="fill"[^>]* width="([0-9.]+)"', part)]
    assert widths == [round(240 * s.value, 1) for s in run.scores]
    assert "The scores of the last 9 runs of this suite." in words(part)


def test_the_chart_has_a_point_for_each_run(run: Run) -> None:
    chart = score_history(run, earlier_scores())
    assert chart is not None
    values = chart.spec["data"]["values"]
    assert len([v for v in values if v["dimension"] == "overall"]) == 9
    assert len([v for v in values if v["dimension"] == "timeliness"]) == 8
    assert chart.spec["facet"]["sort"] == ["overall", "completeness", "validity", "timeliness"]
    assert chart.spec["spec"]["encoding"]["y"]["scale"]["domain"] == [0.75, 1]
    drawn = section(html.render(run, earlier=earlier_scores()))
    assert "could not be drawn" not in drawn
    assert drawn.count("<svg") == 5  # four bars and the chart


def test_the_first_run_has_no_chart_and_no_change(run: Run) -> None:
    assert score_history(run, []) is None
    part = section(html.render(run))
    assert "Since the run before" not in part
    assert 'class="chart' not in part


def test_a_run_without_scores_has_no_section(run: Run) -> None:
    page = html.render(bare(run), earlier=earlier_scores())
    assert 'id="scores"' not in page
    assert "Set aside" not in page


def test_the_place_of_the_quarantine_is_in_the_provenance(run: Run) -> None:
    page = html.render(run)
    part = words(page.split('<section id="provenance"')[1])
    assert "31 aside/20261103T140211-3f9c" in part


def test_a_dimension_that_is_new_has_nothing_to_compare_with(run: Run) -> None:
    newer = msgspec.structs.replace(
        run, scores=[*run.scores, Score(dimension="accuracy", value=0.5, checks=1, weight=1.0)]
    )
    part = section(html.render(newer, earlier=earlier_scores()))
    assert "accuracy 0.500 1 –" in words(part)


def test_write_takes_the_earlier_scores(run: Run, tmp_path: Path) -> None:
    from assay.report.write import write

    path = write(example_run(), tmp_path / "r.html", earlier=earlier_scores(3))
    assert "The scores of the last 4 runs" in words(path.read_text(encoding="utf-8"))
