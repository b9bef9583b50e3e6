"""Input of somebody who means harm: names, values, SQL, patterns, paths, passwords."""

from __future__ import annotations

import json
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Project

HEAD = "suite: t\nsubjects:\n  d: {table: d.parquet}\nchecks:\n"
COUNT = "  - row_count: {on: d}\n    at_least: 1\n"
PAYLOAD = "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=a>"
CONTROL = "\x1b[31mred\x1b]0;title\x07"
REPORTS = ("r.html", "r.md", "r.xml", "r.json")


class Markup(HTMLParser):
    """Elements and attributes that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


@pytest.fixture
def hostile(project: Project) -> Project:
    """A finished run whose every name and value is a payload, reported in every form."""
    rng = np.random.default_rng(0)
    project.write(
        "d.parquet",
        {
            PAYLOAD: rng.normal(size=100),
            "g": [PAYLOAD, "b"] * 50,
            "link": ["javascript:alert(1)", "=cmd|' /C calc'!A0"] * 50,
            "control": [CONTROL, "x"] * 50,
        },
    )
    name = json.dumps(PAYLOAD)
    suite = f"""
suite: {name}
subjects:
  d: {{table: d.parquet}}
  e: {{table: d.parquet}}
checks:
  - completeness: {{on: d, column: {name}}}
    description: {name}
  - in_set: {{on: d, columns: [g, link, control], values: [{name}]}}
    at_least: 1
  - mean: {{on: d, column: {name}, by: [g, link, control]}}
    at_least: 5
  - drift: {{on: d, against: e, columns: [{name}, g]}}
    at_most: -1
  - satisfies: {{on: d, predicate: {json.dumps("g = '" + PAYLOAD.replace("'", "''") + "'")}}}
    at_least: 1
"""
    answer = project.run(suite, *(word for name in REPORTS for word in ("--report", name)))
    assert answer.code == 1
    assert set(answer.verdicts.values()) >= {"pass", "fail"}
    return project


def test_a_payload_is_inert_in_the_html_report(hostile):
    text = (hostile.folder / "r.html").read_text(encoding="utf-8")
    markup = Markup(text)
    harmful = {"script", "iframe", "object", "embed", "base", "form"}
    assert markup.tags & harmful == set()
    assert not [a for a in markup.attributes if a[1].startswith("on")]
    references = [v for _, name, v in markup.attributes if name in ("href", "src", "xlink:href")]
    assert references
    assert all(v.startswith(("#", "data:image/")) or v == "data:," for v in references), references
    assert [v for _, name, v in markup.attributes if name == "content" and "default-src" in v]
    assert "alert(1)" in text  # it is shown, as text


def test_a_payload_is_inert_in_the_other_reports(hostile):
    markdown = (hostile.folder / "r.md").read_text(encoding="utf-8")
    assert "<script" not in markdown
    assert "<img" not in markdown
    assert "\x1b" not in markdown
    tree = ElementTree.parse(hostile.folder / "r.xml")
    assert {element.tag for element in tree.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "properties",
        "property", "system-out", "system-err",
    }  # fmt: skip


def test_a_payload_does_not_reach_the_terminal(hostile):
    for arguments in (["show"], ["show", "-v"], ["list", "runs"], ["compare", "latest", "--all"]):
        answer = hostile.assay(*arguments)
        assert answer.code == 0
        assert "\x1b" not in answer.out
        assert "\x07" not in answer.out


def test_reading_data_never_writes_them(hostile):
    before = (hostile.folder / "d.parquet").read_bytes()
    hostile.assay("run", "suite.yaml")
    assert (hostile.folder / "d.parquet").read_bytes() == before


INJECTIONS = {
    "a > 0; DROP TABLE d": "exactly one expression",
    "a > 0) OR (1=1": "cannot be read",
    "(SELECT count(*) FROM d) > 0": "a subquery, which is not allowed",
    "a IN (SELECT 1)": "a subquery, which is not allowed",
    "EXISTS (FROM read_csv('/etc/passwd'))": "not allowed",
    "read_csv('/etc/passwd') IS NULL": "not allowed",
    "read_text('/etc/passwd') = ''": "not allowed",
    "getenv('HOME') = ''": "'getenv'",
    "current_setting('home_directory') = ''": "'current_setting'",
    "repeat('a', 1000000000) = s": "not allowed",
    "sum(a) > 1": "an aggregate, which is not allowed",
    "row_number() OVER () > 1": "not allowed",
    "'; ATTACH '/etc/passwd'": "cannot be read",
    "a > 0 /*": "cannot be read",
    "a >": "cannot be read",
    "other > 0": "no column 'other'",
    "d.a > 0": "names a table",
    "a": "must be true or false",
    "a = 'x'": "Could not convert string 'x'",
    "a" + " + a" * 2000 + " > 0": "nested too deeply",
    "(" * 2000 + "a" + ")" * 2000 + " > 0": "nested too deeply",
    "a > 0 OR '" + "x" * 20_000 + "' = s": "too long",
}


@pytest.mark.parametrize("sql", INJECTIONS, ids=lambda sql: sql[:30])
def test_sql_is_one_expression_over_one_row(project, sql):
    project.write("d.parquet", {"a": np.arange(50.0), "s": ["x"] * 50})
    answer = project.run(
        f"{HEAD}{COUNT}  - satisfies: {{on: d, predicate: {json.dumps(sql)}}}\n    id: satisfies\n"
        f"    at_least: 0\n  - mean: {{on: d, column: a, where: {json.dumps(sql)}}}\n"
        "    id: where\n    at_least: 0\n"
    )
    assert answer.code == 1
    assert answer.verdicts["d/row_count"] == "pass"
    answer.judged("satisfies", "error", INJECTIONS[sql])
    answer.judged("where", "error", INJECTIONS[sql])
    assert "sqlglot" not in answer.results["where"]["reason"]


def test_a_comment_hides_nothing_from_the_query(project):
    project.write("d.parquet", {"a": np.arange(50.0)})
    answer = project.run(
        HEAD + '  - satisfies: {on: d, predicate: "a >= 10 -- \' "}\n    at_least: 1\n'
    )
    answer.judged("d/satisfies", "fail", "10 of 50 rows fail")


@pytest.mark.parametrize(
    "check",
    [
        "matches: {on: d, column: s, pattern: '(a+)+$'}",
        "satisfies: {on: d, predicate: \"regexp_matches(s, '(a+)+$')\"}",
        "matches: {on: d, column: s, pattern: '(a|aa|a?)*b'}",
    ],
)
def test_a_pattern_that_would_backtrack_for_ever(project, check):
    project.write("d.parquet", {"s": ["a" * 5000 + "!"] * 50})
    started = time.monotonic()
    answer = project.run(f"{HEAD}{COUNT}  - {check}\n    at_least: 1\n    id: pattern\n")
    assert time.monotonic() - started < 15
    answer.judged("pattern", "fail", "50 of 50 rows fail")


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/x", "..", "a/../b", "a\\b", "a\x00b", "a\u202eb", "x" * 300, " "]
)
def test_ids_stay_inside(project, name):
    project.write("d.parquet", {"a": [1.0]})
    answer = project.run(HEAD + COUNT + f"    id: {json.dumps(name)}\n")
    answer.refused("suite.yaml:7:9")


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "..", "a b", "", "x\ny", "-"])
def test_names_of_runs_stay_inside_and_are_refused_before_the_work(project, name):
    project.write("d.parquet", {"a": [1.0]})
    answer = project.run(HEAD + COUNT, "--name", name)
    answer.refused("A run cannot be named", "A name begins with a letter")
    assert not list((project.folder / ".assay").glob("runs/*"))


@pytest.mark.parametrize("name", ["../d", "a/b", "/etc", "a..b", "a b", "x" * 61])
def test_names_of_subjects_stay_inside(project, name):
    project.write("d.parquet", {"a": [1.0]})
    text = (HEAD + COUNT).replace("  d:", f"  {name}:").replace("on: d", f"on: {name}")
    project.run(text).refused("suite.yaml:3:3", "letters, digits")


@pytest.mark.parametrize("run", ["../../../etc", "/etc/passwd", "..", "%", "2026*", "'; drop"])
def test_ids_of_runs_stay_inside(project, run):
    project.write("d.parquet", {"a": [1.0]})
    assert project.run(HEAD + COUNT).code == 0
    for arguments in (["show", run], ["compare", run, "latest"], ["export", "x.json", "--run", run],
                      ["resume", run], ["baseline", "main", run]):  # fmt: skip
        answer = project.assay(*arguments)
        assert answer.code == 2
        assert "no run" in answer.err


@pytest.mark.parametrize(("report", "words"), [
    ("r.pdf", ["'.pdf'", ".html"]), ("r", ["missing ending"]), ("r.htlm", ["Did you mean '.htm"]),
])  # fmt: skip
def test_a_report_of_no_known_kind_is_refused_before_the_work(project, report, words):
    project.write("d.parquet", {"a": [1.0]})
    project.run(HEAD + COUNT, "--report", report).refused(*words)
    assert not (project.folder / ".assay").exists()


PASSWORD = "s3cr3tpw"
DSNS = [
    f"postgresql://bob:{PASSWORD}@127.0.0.1:1/db",
    f"postgresql://bob:{PASSWORD}@nohost.invalid/db",
    f"postgresql://bob:{PASSWORD}@@:::",
    f"host=127.0.0.1 port=1 user=bob password={PASSWORD}",
    f"password={PASSWORD} nonsense",
]


@pytest.mark.parametrize("inline", [True, False], ids=["in the suite", "in the environment"])
@pytest.mark.parametrize("dsn", DSNS)
def test_passwords_appear_nowhere(project, monkeypatch, dsn, inline):
    monkeypatch.setenv("WAREHOUSE", dsn)
    project.write("d.parquet", {"a": [1.0]})
    written = json.dumps(dsn) if inline else '"${WAREHOUSE}"'
    answer = project.run(
        f"suite: t\nsubjects:\n  d: {{table: d.parquet}}\n  p: {{table: {{postgresql: {written}, "
        f"table: t}}}}\nchecks:\n{COUNT}  - row_count: {{on: p}}\n    at_least: 1\n",
        *(word for name in REPORTS for word in ("--report", name)),
    )
    assert answer.code == 1
    assert answer.verdicts["d/row_count"] == "pass"
    answer.judged("p/row_count", "error", "in PostgreSQL cannot be read")
    shown = [answer, *(project.assay(*a) for a in (["show"], ["show", "--json"], ["list", "runs"]))]
    assert all(PASSWORD not in a.out + a.err for a in shown)
    for path in project.folder.rglob("*"):
        if path.is_file() and path.name != "suite.yaml":
            assert PASSWORD.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("table", [
    f"postgresql://bob:{PASSWORD}@h/db",
    f"{{postgresql: 'postgresql://bob:{PASSWORD}@h/db'}}",
    f"{{postgrsql: 'postgresql://bob:{PASSWORD}@h/db', table: t}}",
    f"{{postgresql: 'postgresql://bob:{PASSWORD}@h/db', tabel: t}}",
    f"{{postgresql: ['postgresql://bob:{PASSWORD}@h/db'], table: t}}",
    f"{{sqlite: 'postgresql://bob:{PASSWORD}@h/db', table: t}}",
])  # fmt: skip
def test_a_mistake_beside_a_password_does_not_repeat_it(project, table):
    answer = project.run(f"suite: t\nsubjects:\n  d: {{table: {table}}}\nchecks:\n{COUNT}")
    answer.refused("suite.yaml:3:")
    assert PASSWORD not in answer.err
