"""What moved: found without knowing a metric's name, ranked, counted, and said in each report."""

from __future__ import annotations

import io
import re

import msgspec
import pytest
from rich.console import Console
from tests.report.example_run import estimate, example_run, moved, result
from tests.report.test_html import Page

from assay.core.criterion import AtMost
from assay.core.evidence import Table
from assay.core.measurement import Unmeasured
from assay.core.result import Result, SubjectRecord
from assay.report import html, markdown
from assay.report.moved.ranking import rankings, tally
from assay.report.moved.terminal import print_moved
from assay.report.terminal import print_run

VALUES = {"a": 0.05, "b": 0.4, "c": 0.11, "d": 0.2}


def check(column: str, value: float, **fields: object) -> Result:
    return result(
        f"now/odd/{column}", "a.metric.nobody.knows", fields.pop("criterion", AtMost(0.1)),
        [estimate(value, 0.03, 900)], params={"column": column}, on="now", data=None,
        against="then", evidence=[moved(column, value, 1)], **fields,
    )  # fmt: skip


def run_of(results: list[Result], **columns: list[str]):
    subjects = [
        SubjectRecord(name=name, kind="table", description="", fingerprint="", columns=names)
        for name, names in columns.items()
    ]
    return msgspec.structs.replace(example_run(results), subjects=subjects)


@pytest.fixture(scope="module")
def four():
    results = [check(column, value) for column, value in VALUES.items()]
    lost = result(
        "now/odd/e", "a.metric.nobody.knows", AtMost(0.1), [], verdict="not_applicable",
        reason="It could not be judged.", params={"column": "e"}, on="now", data=None,
        against="then", unmeasured=[Unmeasured(reason="it is a text here")],
    )  # fmt: skip
    return run_of([*results, lost], now=[*"abcdefx"], then=[*"abcdefy"])


def test_columns_are_ranked_by_how_far_they_are_beyond_the_limit(four):
    (ranking,) = rankings(four)
    assert [row.name for row in ranking.rows] == ["b", "d", "c", "a"]
    assert [round(row.times or 0, 3) for row in ranking.rows] == [4, 2, 1.1, 0.5]
    assert tally(ranking) == "2 of 4 columns moved, 1 is undecided, 1 is within the limit."
    assert ranking.title == "a.metric.nobody.knows of now against then"


def test_a_limit_of_their_own_ranks_them_in_its_units():
    run = run_of([check("a", 0.3), check("b", 0.4, criterion=AtMost(0.5))])
    assert [row.name for row in rankings(run)[0].rows] == ["a", "b"]
    without = run_of([check("a", 0.3), check("b", 0.4, criterion=AtMost(0.0))])
    (ranking,) = rankings(without)
    assert not ranking.in_limits
    assert [row.name for row in ranking.rows] == ["b", "a"]
    assert "What moved" in html.render(without)


def test_what_was_not_compared_is_said_with_its_reason(four):
    (ranking,) = rankings(four)
    assert [(list(names), reason) for names, reason in ranking.unranked] == [
        (["e"], "it is a text here"),
        (["y"], "only then has it"),
        (["x"], "only now has it"),
        (["f"], "both have it; left out"),
    ]
    page = " ".join(Page(html.render(four)).text)
    for words in ("it is a text here", "only then has it", "both have it; left out"):
        assert words in page


def test_a_column_measured_in_two_ways_has_two_names():
    ways = [
        msgspec.structs.replace(check("a", value), params={"column": "a", "method": method, "k": 1})
        for value, method in ((0.3, "psi"), (0.2, "ks"))
    ]
    (ranking,) = rankings(run_of([*ways, check("b", 0.1)]))
    assert [row.name for row in ranking.rows] == ["a (psi)", "a (ks)", "b"]


def test_where_checks_are_not_of_single_columns_none_was_left_out():
    whole = [msgspec.structs.replace(check(c, 0.3), params={}, id=f"whole/{c}") for c in ("p", "q")]
    (ranking,) = rankings(run_of(whole, now=["x"], then=["x"]))
    assert [row.name for row in ranking.rows] == ["p", "q"]
    assert ranking.unranked == []


def test_one_column_is_a_ranking_only_where_it_is_asked_for():
    run = run_of([check("a", 0.3)])
    assert rankings(run) == []
    assert len(rankings(run, least=1)) == 1
    assert rankings(example_run([])) == []


def test_a_slice_shows_its_own_picture_or_none():
    sliced = check("a", 0.3)
    parts = [estimate(0.3, 0.02, 90, g="1"), estimate(0.05, 0.02, 90, g="2")]
    picture = msgspec.structs.replace(moved("a", 0.3, 1), title="Distribution of a (g=1)")
    other = msgspec.structs.replace(picture, title="Distribution of a (g=2)")
    both = msgspec.structs.replace(sliced, measurements=parts, evidence=[other, picture])
    (row,) = rankings(run_of([both]), least=1)[0].rows
    assert (row.name, row.picture) == ("a, g = 1", picture)
    lone = msgspec.structs.replace(both, evidence=[other])
    (row,) = rankings(run_of([lone]), least=1)[0].rows
    assert row.picture is None


def test_the_page_leads_from_each_column_to_its_own_detail(four):
    page = Page(html.render(four))
    ids = [a["id"] for a in page.all("section")]
    assert ids[:3] == ["decision", "moved", "blocking"]  # for that is all that is wrong
    anchors = {a.get("id") for a in page.all("div") if a.get("class") == "detail"}
    table = html.render(four).split('id="moved"')[1].split("</section>")[0]
    links = re.findall(r'href="#(check-\d+)"', table)
    assert len(links) == 4
    assert set(links) <= anchors
    assert table.count('class="overlay spark"') == table.count('class="bar ') == 4
    assert "Bars end at 3 times the limit." in table
    assert "4 times the limit, interval [3.7, 4.3]; required: at most 1" in table


def test_many_columns_that_pass_are_folded_away_and_no_other():
    many = [check(f"c{i}", 0.02) for i in range(40)] + [check(f"m{i}", 0.5) for i in range(30)]
    shown = html.render(run_of(many)).split('id="moved"')[1].split("</section>")[0]
    before, after = shown.split("<details>")
    assert "40 more columns, which moved less" in after
    assert before.count("✗ fail") == 30
    assert after.count("✓ pass") == 40


def test_two_hundred_columns_stay_below_one_and_a_half_megabytes():
    many = [check(f"column_{i}", (i % 30) / 100) for i in range(200)]
    assert len(html.render(run_of(many)).encode()) < 1_500_000


def printed(run, show, width=80):
    file = io.StringIO()
    show(run, Console(file=file, width=width, highlight=False))
    return file.getvalue()


def test_the_terminal_ranks_what_did_not_pass(four):
    text = printed(four, print_run)
    assert "What moved: a.metric.nobody.knows of now against then" in text
    assert re.search(r"✗ b +0\.4 +\[0\.37, 0\.43\] +median up, 0 → 0\.4\n", text)
    assert not re.search(r"✓ a +0\.05", text)
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize("width", [40, 80])
def test_by_itself_all_columns_are_shown_and_what_was_not_compared(four, width):
    text = printed(four, print_moved, width)
    assert re.search(r"✓ a +0\.05", text)
    assert "Not compared" in text
    assert "e: it is a text here" in text
    assert all(len(line) <= width for line in text.splitlines())


def test_a_console_without_arrows_gets_letters(four):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    print_moved(four, Console(file=file, width=80, highlight=False))
    file.flush()
    assert b"median up, 0 -> 0.4" in raw.getvalue()


def test_a_comment_shows_what_moved_and_stays_small(four):
    text = markdown.render(four)
    assert "| ✗ | <code>b</code> | 0.4 &#91;0.37, 0.43&#93; | median up, 0 → 0.4 |" in text
    assert "<code>a</code>" not in text
    passing = markdown.render(run_of([check("a", 0.02), check("b", 0.01)]))
    assert "None of 2 columns moved, 2 are within the limit." in passing
    assert "What changed" not in passing


def test_what_moved_comes_first_where_all_that_is_missed_speaks_of_these_tables(four):
    def order(*more: Result) -> list[str]:
        page = Page(html.render(run_of([*four.results, *more])))
        return [a["id"] for a in page.all("section")][1:3]

    def model(**fields: str) -> Result:
        fields = {"on": "model", "data": "now", "against": "then", **fields}
        return result("model@now", "n", AtMost(0.1), [estimate(0.4, 0.03, 900)], **fields)

    assert order() == ["moved", "blocking"]
    assert order(model()) == ["moved", "blocking"]
    assert order(model(data="elsewhere"))[0] == "blocking"


def test_two_hundred_columns_that_moved_weigh_less_than_a_page_may():
    """Each has its picture; tables beside it have the first ones, and the others say where."""
    many = []
    for i in range(200):
        one = check(f"c{i}", 0.5)
        rows = [[f"v{k}", 0.1, 0.2, 0.1] for k in range(20)]
        table = Table(title="Shares", columns=["value", "here", "there", "change"], rows=rows)
        many.append(msgspec.structs.replace(one, evidence=[*one.evidence, table]))
    page = html.render(run_of(many))
    assert page.count("Shares: in the JSON document.") == 140
    assert len(re.findall(r"<caption>Shares", page)) == 60
    assert page.count('class="overlay" ') == 200
    assert len(page.encode()) < 1_500_000
