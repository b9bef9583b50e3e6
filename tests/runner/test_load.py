"""A language model under load: against servers whose capacity is known."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.servers.behaviours import completion, pieces_of, refuses, says, streams
from tests.servers.endpoint import Served, serving

import assay
from assay.core.errors import SuiteError
from assay.core.result import Result
from assay.suite.load import load


def write(folder: Path, url: str, *checks: str, more: str = "") -> Path:
    lines = [{"id": i, "input": f"question {i}"} for i in range(20)]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    suite = folder / "suite.yaml"
    listed = "\n".join(f"  - {check}" for check in checks)
    suite.write_text(
        f"suite: load\nsubjects:\n  bot: {{llm: '{url}', model: m{more}}}\n"
        f"  qa: {{samples: qa.jsonl}}\nchecks:\n{listed}\n"
    )
    return suite


def run(folder: Path, served: Served, *checks: str, more: str = "") -> dict[str, Result]:
    done = assay.run(write(folder, served.url, *checks, more=more))
    return {result.id: result for result in done.results}


def one_at_a_time(seconds: float) -> Any:
    """A server that works at one call after the other."""
    turn = threading.Lock()

    async def behave(_request: web.Request, _body: dict[str, Any]) -> web.Response:
        while not turn.acquire(blocking=False):
            await asyncio.sleep(0.001)
        try:
            await asyncio.sleep(seconds)
        finally:
            turn.release()
        return web.json_response(completion({"content": "yes"}))

    return lambda _body, _number: behave


def test_more_callers_get_more_of_a_server_with_room(tmp_path: Path) -> None:
    loads = "concurrency: [1, 4], requests: 100"
    with serving(lambda _body, _number: says("yes", after_s=0.01)) as served:
        found = run(
            tmp_path, served,
            f"{{llm.load_throughput: {{on: bot, data: qa, {loads}}}, severity: info}}",
            f"{{llm.load_throughput: {{on: bot, data: qa, {loads}, of: tokens}}, severity: info}}",
            f"{{llm.load_latency: {{on: bot, data: qa, {loads}, quantile: 0.5}}, at_most: 0.2}}",
            f"{{llm.load_errors: {{on: bot, data: qa, {loads}}}, at_most: 0.1}}",
        )  # fmt: skip
        assert len(served.calls) == 200  # once for all checks
        assert served.most == 4
    answers, tokens, latency, errors = found.values()
    one, four = answers.measurements
    assert (one.key, four.key) == ({"concurrency": "1"}, {"concurrency": "4"})
    assert one.value < 100
    assert 1.5 * one.value < four.value < 400
    assert tokens.measurements[1].value == pytest.approx(2 * four.value, rel=1e-6)
    assert all(m.value >= 0.01 for m in latency.measurements)
    assert errors.verdict == "pass"
    assert [m.n for m in errors.measurements] == [100, 100]


def test_an_open_loop_counts_the_wait_that_a_closed_one_hides(tmp_path: Path) -> None:
    """The server answers 50 calls a second at most; twice as many are sent."""
    with serving(one_at_a_time(0.02)) as served:
        found = run(
            tmp_path, served,
            "{llm.load_latency: {on: bot, data: qa, concurrency: [1], requests: 60},"
            " severity: info}",
            "{llm.load_latency: {on: bot, data: qa, rate: [100], requests: 60}, severity: info}",
        )  # fmt: skip
    closed, opened = (result.measurements[0] for result in found.values())
    assert opened.key == {"rate": "100"}
    assert opened.value > 2 * closed.value
    assert opened.value > 0.3  # 60 calls take 1.2 s, and were meant to be sent within 0.6 s


def test_failures_are_counted_and_not_tried_again(tmp_path: Path) -> None:
    def overrun(_body: dict[str, Any], number: int) -> Any:
        return refuses(429) if number % 4 == 0 else says("yes")

    with serving(overrun) as served:
        found = run(
            tmp_path, served,
            "{llm.load_errors: {on: bot, data: qa, concurrency: [5], requests: 80}, at_most: 0.01}",
        )  # fmt: skip
        assert len(served.calls) == 80
    (result,) = found.values()
    assert result.verdict == "fail"
    assert result.measurements[0].value == 0.25


def test_time_to_the_first_token(tmp_path: Path) -> None:
    checks = [
        f"{{llm.load_latency: {{on: bot, data: qa, concurrency: [2], requests: 40, quantile: 0.5,"
        f" of: {of}}}, severity: info}}"
        for of in ("first_token", "answer")
    ]
    with serving(lambda _b, _n: streams(*pieces_of("yes"), every_s=0.005)) as served:
        first, whole = run(tmp_path, served, *checks, more=", stream: true").values()
        (without, _) = run(tmp_path, served, *checks).values()
    assert 0 < first.measurements[0].value < whole.measurements[0].value
    assert without.verdict != "pass"


def test_a_budget_ends_the_load_and_a_clock_does(tmp_path: Path) -> None:
    checks = "{llm.load_errors: {on: bot, data: qa, concurrency: [2], requests: 100}, at_most: 1}"
    budget = ", max_tokens: 2, budget: {tokens: 400}"
    with serving() as served:
        (result,) = run(tmp_path, served, checks, more=budget).values()
        assert 5 < len(served.calls) < 100
        assert "budget" in str(result.evidence)
    checks = checks.replace("requests: 100", "requests: 100000, seconds: 0.3")
    with serving(lambda _body, _number: says("yes", after_s=0.01)) as served:
        run(tmp_path, served, checks)
        assert 10 < len(served.calls) < 80


def test_a_load_that_cannot_be(tmp_path: Path) -> None:
    checks = "{llm.load_errors: {on: bot, data: qa, concurrency: [2]}, at_most: 0.1}"
    with serving() as served:
        (paced,) = run(tmp_path, served, checks, more=", requests_per_minute: 60").values()
        assert not served.calls
    assert paced.verdict == "error"
    assert "per minute" in paced.reason
    (nobody,) = run(tmp_path, Served("http://127.0.0.1:9/v1"), checks).values()
    assert nobody.verdict == "error"
    assert "cannot be reached" in nobody.reason
    with serving(lambda _b, _n: refuses(401)) as served:
        (refused,) = run(tmp_path, served, checks).values()
    assert refused.verdict == "error"
    assert "key" in refused.reason


def test_few_calls_are_no_throughput(tmp_path: Path) -> None:
    with serving() as served:
        checks = "{llm.load_throughput: {on: bot, data: qa, requests: 20}, at_least: 1}"
        (result,) = run(tmp_path, served, checks).values()
    assert result.verdict == "not_applicable"
    assert "raise `requests`" in result.reason


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("concurrency: [0]", "1 or more|at least 1|>= 1"), ("concurrency: [2, 2]", "twice"),
        ("rate: [0]", "> 0|above 0|greater"), ("requests: 0", ">= 1|at least 1|1 or more"),
        ("by: [x]", "has no place here"),
    ],
)  # fmt: skip
def test_bad_parameters(tmp_path: Path, parameters: str, said: str) -> None:
    checks = f"{{llm.load_errors: {{on: bot, data: qa, {parameters}}}, at_most: 0.1}}"
    with pytest.raises(SuiteError, match=said):
        load(write(tmp_path, "http://127.0.0.1:9/v1", checks))
