"""Answers are collected once each, kept as they came, and failures are told from answers."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assay.collect.generation.collecting import collect_generations
from assay.collect.generation.layout import exchanges
from assay.core.check import LanguageModelSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Message, Sample, ToolCall
from assay.subjects.language.model import open_language_model
from tests.architecture.guards import ROOT
from tests.collect.generation.asking import answers, collect, column, questions
from tests.servers import behaviours as server
from tests.servers.behaviours import Behaviour
from tests.servers.endpoint import serving

KEY = "sk-very-secret-0123456789"


def test_every_sample_is_asked_once_with_so_many_in_flight(tmp_path: Path) -> None:
    with serving(lambda _body, _n: server.echoes(after_s=0.05)) as served:
        got = collect(served.url, questions(60), tmp_path, how={"concurrency": 20})
    assert served.most == 20
    assert sorted(served.asked()) == sorted(s.input for s in questions(60))
    assert all(a.text == f"question {unit[1:]}" for (unit, _), a in answers(got).items())
    assert all(0.05 <= a.seconds < 5 for a in answers(got).values())
    assert (got.totals.rows, got.totals.answered, got.totals.attempts) == (60, 60, 60)
    assert got.notes == ()


def test_repeats_are_answers_of_their_own(tmp_path: Path) -> None:
    with serving(lambda _body, n: server.says(f"answer {n}")) as served:
        got = collect(served.url, questions(4), tmp_path, how={"repeats": 3})
    found = answers(got)
    assert sorted(found) == [(f"s{i}", repeat) for i in range(4) for repeat in range(3)]
    assert len({a.text for a in found.values()}) == 12


def test_samples_and_answers_come_back_whole(tmp_path: Path) -> None:
    sample = Sample(
        id="1", input="wörd \u202e \x1b[2J \x00 \u2028", target=("a", "b"), context=("c",),
        choices=("d",),
        messages=(Message(role="user", content="hi"), Message(role="assistant", content="yes")),
        cluster="doc", metadata={"level": 3, "tags": ["x"], "name": "n", "none": None},
    )  # fmt: skip
    message = {"content": None, "tool_calls": [{"id": "i", "function": {"name": "f"}}]}
    content = server.completion(message, finish="tool_calls")
    content["choices"][0]["logprobs"] = {"content": [{"logprob": -0.5}]}
    how = {"logprobs": True, "price_prompt": 1.0, "price_completion": 10.0}
    with serving(None, server.body(content)) as served:
        got = collect(
            served.url,
            [sample],
            tmp_path,
            how=how,
            clustered=True,
            carry={"level": "integer", "tags": "string", "name": "string", "none": "float"},
        )
    (exchange,) = next(exchanges(got.source))
    assert exchange.sample == sample
    answer = exchange.answer
    assert answer.tool_calls == (ToolCall(name="f", id="i"),)
    assert (answer.logprobs, answer.finish, answer.text) == ((-0.5,), "tool_calls", "")
    assert answer.cost == pytest.approx((10 * 1 + 2 * 10) / 1e6)
    assert got.totals.cost == answer.cost
    assert [column(got, name) for name in ("level", "tags", "name", "none")] == [
        [3], ['["x"]'], ["n"], [None],
    ]  # fmt: skip
    assert column(got, "assay.cluster") == ["doc"]


def test_metadata_of_another_kind_than_said_end_the_pass(tmp_path: Path) -> None:
    sample = Sample(id="1", input="x", metadata={"level": "three"})
    with serving() as served, pytest.raises(SubjectError, match="not of the kinds they had"):
        collect(served.url, [sample], tmp_path, carry={"level": "integer"})


def test_no_samples_give_a_table_of_no_rows(tmp_path: Path) -> None:
    got = collect("http://127.0.0.1:9/v1", [], tmp_path)
    assert answers(got) == {}
    assert column(got, "assay.unit") == []


def test_what_fails_for_a_while_is_asked_again(tmp_path: Path) -> None:
    def behave(_body: dict[str, Any], n: int) -> Behaviour:
        if n % 10 == 3:
            return server.refuses(429, retry_after_ms="5")
        if n % 20 == 7:
            return server.refuses(500, retry_after="0")
        return server.drops() if n == 12 else server.says("ok")

    with serving(behave) as served:
        got = collect(served.url, questions(200), tmp_path, how={"concurrency": 20})
    assert got.totals.answered == 200
    assert got.totals.attempts == len(served.calls) > 220
    assert got.notes == ()


def test_the_servers_hint_is_waited_for(tmp_path: Path) -> None:
    with serving(None, server.refuses(429, retry_after_ms="400")) as served:
        collect(served.url, questions(1), tmp_path)
    assert 0.4 <= served.calls[1].at - served.calls[0].at < 3


def test_failures_are_kept_as_errors_and_never_as_answers(tmp_path: Path) -> None:
    def behave(body: dict[str, Any], _n: int) -> Behaviour:
        number = int(body["messages"][-1]["content"].split()[1])
        if number % 10 == 0:
            return server.refuses(500, f"broken {KEY}", retry_after_ms="1")
        return server.refuses(400, "too long") if number == 5 else server.says("ok")

    with serving(behave) as served:
        how = {"attempts": 3, "api_key": KEY}
        got = collect(served.url, questions(40), tmp_path, how=how)
    found = answers(got)
    assert {unit for (unit, _), a in found.items() if a.error} == {"s0", "s10", "s20", "s30", "s5"}
    assert (found["s10", 0].attempts, found["s5", 0].attempts) == (3, 1)
    assert found["s5", 0].error == "the server answered 400: too long"
    assert (got.totals.failed, got.totals.answered) == (5, 35)
    assert column(got, "assay.output").count(None) == 5
    assert "5 of 40 answers did not come" in got.notes[0]
    assert "(×4)" in got.notes[0]
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert KEY.encode() not in kept
    assert b"very-secret" not in kept


def test_a_wrong_key_ends_all_at_once(tmp_path: Path) -> None:
    with (
        serving(lambda _b, _n: server.refuses(401, f"wrong: {KEY}")) as served,
        pytest.raises(SubjectError, match="does not accept the key") as failed,
    ):
        collect(served.url, questions(500), tmp_path, how={"api_key": KEY})
    assert len(served.calls) <= 10
    assert KEY not in str(failed.value)


@pytest.mark.parametrize("n", [1, 1_000])
def test_a_server_that_is_not_there_is_said_soon(tmp_path: Path, n: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        began = time.monotonic()
        with pytest.raises(SubjectError, match="cannot be reached: nobody answers"):
            collect(url, questions(n), tmp_path)
    assert time.monotonic() - began < 8


def test_no_answer_at_all_ends_the_pass_with_the_reason(tmp_path: Path) -> None:
    with (
        serving(lambda _b, _n: server.refuses(400, "no such option")) as served,
        pytest.raises(SubjectError, match=r"None of the samples got an answer.*no such option"),
    ):
        collect(served.url, questions(3), tmp_path)


def test_a_server_that_stops_answering_ends_the_pass(tmp_path: Path) -> None:
    def behave(_body: dict[str, Any], n: int) -> Behaviour:
        return server.says("ok") if n < 30 else server.refuses(503, "down", retry_after_ms="1")

    with (
        serving(behave) as served,
        pytest.raises(SubjectError, match=r"in a row got no answer.*503: down"),
    ):
        collect(served.url, questions(5_000), tmp_path, how={"attempts": 2})
    assert len(served.calls) < 200


def test_a_server_that_asks_for_hours_ends_the_pass(tmp_path: Path) -> None:
    with (
        serving(lambda _b, _n: server.refuses(429, retry_after="7200")) as served,
        pytest.raises(SubjectError, match="asks to wait 120 minutes"),
    ):
        collect(served.url, questions(5), tmp_path)


def test_a_slow_server_is_timed_out_and_asked_again(tmp_path: Path) -> None:
    with serving(None, server.says("late", after_s=1.0)) as served:
        got = collect(served.url, questions(1), tmp_path, how={"timeout_s": 0.2})
    assert answers(got)["s0", 0].attempts == 2


def test_lone_surrogates_are_replaced_and_said(tmp_path: Path) -> None:
    bad = Sample(id="1", input="a\ud800b", metadata={"note": "\udfff"})
    with serving() as served:
        got = collect(served.url, [bad, *questions(2)], tmp_path)
    assert answers(got)["1", 0].text == "a\ufffdb"
    assert "1 samples held lone surrogates" in got.notes[0]


def test_a_prompt_of_a_megabyte_is_kept(tmp_path: Path) -> None:
    long = Sample(id="1", input="x" * 1_200_000)
    with serving() as served:
        got = collect(served.url, [long], tmp_path)
    assert len(answers(got)["1", 0].text) == 1_200_000


def test_the_cache_answers_the_same_question_asked_the_same_way(tmp_path: Path) -> None:
    how = {"cache": True, "repeats": 2, "price_prompt": 1.0, "price_completion": 1.0}
    file = tmp_path / "kept" / "answers.sqlite"
    with serving(lambda _body, n: server.says(f"answer {n}")) as served:
        first = collect(served.url, questions(6), tmp_path / "a", how=how, cache=file)
        again = collect(served.url, questions(7), tmp_path / "b", how=how, cache=file)
        assert len(served.calls) == 14
        other = how | {"temperature": 0.5}
        collect(served.url, questions(6), tmp_path / "c", how=other, cache=file)
        assert len(served.calls) == 26
        collect(served.url, questions(6), tmp_path / "d", how=how | {"cache": False}, cache=file)
        assert len(served.calls) == 38
    before, after = answers(first), answers(again)
    assert all(after[key].text == answer.text for key, answer in before.items())
    assert (after["s0", 1].cached, after["s0", 1].attempts, after["s0", 1].cost) == (True, 0, 0.0)
    assert (again.totals.cached, again.totals.attempts) == (12, 2)
    assert again.totals.cost == pytest.approx(2 * 12 / 1e6)
    assert "12 of 14 answers were taken from the cache" in again.notes[0]
    assert b"question" not in file.read_bytes()


def test_a_damaged_cache_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "answers.sqlite"
    file.write_bytes(b"no database" * 500)
    with serving() as served:
        collect(served.url, questions(3), tmp_path / "a", how={"cache": True}, cache=file)
        collect(served.url, questions(3), tmp_path / "b", how={"cache": True}, cache=file)
    assert len(served.calls) == 3


def test_progress_is_told_with_what_it_costs(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    words: list[str] = []

    class Bars:
        def __call__(self, task: str, done: int, total: int | None, /) -> None:
            told.append((task, done, total))

        def detail(self, task: str, text: str) -> None:
            words.append(text)

    how = {"repeats": 2, "price_prompt": 1e3, "price_completion": 1e3}
    with serving(lambda _b, _n: server.says("x", after_s=0.03)) as served:
        collect(served.url, questions(20), tmp_path, how=how, total=20, progress=Bars())
    assert told[0] == ("answers", 0, 40)
    assert told[-1] == ("answers", 40, 40)
    assert len(told) < 15
    assert words[-1] == "0.4800 spent"


def test_a_notebook_that_runs_a_loop_can_collect(tmp_path: Path) -> None:
    async def cell(url: str) -> int:
        return collect(url, questions(5), tmp_path).totals.answered

    with serving() as served:
        assert asyncio.run(cell(served.url)) == 5


def test_an_error_in_the_samples_ends_the_pass(tmp_path: Path) -> None:
    def read() -> Any:
        yield from questions(10)
        raise SubjectError("qa.jsonl, line 11: it is not valid JSON.")

    with serving() as served, pytest.raises(SubjectError, match="line 11"):
        collect(served.url, read(), tmp_path)


def test_a_callable_is_collected_from(tmp_path: Path) -> None:
    async def answer(text: str) -> dict[str, Any]:
        await asyncio.sleep(0.001)
        return {"text": json.dumps(text), "tokens": {"prompt": 1, "completion": 2}}

    spec = LanguageModelSpec(instance=answer, concurrency=4)
    model = open_language_model(spec, folder=".", allow_code=False)
    got = collect_generations(questions(30), model, spec, folder=tmp_path)
    assert answers(got)["s7", 0].text == '"question 7"'
    assert got.totals.completion_tokens == 60


@pytest.mark.parametrize(
    "how", [{"concurrency": 0}, {"repeats": 0}, {"attempts": 0}, {"timeout_s": 0}, {"budget": -1.0}]
)
def test_settings_without_sense_are_refused(how: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="must be above 0"):
        collect("http://127.0.0.1:9/v1", questions(1), tmp_path, how=how)


def test_collecting_does_not_import_pandas(tmp_path: Path) -> None:
    """Arrow imports it, where it is installed, to convert objects: that costs half a second."""
    code = (
        "import sys; from pathlib import Path; from tests.collect.generation.asking import *;"
        "collect(sys.argv[1], questions(3), Path(sys.argv[2]));"
        "print({'pandas', 'scipy', 'sklearn', 'duckdb'} & set(sys.modules))"
    )
    with serving() as served:
        done = subprocess.run(
            [sys.executable, "-c", code, served.url, str(tmp_path)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert done.stdout == "set()\n"
