"""Keys of a suite that goes into a pipeline: engine, notify, quarantine, queries, weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assay.core.check import EngineSpec, TableSpec, WebhookSpec
from assay.core.errors import SuiteError
from assay.core.source import Query
from assay.suite.load import loads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assay.core.check import Suite

    Good = Callable[..., Suite]
    Wrong = Callable[..., str]

CHECKS = "checks: [{row_count: {on: train}, at_least: 1}]"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


# --- weight


def test_a_check_has_a_weight(good: Good) -> None:
    suite = good("checks:\n- {row_count: {on: train}, at_least: 1, weight: 2.5}\n"
                 "- {row_count: {on: test}, at_least: 1}\n"
                 "- {row_count: {on: test}, at_least: 2, weight: 0}")  # fmt: skip
    assert [check.weight for check in suite.checks] == [2.5, 1.0, 0.0]


@pytest.mark.parametrize(
    ("value", "said"),
    [("-1", "from 0 to 1000, not -1"), ("1001", "from 0 to 1000"), ("heavy", "a number")],
)
def test_a_weight_that_is_none(wrong: Wrong, value: str, said: str) -> None:
    message = wrong(f"checks:\n- {{row_count: {{on: train}}, at_least: 1, weight: {value}}}")
    assert message.startswith("s.yaml:7:")
    assert said in message


# --- engine


def test_an_engine_by_name_and_with_settings(good: Good) -> None:
    assert good(CHECKS).engine == EngineSpec()
    assert good(f"engine: spark\n{CHECKS}").engine == EngineSpec(name="spark")
    suite = good(f"engine: {{spark: {{master: 'local[4]', a.b: '8'}}}}\n{CHECKS}")
    assert suite.engine == EngineSpec(name="spark", settings={"master": "local[4]", "a.b": "8"})


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("sparc", "6:9: engine must be one of duckdb, spark, postgresql, not 'sparc'. Did you"),
        ("{}", "6:9: engine must name one of duckdb, spark, postgresql."),
        ("{duckdb: {}, spark: {}}", "6:9: engine must name one of"),
        ("{spark: {master: 4}}", "6:26: master must be text, not 4. Put it in quotes."),
        ("{spark: local}", "6:17: spark must be a mapping"),
        ("{park: {}}", "engine has no key 'park'. Did you mean 'spark'?"),
        ("{postgresql: {dsn: 'postgresql://u:hush@h/d'}}", "6:28: dsn holds a password in plain"),
        ("{postgresql: {dsn: 'host=h password=hush'}}", "6:28: dsn holds a password in plain"),
    ],
)
def test_an_engine_that_is_none(wrong: Wrong, engine: str, said: str) -> None:
    message = wrong(f"engine: {engine}\n{CHECKS}")
    assert said in message
    assert "hush" not in message


def test_a_password_from_the_environment(good: Good) -> None:
    suite = good(
        f"engine: {{postgresql: {{dsn: '${{DSN}}'}}}}\n{CHECKS}", DSN="postgresql://u:hush@h/d"
    )
    assert suite.engine.settings == {"dsn": "postgresql://u:hush@h/d"}
    assert "hush" not in repr(suite)
    assert "hush" not in str(suite.text)


# --- notify


def test_a_webhook(good: Good) -> None:
    suite = good(
        'notify:\n- {webhook: "${HOOK}", on: [block, warn], secret: "${KEY}", timeout: 2.5,'
        f" attempts: 7}}\n- {{webhook: 'https://example.org/hook?a=b'}}\n{CHECKS}",
        HOOK="https://user:hush@example.org/x", KEY=SECRET,
    )  # fmt: skip
    first, second = suite.notify
    assert first == WebhookSpec(
        url="https://user:hush@example.org/x", on=("block", "warn"), secret=SECRET, timeout_s=2.5,
        attempts=7, location=first.location,
    )  # fmt: skip
    assert str(first.location) == "s.yaml:7:3"
    assert (second.on, second.secret, second.timeout_s, second.attempts) == (
        ("block",), None, 10.0, 4,
    )  # fmt: skip
    for hidden in ("hush", SECRET, "example.org"):
        assert hidden not in repr(suite.notify)


def test_an_empty_address_tells_nobody(good: Good) -> None:
    entry = 'notify: [{webhook: "${HOOK:-}", secret: "${KEY:-}"}]'
    assert good(f"{entry}\n{CHECKS}").notify == ()
    assert len(good(f"{entry}\n{CHECKS}", HOOK="https://a.org", KEY=SECRET).notify) == 1


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{on: [block]}", "6:10: An entry of notify needs the key 'webhook'."),
        ("{webhook: ''}", "6:20: webhook must not be empty."),
        ("{webhook: '${HOOK:-}x', url: a}", "has no key 'url'"),
        ("{webhook: 'ftp://a.org'}", "must begin with https:// and name a host"),
        ("{webhook: 'https://'}", "must begin with https:// and name a host"),
        ("{webhook: 'http://a.org'}", "(http:// only to this machine)"),
        ("{webhook: 'http://localhost.a.org'}", "(http:// only to this machine)"),
        ("{webhook: 'http://10.0.0.1'}", "(http:// only to this machine)"),
        ("{webhook: 'https://a.org:x/'}", "is not a URL"),
        ("{webhook: 'https://a.org/ b'}", "without blanks"),
        ("{webhook: 'https://a.org/#f'}", "fragment"),
        ("{webhook: 'https://hush@a.org'}", "a user name or a password in plain text"),
        ("{webhook: 'https://u:hush@a.org'}", "a user name or a password in plain text"),
        ("{webhook: 'https://a.org', secret: hush}", "6:45: secret must be a variable and"),
        ("{webhook: 'https://a.org', secret: '${KEY:-hush}'}", "secret must be a variable and"),
        ("{webhook: 'https://a.org', secret: 'hush${KEY}'}", "secret must be a variable and"),
        ("{webhook: 'https://a.org', secret: '${KEY}'}", "24 to 64 bytes in base64, not 4"),
        ("{webhook: 'https://a.org', secret: '${WORD}'}", "The secret must be base64"),
        ("{webhook: 'https://a.org', secret: '${NONE}'}", "variable NONE is not set"),
        ("{webhook: 'https://a.org', on: block}", "on must be a list"),
        ("{webhook: 'https://a.org', on: []}", "on must name at least one decision."),
        ("{webhook: 'https://a.org', on: [blok]}", "Did you mean 'block'?"),
        ("{webhook: 'https://a.org', timeout: 0}", "more than 0 and at most 60 seconds"),
        ("{webhook: 'https://a.org', timeout: 61}", "more than 0 and at most 60 seconds"),
        ("{webhook: 'https://a.org', attempts: 0}", "attempts must be 1 or more"),
        ("{webhook: 'https://a.org', attempts: 11}", "attempts must be at most 10"),
    ],
)
def test_a_webhook_that_is_none(wrong: Wrong, entry: str, said: str) -> None:
    message = wrong(f"notify: [{entry}]\n{CHECKS}", KEY="aHVzaA==", WORD="hush!")
    assert said in message
    assert message.startswith("s.yaml:6:")
    assert "hush!" not in message
    assert "aHVz" not in message


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/", "http://[::1]/x", "http://localhost"])
def test_http_to_this_machine_is_fine(good: Good, url: str) -> None:
    assert good(f"notify: [{{webhook: '{url}'}}]\n{CHECKS}").notify[0].url == url


def test_what_python_builds_is_held_to_the_same() -> None:
    with pytest.raises(ValueError, match="http:// only to this machine"):
        WebhookSpec(url="http://example.org")
    with pytest.raises(ValueError, match="must be base64"):
        WebhookSpec(url="https://example.org", secret="hush!")


# --- subjects


def load(folder: Path, subjects: str) -> Suite:
    text = f"suite: s\nsubjects: {subjects}\n{CHECKS}"
    return loads(text, file="s.yaml", folder=str(folder), environ={"Q": "DROP TABLE hush"})


def test_a_query_over_other_subjects(folder: Path) -> None:
    suite = load(
        folder,
        "{old: {query: SELECT * FROM Train WHERE age > 30, unit: id, quarantine: aside/old},"
        " older: {query: WITH a AS (SELECT * FROM old) SELECT * FROM a},"
        " train: {table: train.csv}}",
    )
    old, older = suite.subjects["old"], suite.subjects["older"]
    assert isinstance(old, TableSpec)
    assert isinstance(older, TableSpec)
    assert old.source == Query("SELECT * FROM Train WHERE age > 30")
    assert (old.unit, old.quarantine) == ("id", str(folder / "aside" / "old"))


@pytest.mark.parametrize(
    ("subjects", "said"),
    [
        ("a: {query: SELECT * FROM trian}", "no table 'trian', which is read here. Did you mean"),
        ("a: {query: SELECT 1 AS x}", "This query reads no table of the suite."),
        ("a: {query: DROP TABLE train}", "The query must be one SELECT."),
        ("a: {query: '${Q}'}", "This query is not allowed (it holds variables)."),
        ("a: {query: SELECT * FROM read_csv('x')}", "is not a table of the suite"),
        ("a: {query: SELECT * FROM a}", "These queries go in a circle: 'a' reads 'a'."),
        ("a: {query: SELECT * FROM b}, b: {query: SELECT * FROM A}",
         "These queries go in a circle: 'a' reads 'b' reads 'a'."),
        ("a: {query: SELECT * FROM m}, m: {model: m.skops, task: regression, target: y}",
         "no table 'm'"),
        ("a: {query: ''}", "query must not be empty"),
        ("a: {query: SELECT * FROM train, incremental: true}", "has no key 'incremental'"),
        ("a: {query: SELECT * FROM train, table: test.csv}", "one of the keys"),
        ("a: {table: test.csv, incremental: 1}", "incremental must be true or false, not 1"),
        ("a: {table: test.csv, quarantine: [q]}", "quarantine must be text"),
        ("a: {table: test.csv, quarantine: train.csv}", "must be a folder"),
        ("a: {table: test.csv, quarantine: q}, b: {table: test.csv, quarantine: ./q/../q}",
         "'a' has the same quarantine; each table needs a folder of its own."),
    ],
)  # fmt: skip
def test_subjects_that_are_wrong(folder: Path, subjects: str, said: str) -> None:
    with pytest.raises(SuiteError) as caught:
        load(folder, f"{{train: {{table: train.csv}}, {subjects}}}")
    assert said in str(caught.value)
    assert str(caught.value).startswith("s.yaml:2:")
    assert "hush" not in str(caught.value)


def test_only_files_grow(folder: Path) -> None:
    import sqlite3

    with sqlite3.connect(folder / "d.db") as db:
        db.execute("CREATE TABLE t (id INTEGER)")
    db.close()
    subject = "{train: {table: train.csv, incremental: true}}"
    assert load(folder, subject).subjects["train"].incremental  # type: ignore[union-attr]
    with pytest.raises(SuiteError, match="Only a table in files grows"):
        load(folder, "{train: {table: {sqlite: d.db, table: t}, incremental: true}}")


@pytest.mark.parametrize(
    ("table", "aside", "read"),
    [
        ("parts", "parts/aside", True),
        ("parts", "parts", True),
        ("parts", "parts/_aside", False),
        ("parts", "parts/.aside", False),
        ("parts", "aside", False),
        ("parts/*.csv", "parts/aside", False),
        ("parts/**/*.*", "parts/aside", True),
        ("*/*.csv", "aside", False),
        ("*/*/*.*", "aside", True),
    ],
)
def test_a_quarantine_is_not_where_the_table_is_read_from(
    folder: Path, table: str, aside: str, read: bool
) -> None:
    (folder / "parts" / "deep").mkdir(parents=True)
    for place in ("parts", "parts/deep"):
        (folder / place / "p.csv").write_text("id\n1\n")
    subjects = f"{{train: {{table: '{table}', quarantine: {aside}}}}}"
    if read:
        with pytest.raises(SuiteError, match="the next run would read it too"):
            load(folder, subjects)
    else:
        assert load(folder, subjects).subjects["train"].quarantine  # type: ignore[union-attr]
