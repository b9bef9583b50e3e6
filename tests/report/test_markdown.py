"""Markdown for a pull request, read back by a Markdown parser as GitHub would."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.report.example_run import example_run, result, share

from assay.core.criterion import AtLeast
from assay.report.markdown import LIMIT, code, inert, render
from assay.report.text import short

if TYPE_CHECKING:
    from assay.core.result import Run

OURS = {
    "<h2>", "</h2>", "<h3>", "</h3>", "<p>", "</p>", "<table>", "</table>", "<thead>", "</thead>",
    "<tbody>", "</tbody>", "<tr>", "</tr>", "<th>", "</th>", "<td>", "</td>", "<code>", "</code>",
    "<ul>", "</ul>", "<li>", "</li>", "<details>", "</details>", "<summary>", "</summary>",
    "<!-- -->",
}  # fmt: skip


def html_of(markdown: str) -> str:
    return (
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    )


def tags(html: str) -> set[str]:
    return set(re.findall(r"<[^>]*>", html))


def test_it_says_what_a_reviewer_must_know(run: Run) -> None:
    text = render(run)
    html = html_of(text)
    assert text.startswith("## ✗ Blocked: mortgage-approval\n")
    assert html.count("<table>") == 5
    rows = html.count("<tr>") - 5
    moved = [r for r in run.results if r.family == "drift" and r.verdict != "pass"]
    assert rows == sum(r.verdict != "pass" for r in run.results) + len(moved)
    assert "<summary>✓ 31 checks passed</summary>" in html
    assert html.count("<li>") == 31
    assert tags(html) <= OURS


def test_hostile_text_stays_text(hostile: Run) -> None:
    text = render(hostile)
    assert tags(html_of(text)) <= OURS
    assert len(text.encode()) <= LIMIT
    # GitHub looks for mentions and references in the finished text, between tags.
    assert not re.search(r"[@#]\w", unescape(html_of(text)))
    assert not re.search(r"https?://|www\.", text)


@given(st.text(max_size=60))
def test_any_text_is_one_table_cell_and_no_markup(text: str) -> None:
    table = "| a | b | c |\n| --- | --- | --- |\n"
    html = html_of(f"{table}| {code(text)} | {inert(short(text, 50))} | end |\n")
    assert html.count("<td>") == 3
    assert html.count("<tr>") == 2
    assert "<td>end</td>" in html
    assert tags(html) <= OURS


@pytest.mark.parametrize("text", ["@octocat", "#12", "octo/repo#3", "a@b.example"])
def test_mentions_and_references_are_broken(text: str) -> None:
    shown = html_of(inert(text))
    assert not re.search(r"[@#]\w", shown)
    assert re.sub(r"<[^>]*>", "", shown).strip() == text


@pytest.mark.parametrize("limit", [LIMIT, 4000, 2000])
def test_it_keeps_to_its_limit_and_says_what_it_left_out(limit: int) -> None:
    failing = [
        result(f"fail/{i}" + "x" * 150, "m", AtLeast(0.9), [share(1, 90)]) for i in range(400)
    ]
    passing = [result(f"pass/{i}", "m", AtLeast(0.1), [share(90, 90)]) for i in range(400)]
    text = render(example_run(failing + passing), limit=limit)
    assert len(text.encode()) <= limit
    shown = html_of(text).count("<tr>") - 1
    left = re.search(r"… and (\d+) more: the full report has them\.", text)
    assert left
    assert shown + int(left[1]) == 400
    assert "400 checks passed" in text


def test_a_small_run_is_a_small_comment() -> None:
    text = render(example_run([result("a", "m", AtLeast(0.5), [share(9, 9)])]))
    assert "## ✓ Passed" in text
    assert "<table>" not in html_of(text)
