"""Limits a minute, and waits between attempts."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from assay.collect.generation.pace import Bucket
from assay.collect.generation.patience import LONGEST_S, Patience
from assay.core.errors import SubjectError
from assay.subjects.language.failures import TemporaryFailure
from tests.collect.generation.asking import collect, questions
from tests.servers.endpoint import serving


@pytest.mark.parametrize("limit", [0.5, 1.0, 59.0, 60.0, 61.0, 3_000.0])
def test_no_minute_holds_more_than_the_limit(limit: float, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    took: list[float] = []

    async def wait(seconds: float) -> None:
        clock[0] += seconds

    async def run() -> None:
        monkeypatch.setattr("assay.collect.generation.pace.monotonic", lambda: clock[0])
        bucket = Bucket(limit)
        monkeypatch.setattr(asyncio, "sleep", wait)
        while clock[0] < 400 and len(took) < 20_000:
            await bucket.take()
            took.append(clock[0])

    asyncio.run(run())
    ends = {at: sum(at <= t < at + 60 - 1e-6 for t in took) for at in took[:: len(took) // 20 or 1]}
    assert max(ends.values()) <= max(limit, 1)
    if limit > 1:
        assert len(took) >= 0.95 * limit * (min(400, clock[0]) / 60)


def test_requests_are_kept_to_the_limit(tmp_path: Path) -> None:
    how = {"requests_per_minute": 1_200, "concurrency": 10}  # 20 at once, then 19.7 a second
    with serving() as served:
        collect(served.url, questions(35), tmp_path, how=how)
    assert 0.6 < served.calls[-1].at - served.calls[0].at < 4


def test_tokens_are_kept_to_the_limit_and_corrected_by_use(tmp_path: Path) -> None:
    # 12 tokens are used a call; 12.7 are expected of its 26 bytes and 4 tokens at most.
    how = {"tokens_per_minute": 6_000, "max_tokens": 4, "concurrency": 10}
    with serving() as served:
        collect(served.url, questions(16), tmp_path, how=how)
    # 100 at once, then 98 a second: 16 calls of 12 take 0.9 s, and would take 0.3 s more if
    # nothing were given back.
    assert 0.6 < served.calls[-1].at - served.calls[0].at < 4


def test_a_clock_that_is_set_back_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time
    began = time.monotonic()
    jumps = iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: now() - 3_600 * (next(jumps) % 2))
    how = {"requests_per_minute": 1_200, "concurrency": 4}
    with serving() as served:
        got = collect(served.url, questions(30), tmp_path, how=how)
    assert got.totals.answered == 30
    assert time.monotonic() - began < 10


def failure(cause: str = "server", wait_s: float | None = None) -> TemporaryFailure:
    return TemporaryFailure("x", cause=cause, wait_s=wait_s)  # type: ignore[arg-type]


def test_waits_double_and_are_spread_from_nothing() -> None:
    waits: list[list[float]] = [[] for _ in range(9)]
    for seed in range(400):
        patience = Patience(10, random.Random(seed))
        for of in waits:
            wait = patience.wait(failure())
            assert wait is not None
            of.append(wait)
    for i, of in enumerate(waits):
        most = min(LONGEST_S, 0.5 * 2**i)
        assert 0 <= min(of) < 0.05 * most
        assert 0.95 * most < max(of) <= most
        assert sum(of) / len(of) == pytest.approx(most / 2, rel=0.15)


def test_patience_ends() -> None:
    patience = Patience(3)
    assert [patience.wait(failure()) is None for _ in range(3)] == [False, False, True]


def test_too_many_calls_are_no_failures() -> None:
    patience = Patience(1)
    assert all(patience.wait(failure("rate", 0.0)) is not None for _ in range(50))
    assert patience.wait(failure("rate", 0.0)) is None


def test_a_hint_is_taken_with_a_little_more() -> None:
    waits = [Patience(3, random.Random(i)).wait(failure("rate", 5.0)) for i in range(100)]
    assert all(wait is not None and 5.0 <= wait <= 5.5 for wait in waits)
    assert len(set(waits)) > 50


def test_a_hint_of_hours_is_not_waited_for() -> None:
    with pytest.raises(SubjectError, match="120 minutes"):
        Patience(3).wait(failure("rate", 7_200.0))
