"""What survives: a kill at any moment, Ctrl-C, a torn line, a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.collect.generation.collecting import Generated
from assay.collect.generation.journal import Piece, kept
from assay.core.errors import StorageError
from assay.core.exchange import Answer
from tests.architecture.guards import ROOT
from tests.collect.generation.asking import answers, collect, questions
from tests.servers import behaviours as server
from tests.servers.behaviours import Behaviour
from tests.servers.endpoint import Served, serving

HOW = {"price_prompt": 3.0, "price_completion": 7.0, "concurrency": 8}
PROCESS = """
import resource, sys
from pathlib import Path
from tests.collect.generation.asking import collect, questions
import assay.collect.generation.writing as writing
writing._ROWS = 25
url, folder, n, largest = sys.argv[1:]
if int(largest):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
collect(url, questions(int(n)), Path(folder), how={HOW!r})
"""


def start(url: str, folder: Path, n: int, largest: int = 0) -> subprocess.Popen[str]:
    """A process that collects in parts of 25."""
    code = PROCESS.replace("{HOW!r}", repr(HOW))
    return subprocess.Popen(
        [sys.executable, "-c", code, url, str(folder), str(n), str(largest)],
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(served: Served, calls: int) -> None:
    """Wait until so many calls arrived."""
    end = time.monotonic() + 60
    while len(served.calls) < calls:
        assert time.monotonic() < end
        time.sleep(0.005)


def by_question(body: dict[str, Any], _number: int) -> Behaviour:
    """The same answer, and the same count of tokens, whenever a question is asked."""
    text = body["messages"][-1]["content"]
    number = int(text.split()[1])
    usage = {"prompt_tokens": 10 + number, "completion_tokens": 1 + number % 7}
    return server.body(server.completion({"content": text}) | {"usage": usage}, after_s=0.01)


def finished(folder: Path) -> set[str]:
    """Units whose answers stand somewhere in the folder."""
    import pyarrow.parquet as pq

    found = {answer.unit for answer in kept(sorted(map(str, folder.glob("journal-*")))).values()}
    for part in folder.glob("part-*"):
        found |= set(pq.read_table(part)["assay.unit"].to_pylist())
    return found


def same(one: Generated, other: Generated) -> None:
    """Two passes came to the same."""
    assert one.totals == other.totals
    first, second = answers(one), answers(other)
    assert first.keys() == second.keys()
    for key, answer in first.items():
        assert (answer.text, answer.tokens, answer.cost, answer.attempts) == (
            second[key].text, second[key].tokens, second[key].cost, second[key].attempts,
        )  # fmt: skip


def test_killed_again_and_again_it_comes_to_the_same(tmp_path: Path) -> None:
    n = 160
    with serving(by_question) as served:
        whole = collect(served.url, questions(n), tmp_path / "whole", how=HOW)
    killed, reused = tmp_path / "killed", 0
    with serving(by_question) as served:
        for more in (15, 40, 30):
            done = finished(killed)
            before = len(served.calls)
            process = start(served.url, killed, n)
            wait_for(served, before + more)
            process.kill()
            process.communicate()
            asked = {f"s{text.split()[1]}" for text in served.asked()[before:]}
            assert not asked & done
        done = finished(killed)
        before = len(served.calls)
        assert len(done) > 50
        got = collect(served.url, questions(n), killed, how=HOW)
        reused = got.reused
        asked = {f"s{text.split()[1]}" for text in served.asked()[before:]}
    assert asked == {s.id for s in questions(n)} - done
    assert reused == len(done)
    same(whole, got)
    assert not list(killed.glob("journal-*"))


def test_answers_of_the_journal_come_into_the_cache(tmp_path: Path) -> None:
    """A kill may come before the cache is written: the next run is to find them all the same."""
    n, cache = 60, tmp_path / "cache.sqlite"
    how = {**HOW, "cache": True}
    with serving(by_question) as served:
        process = start(served.url, tmp_path / "run", n)
        wait_for(served, 20)
        process.kill()
        process.communicate()
        collect(served.url, questions(n), tmp_path / "run", how=how, cache=cache)
        before = len(served.calls)
        again = collect(served.url, questions(n), tmp_path / "next", how=how, cache=cache)
        assert len(served.calls) == before
    assert again.totals.cached == n


def test_ctrl_c_leaves_soon_and_keeps_what_is_finished(tmp_path: Path) -> None:
    def slow(body: dict[str, Any], number: int) -> Behaviour:
        return by_question(body, number) if number < 30 else server.says("late", after_s=30.0)

    with serving(slow) as served:
        process = start(served.url, tmp_path, 100)
        wait_for(served, 35)
        time.sleep(0.2)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert time.monotonic() - began < 5
    assert len(finished(tmp_path)) == 30


def test_a_torn_line_is_dropped(tmp_path: Path) -> None:
    path = str(tmp_path / "journal-000000.jsonl")
    piece = Piece(path)
    for i in range(3):
        piece.write(bytes([i]) * 16, Answer(unit=str(i), text="x"))
    piece.close()
    whole = Path(path).read_bytes()
    for cut in range(len(whole) // 3 * 2, len(whole)):
        Path(path).write_bytes(whole[:cut])
        left = {answer.unit for answer in kept([path]).values()}
        assert left == ({"0", "1", "2"} if cut == len(whole) - 1 else {"0", "1"})


def test_errors_are_asked_again_and_attempts_add_up(tmp_path: Path) -> None:
    def choose(body: dict[str, Any], number: int) -> Behaviour:
        if body["messages"][-1]["content"] in ("question 3", "question 8"):
            return server.refuses(500, retry_after_ms="1")
        return by_question(body, number)

    how = HOW | {"attempts": 2}
    with serving(choose) as served:
        first = collect(served.url, questions(20), tmp_path, how=how)
        again = collect(served.url, questions(20), tmp_path, how=how)
        asked = served.asked()[22:]
    assert sorted(asked) == ["question 3"] * 2 + ["question 8"] * 2
    assert (first.totals.failed, again.totals.failed) == (2, 2)
    assert (first.totals.attempts, again.totals.attempts) == (22, 26)
    assert answers(again)["s3", 0].attempts == 4


def test_what_failed_is_answered_when_the_server_is_back(tmp_path: Path) -> None:
    state = {"broken": True}

    def choose(body: dict[str, Any], number: int) -> Behaviour:
        if state["broken"] and body["messages"][-1]["content"] == "question 3":
            return server.refuses(500, retry_after_ms="1")
        return by_question(body, number)

    with serving(choose) as served:
        first = collect(served.url, questions(9), tmp_path, how=HOW | {"attempts": 2})
        state["broken"] = False
        again = collect(
            served.url, questions(9), tmp_path, how=HOW | {"attempts": 2}, data_fingerprint="d"
        )
        calls = len(served.calls)
        last = collect(
            served.url, iter([]), tmp_path, how=HOW | {"attempts": 2}, data_fingerprint="d"
        )
    assert (first.totals.failed, again.totals.failed, again.reused) == (1, 0, 8)
    assert answers(again)["s3", 0].attempts == 3
    assert again.notes == ()
    assert calls == len(served.calls) == 11
    same(again, last)
    assert last.reused == 9


def test_changed_samples_are_asked_anew_and_old_ones_dropped(tmp_path: Path) -> None:
    with serving() as served:
        collect(served.url, questions(10), tmp_path)
        changed = questions(12)[2:]
        changed[0] = msgspec.structs.replace(changed[0], input="another")
        got = collect(served.url, changed, tmp_path)
        assert sorted(served.asked()[10:]) == ["another", "question 10", "question 11"]
        assert {unit for unit, _ in answers(got)} == {s.id for s in changed}
        collect(served.url, changed, tmp_path, how={"temperature": 1.0})
        assert len(served.calls) == 23


def test_more_repeats_add_to_those_that_are_there(tmp_path: Path) -> None:
    with serving() as served:
        collect(served.url, questions(5), tmp_path, data_fingerprint="d")
        got = collect(served.url, questions(5), tmp_path, how={"repeats": 3}, data_fingerprint="d")
        assert (got.totals.rows, got.reused, len(served.calls)) == (15, 5, 15)
        fewer = collect(served.url, questions(5), tmp_path, data_fingerprint="d")
        assert (fewer.totals.rows, len(served.calls)) == (5, 15)


def test_a_full_disk_ends_the_pass_and_what_is_finished_stays(tmp_path: Path) -> None:
    with serving(by_question) as served:
        process = start(served.url, tmp_path, 200, largest=2_000)  # bytes of one file
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "StorageError: Answers cannot be written" in errors
        assert "go on with `assay run --resume`" in errors
        assert "never retrieved" not in errors
        done = finished(tmp_path)
        assert 5 < len(done) < 30
        before = len(served.calls)
        got = collect(served.url, questions(200), tmp_path, how=HOW)
    assert len(served.calls) - before == 200 - len(done)
    assert got.totals.answered == 200


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="does not apply: no /dev/full here")
def test_no_space_left_is_a_storage_error(tmp_path: Path) -> None:
    path = tmp_path / "journal-000000.jsonl"
    path.symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left on device"):
        Piece(str(path)).write(bytes(16), Answer(unit="1"))
