"""Language models asked in rounds: what is decided when, and how many calls that saves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.servers.behaviours import Behaviour, says
from tests.servers.endpoint import Served, serving

import assay
from assay.core.evidence import Text
from assay.core.result import Result, Run

RIGHT = "{llm.includes: {on: bot, data: qa}, at_least: 0.5}"


def mostly(body: dict[str, Any], _number: int) -> Behaviour:
    """Right for nine of ten questions, the last of the file among the wrong ones."""
    number = int(body["messages"][-1]["content"].split()[-1])
    return says("yes" if number < 900 else "no")


def write(
    folder: Path, url: str, *checks: str, n: int = 1000, gate: str = "", more: str = "",
    copies: int = 1,
) -> Path:  # fmt: skip
    lines = [
        {"id": f"q{i}", "input": f"Question {i}", "target": "yes", "half": i % 2}
        | ({"cluster": f"c{i // copies}"} if copies > 1 else {})
        for i in range(n)
    ]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    path = folder / "suite.yaml"
    listed = "\n".join(f"  - {check}" for check in checks)
    path.write_text(
        f"suite: rounds\nsubjects:\n  bot: {{llm: '{url}', model: m, concurrency: 20{more}}}\n"
        f"  qa: {{samples: qa.jsonl}}\ngate: {{inconclusive: draw_more{gate}}}\nchecks:\n{listed}\n"
    )
    return path


def asked(served: Served) -> list[int]:
    return [int(text.split()[-1]) for text in served.asked()]


def only(run: Run) -> Result:
    (result,) = run.results
    return result


def test_a_clear_case_asks_few_and_says_how_many_calls_that_saved(tmp_path: Path) -> None:
    with serving(mostly) as served:
        run = assay.run(write(tmp_path, served.url, RIGHT))
        calls = asked(served)
    result = only(run)
    assert (result.verdict, len(calls), len(set(calls))) == ("pass", 125, 125)
    assert result.reason.endswith("Decided after 125 of 1,000 samples: 88 % saved.")
    (drawn,) = run.drawn
    assert (drawn.observations, drawn.counted, drawn.calls_saved) == ("bot@qa", "samples", 875)
    assert result.measurements[0].n == 125
    assert max(calls) > 900  # at random, not the first of the file


def test_near_the_bound_all_are_asked_once(tmp_path: Path) -> None:
    near = "{llm.includes: {on: bot, data: qa}, at_least: 0.9}"
    with serving(mostly) as served:
        result = only(assay.run(write(tmp_path, served.url, near)))
        calls = asked(served)
    assert (result.verdict, sorted(calls)) == ("inconclusive", list(range(1000)))
    assert result.drawn is not None
    assert (result.drawn.rows, result.drawn.rounds, result.drawn.calls_saved) == (1000, 4, 0)


def test_a_budget_of_samples_ends_the_rounds(tmp_path: Path) -> None:
    near = "{llm.includes: {on: bot, data: qa}, at_least: 0.9}"
    with serving(mostly) as served:
        suite = write(tmp_path, served.url, near, gate=", budget: {rows: 300}")
        result = only(assay.run(suite))
        assert len(served.calls) == 300
    assert result.reason.endswith("The budget ended after 300 of 1,000 samples.")


def test_all_checks_share_the_rounds_and_repeats_are_calls(tmp_path: Path) -> None:
    checks = (
        RIGHT,
        "{llm.includes: {on: bot, data: qa, by: [half]}, at_least: 0.5, id: halves}",
        "{llm.latency: {on: bot, data: qa, quantile: 0.5}, at_most: 5}",
        "{llm.length: {on: bot, data: qa}, severity: info}",
    )
    with serving(mostly) as served:
        run = assay.run(write(tmp_path, served.url, *checks, more=", repeats: 2"))
        assert len(served.calls) == 2 * len(set(asked(served)))
        samples = len(set(asked(served)))
    assert {r.verdict for r in run.results if r.severity == "block"} == {"pass"}
    (drawn,) = run.drawn
    assert (drawn.rows, drawn.calls_saved) == (samples, 2 * (1000 - samples))
    (halves,) = [r for r in run.results if r.id == "halves"]
    assert {m.key["half"] for m in halves.measurements} == {"0", "1"}


def test_whole_clusters_are_asked(tmp_path: Path) -> None:
    with serving(mostly) as served:
        assay.run(write(tmp_path, served.url, RIGHT, copies=7))
        calls = set(asked(served))
    clusters = {i // 7 for i in calls}
    assert calls == {i for i in range(1000) if i // 7 in clusters}
    assert 125 <= len(calls) < 200


def test_a_judge_is_asked_about_the_drawn_answers_alone(tmp_path: Path) -> None:
    def either(body: dict[str, Any], number: int) -> Behaviour:
        if body["model"] == "judge":
            return says("It is.\nGRADE: 5")
        return mostly(body, number)

    with serving(either) as served:
        suite = write(tmp_path, served.url, "{llm.judge: {on: bot, data: qa, judge: grader, "
                      "rubric: Is it polite?}, at_least: 3}")  # fmt: skip
        text = suite.read_text().replace(
            "  qa:", f"  grader: {{llm: '{served.url}', model: judge, temperature: 0}}\n  qa:"
        )
        suite.write_text(text)
        result = only(assay.run(suite))
        judged = sum(call.body["model"] == "judge" for call in served.calls)
        answered = len(served.calls) - judged
    assert result.verdict == "pass", result.reason
    assert judged == answered == 125


def test_a_run_that_was_killed_asks_nothing_twice(tmp_path: Path) -> None:
    """Killed between the second look and the third, it goes on with the third."""
    near = "{llm.includes: {on: bot, data: qa}, at_least: 0.9}"
    command = [sys.executable, "-m", "assay", "run", "--json"]
    with serving(mostly) as served:
        suite = write(tmp_path, served.url, near)
        with subprocess.Popen([*command, suite], cwd=tmp_path, stdout=subprocess.PIPE) as process:
            while len(served.calls) < 400 and process.poll() is None:
                time.sleep(0.002)
            process.kill()
        first = len(served.calls)
        assert 400 <= first < 1000
        done = subprocess.run(
            [*command, "--resume"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        calls = asked(served)
    (result,) = json.loads(done.stdout)["results"]
    assert (result["verdict"], result["measurements"][0]["n"]) == ("inconclusive", 1000)
    assert result["drawn"]["rounds"] == 4
    assert len(set(calls)) == 1000
    assert len(calls) <= 1020  # again only what was in flight


def test_stored_answers_are_taken_whole(tmp_path: Path) -> None:
    lines = [{"id": f"q{i}", "output": "yes"} for i in range(1000)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    suite = write(tmp_path, "http://127.0.0.1:9/v1", RIGHT.replace("bot", "b"))
    text = suite.read_text().replace("  qa:", "  b: {answers: a.jsonl}\n  qa:")
    suite.write_text(text)
    run = assay.run(suite)
    assert (only(run).verdict, only(run).measurements[0].n, run.drawn) == ("pass", 1000, [])


def test_why_all_are_asked_is_said(tmp_path: Path) -> None:
    batch = "{llm.includes: {on: bot, data: qa}, at_least: 0.5, claim: batch}"
    with serving(mostly) as served:
        run = assay.run(write(tmp_path, served.url, batch, n=150))
        assert len(served.calls) == 150
    said = [text.text for text in only(run).evidence if isinstance(text, Text)]
    assert any("is a statement about these very rows" in text for text in said)
