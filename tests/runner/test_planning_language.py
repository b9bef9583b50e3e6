"""Plans of suites that ask language models: samples, tokens and money, before a cent is spent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.servers.behaviours import body, completion
from tests.servers.endpoint import serving

import assay
from assay.api.planning import plan
from assay.inference.power import one_proportion
from assay.inference.power.rates import Rates

PRICED = "max_tokens: 20, price: {prompt: 2, completion: 10}"
SAMPLES = 60


def half(asked: dict[str, Any], _number: int) -> Any:
    """Right for even numbers; each answer takes 7 tokens of prompt and 3 of completion."""
    even = int(asked["messages"][-1]["content"]) % 2 == 0
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    return body(completion({"content": "yes" if even else "no"}) | {"usage": usage})


def write(folder: Path, url: str, *checks: str, model: str = PRICED, clusters: int = 0) -> Path:
    lines = [
        {"id": f"s{i}", "input": f"{i:03}", "target": "yes", "third": str(i % 3)}
        | ({"cluster": f"c{i % clusters}"} if clusters else {})
        for i in range(SAMPLES)
    ]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    path = folder / "suite.yaml"
    listed = "\n".join(f"  - {check}" for check in checks)
    path.write_text(
        f"suite: planned\nsubjects:\n  bot: {{llm: '{url}', model: m, {model}}}\n"
        f"  qa: {{samples: qa.jsonl}}\nchecks:\n{listed}\n"
    )
    return path


INCLUDES = "{llm.includes: {on: bot, data: qa}, at_least: 0.8}"
NOWHERE = "http://127.0.0.1:9/v1"


def test_nothing_is_asked_for_a_plan_and_the_most_that_it_can_cost_is_told(tmp_path: Path) -> None:
    found = plan(write(tmp_path, NOWHERE, INCLUDES), effect=0.2)
    (check,) = found.checks
    rates = Rates()
    wanted = max(one_proportion.needed(0.8, p, rates) for p in (0.6, 1.0))
    assert (check.n_on_hand, check.n_needed, check.basis) == (SAMPLES, wanted, "binomial")
    (asked,) = found.collections
    assert asked.what == "answers of 'bot' to 'qa'"
    assert (asked.all.rows, asked.all.calls, asked.all.at_most) == (SAMPLES, SAMPLES, True)
    prompts, answers = SAMPLES * (3 + 16), SAMPLES * 20  # bytes and a turn; max_tokens
    assert asked.all.tokens == prompts + answers
    assert asked.all.cost == pytest.approx((prompts * 2 + answers * 10) / 1e6)


def test_answers_of_any_length_have_no_bound(tmp_path: Path) -> None:
    suite = write(tmp_path, NOWHERE, INCLUDES, model="price: {prompt: 2, completion: 10}")
    (asked,) = plan(suite, effect=0.2).collections
    assert (asked.all.calls, asked.all.tokens, asked.all.cost) == (SAMPLES, None, None)
    assert not asked.all.at_most


def test_a_pilot_tells_tokens_and_money_and_asks_no_more(tmp_path: Path) -> None:
    latency = "{llm.latency: {on: bot, data: qa, quantile: 0.5}, at_most: 5}"
    with serving(half) as served:
        found = plan(write(tmp_path, served.url, INCLUDES, latency), pilot=20)
        assert len(served.calls) == 20
    assert found.pilot is not None
    assert (found.pilot.rows, found.pilot.calls, found.pilot.tokens) == (20, 20, 200)
    assert found.pilot.cost == pytest.approx(20 * (7 * 2 + 3 * 10) / 1e6)
    (asked,) = found.collections
    assert (asked.all.tokens, asked.all.at_most) == (SAMPLES * 10, False)
    assert asked.all.cost == pytest.approx(SAMPLES * 44 / 1e6)
    assert asked.all.seconds is not None
    checks = {c.metric: c for c in found.checks}
    assert checks["llm.includes"].n_on_hand == checks["llm.latency"].n_on_hand == SAMPLES


def test_a_stored_run_tells_them_without_a_call(tmp_path: Path) -> None:
    with serving(half) as served:
        suite = write(tmp_path, served.url, INCLUDES)
        assay.run(suite, home=tmp_path / "h")
        asked = len(served.calls)
        found = plan(suite, home=tmp_path / "h")
        assert len(served.calls) == asked
    (check,) = found.checks
    assert (check.keys[0].value, check.n_on_hand) == (0.5, SAMPLES)
    (collection,) = found.collections
    assert (collection.all.tokens, collection.all.at_most) == (SAMPLES * 10, False)
    assert collection.enough is not None  # half of them right is far from 0.8
    assert collection.enough.rows == check.rows_needed
    assert collection.enough.tokens == collection.enough.rows * 10


def test_slices_of_samples_are_counted_from_their_metadata(tmp_path: Path) -> None:
    checks = (
        "{llm.includes: {on: bot, data: qa, by: [third], min_slice: 5}, at_least: 0.8, id: by}",
        "{llm.includes: {on: bot, data: qa, where: third = '1'}, at_least: 0.8, id: where}",
    )
    found = {c.check: c for c in plan(write(tmp_path, NOWHERE, *checks), effect=0.3).checks}
    assert [(k.key, k.n_on_hand) for k in found["by"].keys] == [
        ({"third": "0"}, 20), ({"third": "1"}, 20), ({"third": "2"}, 20),
    ]  # fmt: skip
    assert found["where"].n_on_hand == 20


def test_repeats_are_paid_for_and_do_not_count_as_samples(tmp_path: Path) -> None:
    suite = write(
        tmp_path, NOWHERE, INCLUDES, "{llm.error_rate: {on: bot, data: qa}, at_most: 0.1}",
        model=f"{PRICED}, repeats: 3",
    )  # fmt: skip
    found = plan(suite, effect=0.1)
    (asked,) = found.collections
    assert (asked.all.rows, asked.all.calls) == (SAMPLES, 3 * SAMPLES)
    checks = {c.metric: c for c in found.checks}
    assert checks["llm.includes"].outlook == "unknown"  # how much repeats vary is not known
    assert checks["llm.error_rate"].n_on_hand == 3 * SAMPLES


def test_clusters_are_drawn_whole(tmp_path: Path) -> None:
    with serving(half) as served:
        plan(write(tmp_path, served.url, INCLUDES, clusters=6), pilot=20)
        asked = {int(text) % 6 for text in served.asked()}
        assert (len(served.calls), len(asked)) == (20, 2)
