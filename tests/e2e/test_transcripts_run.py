"""Transcripts from a real run of the command line to its report."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.servers import behaviours as server
from tests.servers.endpoint import serving

from assay import api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Project

KEY = "sk-of-the-environment-9876543210"
DATA = re.compile(r'<script type="application/json" id="transcripts-data"[^>]*>(.*?)</script>')
SUITE = """
suite: towns
subjects:
  bot: {{llm: "{url}", model: one, api_key: "${{BOT_KEY}}", repeats: 2, attempts: 1}}
  other: {{llm: "{url}", model: two, price: {{prompt: 100, completion: 200}}}}
  qa: {{samples: qa.jsonl}}
checks:
  - llm.includes: {{on: bot, data: qa, by: [region]}}
    at_least: 0.1
  - llm.includes: {{on: bot, data: qa}}
    severity: info
  - llm.length: {{on: bot, data: qa}}
    severity: info
  - llm.refusal: {{on: bot, data: qa}}
    at_least: 0.9
  - llm.latency: {{on: other, data: qa}}
    at_most: 60
"""


def answers(body: dict[str, Any], _number: int) -> server.Behaviour:
    asked = body["messages"][-1]["content"]
    if body["model"] == "two":
        return server.says("Rome")
    if asked == "Spain?":
        return server.refuses(500, f"it broke, and your key is {KEY}")
    return server.says(f"Paris, says {KEY} <script>alert(1)</script>")


@pytest.fixture
def towns(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose models can be asked."""
    monkeypatch.setenv("BOT_KEY", KEY)
    rows = [("fr", "France?", "Paris"), ("it", "Italy?", "Rome"), ("es", "Spain?", "Madrid")]
    lines = [{"id": i, "input": q, "target": t, "metadata": {"region": q[0]}} for i, q, t in rows]
    project.write("qa.jsonl", "\n".join(map(json.dumps, lines)))
    with serving(answers) as served:
        project.write("suite.yaml", SUITE.format(url=served.url))
        yield project


def groups(project: Project, name: str) -> list[dict[str, Any]]:
    (found,) = DATA.findall((project.folder / name).read_text(encoding="utf-8"))
    return list(json.loads(found))


def test_a_report_shows_what_was_asked_and_answered(towns: Project) -> None:
    ran = towns.assay("run", "suite.yaml", "--report", "report.html", "-q")
    assert ran.code == 1, ran.err
    bot, other = groups(towns, "report.html")
    assert (bot["title"], other["title"]) == ("bot on qa", "other on qa")
    assert bot["checks"] == [
        "bot@qa/llm.includes/by=region",
        "bot@qa/llm.length",
        "bot@qa/llm.refusal",
    ]
    assert other["checks"] == []  # of its answers only the time is judged
    assert [item["i"] for item in bot["first"]] == ["it", "fr", "es"]
    wrong, right, none = bot["first"]
    assert wrong["a"][0]["t"] == "Paris, says *** <script>alert(1)</script>"
    assert wrong["s"][0] == [0, 1, "without 'Rome'"]
    assert wrong["s"][1][1] is None  # no length is better than another
    assert wrong["s"][2][1] == 1  # this check wants refusals, others would not
    assert [a.get("n", 0) for a in right["a"]] == [0, 1]
    assert "it broke" in none["a"][0]["e"]
    assert none["s"][0][0] is None
    assert other["first"][0]["a"][0]["$"] == pytest.approx((10 * 100 + 2 * 200) / 1e6)
    assert bot["facets"] == [["region", ["F", "I", "S"]]]


def test_no_key_is_in_the_report(towns: Project) -> None:
    towns.assay("run", "suite.yaml", "--report", "report.html", "-q")
    assert KEY not in (towns.folder / "report.html").read_text(encoding="utf-8")


def test_a_stored_run_is_exported_with_them(towns: Project) -> None:
    towns.assay("run", "suite.yaml", "--report", "report.html", "-q")
    assert towns.assay("export", "again.html").code == 0
    assert groups(towns, "again.html") == groups(towns, "report.html")
    run = api.stored_run(".assay", "latest")
    run.write("python.html", home=".assay")
    assert groups(towns, "python.html") == groups(towns, "report.html")
    assert not DATA.search(run.write("plain.html").read_text(encoding="utf-8"))


def test_where_answers_are_gone_there_is_a_report_without(towns: Project) -> None:
    import shutil

    towns.assay("run", "suite.yaml", "-q")
    for folder in towns.folder.glob(".assay/runs/*/observations"):
        shutil.rmtree(folder)
    assert towns.assay("export", "again.html").code == 0
    assert "<script" not in (towns.folder / "again.html").read_text(encoding="utf-8")


JUDGED = """
suite: judged
subjects:
  bot: {{llm: "{url}", model: two}}
  grader: {{llm: "{url}", model: judge, price: {{prompt: 100, completion: 200}}}}
  qa: {{samples: qa.jsonl}}
checks:
  - llm.judge: {{on: bot, data: qa, judge: grader, rubric: "Is it polite?"}}
    at_least: 4.5
"""


def graded(body: dict[str, Any], _number: int) -> server.Behaviour:
    judges = body["model"] == "judge"
    return server.says("It is curt.\nGRADE: 2" if judges else "Rome")


def test_what_judges_say_and_take_is_shown(project: Project) -> None:
    lines = [{"id": f"q{i}", "input": f"Number {i}?"} for i in range(3)]
    project.write("qa.jsonl", "\n".join(map(json.dumps, lines)))
    with serving(graded) as served:
        project.write("suite.yaml", JUDGED.format(url=served.url))
        project.assay("run", "suite.yaml", "--report", "report.html", "-q")
    (bot,) = groups(project, "report.html")
    value, short, reason = bot["first"][0]["s"][0]
    assert (value, short) == (2, 1)
    assert "curt" in reason
    page = (project.folder / "report.html").read_text(encoding="utf-8")
    (row,) = re.findall(r">grader, judging bot on qa</th>(.*?)</tr>", page)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row)
    assert cells[0] == "3"
    assert float(cells[-2]) == pytest.approx(3 * (10 * 100 + 2 * 200) / 1e6)
