"""Suites of language models against a real server: asked once, scored many times, resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.servers.behaviours import refuses, says
from tests.servers.endpoint import serving

import assay
from assay.core.result import Result, Run

CAPITALS = {
    "France": "Paris",
    "Italy": "Rome",
    "Japan": "Tokyo",
    "Peru": "Lima",
    "Chad": "N'Djamena",
}


def answer(body: dict[str, Any], _number: int) -> Any:
    """The right capital, but for Chad's."""
    country = body["messages"][-1]["content"].split()[-1].rstrip("?")
    return says(f"It is {CAPITALS.get(country, 'unknown')}." if country != "Chad" else "No idea.")


def write(folder: Path, url: str, *checks: str, more: str = "", copies: int = 1) -> Path:
    lines = [
        {"id": f"{c}{i}", "input": f"Capital of {c}?", "target": t, "cluster": c,
         "continent": "Europe" if c in ("France", "Italy") else "elsewhere", "n": i}
        for i in range(copies)
        for c, t in CAPITALS.items()
    ]  # fmt: skip
    if copies == 1:
        for line in lines:
            del line["cluster"]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    suite = folder / "suite.yaml"
    listed = "\n".join(f"  - {check}" for check in checks)
    suite.write_text(
        f"suite: capitals\nsubjects:\n  bot: {{llm: '{url}', model: m{more}}}\n"
        f"  qa: {{samples: qa.jsonl}}\nchecks:\n{listed}\n"
    )
    return suite


INCLUDES = "{llm.includes: {on: bot, data: qa}, at_least: 0.2}"


def run(suite: Path, **more: Any) -> Run:
    return assay.run(suite, **more)


def results(done: Run) -> dict[str, Result]:
    return {result.id: result for result in done.results}


def test_all_checks_of_a_model_share_its_answers(tmp_path: Path) -> None:
    with serving(answer) as served:
        suite = write(
            tmp_path, served.url, INCLUDES,
            "{llm.exact_match: {on: bot, data: qa}, severity: info}",
            "{llm.includes: {on: bot, data: qa, by: [continent], min_slice: 1}, at_least: 0.1}",
            "{llm.includes: {on: bot, data: qa, where: n = 0}, at_least: 0.1, id: some}",
            "{llm.latency: {on: bot, data: qa}, severity: info}",
            "{llm.error_rate: {on: bot, data: qa}, at_most: 0.7}",
        )  # fmt: skip
        found = results(run(suite))
        assert len(served.calls) == 5
    includes = found["bot@qa/llm.includes"]
    assert includes.measurements[0].value == 0.8
    assert includes.verdict == "pass"
    assert found["bot@qa/llm.exact_match"].measurements[0].value == 0
    by = {
        m.key["continent"]: m.value for m in found["bot@qa/llm.includes/by=continent"].measurements
    }
    assert by == {"Europe": 1, "elsewhere": pytest.approx(2 / 3)}
    assert found["some"].measurements[0].n == 5


def test_what_failed_is_shown_with_question_and_answer(tmp_path: Path) -> None:
    with serving(answer) as served:
        suite = write(
            tmp_path,
            served.url,
            "{llm.includes: {on: bot, data: qa}, at_least: 0.99, claim: batch}",
        )
        (result,) = run(suite).results
    assert result.verdict == "fail"
    shown = json.dumps([str(e) for e in result.evidence])
    assert "Capital of Chad?" in shown
    assert "No idea." in shown


def test_a_server_s_failure_is_not_the_model_s(tmp_path: Path) -> None:
    def sometimes(body: dict[str, Any], number: int) -> Any:
        down = "Peru" in body["messages"][-1]["content"]
        return refuses(503) if down else answer(body, number)

    with serving(sometimes) as served:
        suite = write(tmp_path, served.url, INCLUDES, more=", attempts: 1")
        (result,) = run(suite).results
    (m,) = result.measurements
    assert m.value == 0.75
    assert m.n == 4
    assert m.method == "wilson+worst-case"
    assert any("503" in note for note in _notes(result))


def _notes(result: Result) -> list[str]:
    return [str(e) for e in result.evidence]


def test_a_wrong_key_is_one_error_that_does_not_show_it(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("KEY", "sk-very-secret")
    with serving(None, *[refuses(401, "bad key sk-very-secret")] * 50) as served:
        suite = write(tmp_path, served.url, INCLUDES, more=", api_key: '${KEY}'")
        done = run(suite, home=tmp_path / "home")
    (result,) = done.results
    assert result.verdict == "error"
    assert "401" in result.reason
    assert len(served.calls) <= 10
    kept = b"".join(p.read_bytes() for p in (tmp_path / "home").rglob("*") if p.is_file())
    assert b"sk-very-secret" not in kept


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with serving() as served:
        url = served.url
    suite = write(tmp_path, url, INCLUDES, more=", attempts: 1, timeout: 2")
    (result,) = run(suite).results
    assert result.verdict == "error"
    assert "could not be measured" in result.reason


def test_a_scorer_that_lacks_what_it_needs(tmp_path: Path) -> None:
    with serving(answer) as served:
        suite = write(tmp_path, served.url, "{llm.choice: {on: bot, data: qa}, at_least: 0.2}")
        (result,) = run(suite).results
        assert result.verdict == "error"
        assert "has no 'choices'" in result.reason
        assert not served.calls


def test_clusters_widen_the_interval(tmp_path: Path) -> None:
    with serving(answer) as served:
        suite = write(tmp_path, served.url, INCLUDES, copies=20)
        (result,) = run(suite).results
    (m,) = result.measurements
    assert m.n == 100
    assert m.method == "cluster-jackknife"
    assert m.low is not None
    assert m.low < 0.5  # five countries, not a hundred questions


def test_repeats_are_asked_and_averaged(tmp_path: Path) -> None:
    def alternating(body: dict[str, Any], number: int) -> Any:
        return answer(body, number) if number % 2 else says("Hm.")

    with serving(alternating) as served:
        suite = write(
            tmp_path, served.url, INCLUDES,
            "{llm.includes: {on: bot, data: qa, pass_at: 3}, severity: info}",
            more=", repeats: 4, concurrency: 1",
        )  # fmt: skip
        first, second = run(suite).results
        assert len(served.calls) == 20
    assert first.measurements[0].value == pytest.approx(0.4)
    assert second.measurements[0].value == pytest.approx(0.8)


def test_answers_of_a_finished_run_are_not_asked_for_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(answer) as served:
        suite = write(tmp_path, served.url, INCLUDES, more=", cache: true")
        run(suite, home=home)
        done = run(suite, home=home)
        assert len(served.calls) == 5
    assert done.results[0].measurements[0].value == 0.8


def test_a_bad_sample_stops_nothing_else(tmp_path: Path) -> None:
    with serving(answer) as served:
        suite = write(tmp_path, served.url, INCLUDES)
        (tmp_path / "t.csv").write_text("a\n1\n")
        text = suite.read_text().replace("  qa:", "  t: {table: t.csv}\n  qa:")
        suite.write_text(text + "  - {row_count: {on: t}, at_least: 1}\n")
        with (tmp_path / "qa.jsonl").open("a") as file:
            file.write('{"id": "France0", "input": "again"}\n')
        found = results(run(suite))
        assert not served.calls
    bad, good = found["bot@qa/llm.includes"], found["t/row_count"]
    assert bad.verdict == "error"
    assert "line 6: the id 'France0' was given in line 1 already" in bad.reason
    assert good.verdict == "pass"


def test_subjects_are_recorded(tmp_path: Path) -> None:
    with serving(answer) as served:
        done = run(write(tmp_path, served.url, INCLUDES))
    bot, qa = done.subjects
    assert (bot.kind, qa.kind, qa.rows) == ("language model", "samples", 5)
    assert bot.fingerprint.startswith("sha256:")
    assert qa.fingerprint.startswith("sha256:")


def test_suites_in_python(tmp_path: Path) -> None:
    from assay import LanguageModelSpec, SamplesSpec

    write(tmp_path, "http://127.0.0.1:1", INCLUDES)
    checks = [assay.check("llm.includes", on="bot", data="qa", at_least=0.1)]
    subjects = {
        "bot": LanguageModelSpec(instance=lambda text: "Paris, Rome, Tokyo"),
        "qa": SamplesSpec(path=str(tmp_path / "qa.jsonl")),
    }
    (result,) = assay.run(checks, on=subjects).results
    assert result.measurements[0].value == 0.6


def test_wrong_kinds_of_subjects_in_python(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    done = assay.run(
        [assay.check("llm.includes", on="t", data="t", at_least=0.1)],
        on={"t": str(tmp_path / "t.csv")},
    )
    assert "must be a language model" in done.results[0].reason


def test_explaining_asks_nothing(tmp_path: Path) -> None:
    from assay.engines.duckdb import DuckDBEngine
    from assay.runner.explain import explain
    from assay.suite.load import load

    with serving(answer) as served:
        suite = write(
            tmp_path, served.url, INCLUDES, "{llm.latency: {on: bot, data: qa}, at_most: 9}"
        )
        with DuckDBEngine() as engine:
            plan = explain(load(suite), engine)
        assert not served.calls
    (collected,) = plan.collected
    assert collected.what == "answers of 'bot' to 'qa', asked for once for all"
    assert len(collected.checks) == 2
