"""Money and tokens are not spent beyond the budget, calls in flight included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.core.errors import SubjectError
from tests.collect.generation.asking import answers, collect, questions
from tests.servers import behaviours as server
from tests.servers.endpoint import serving

PRICES = {"price_prompt": 1_000.0, "price_completion": 1_000.0, "max_tokens": 4}
"""A call of the server counts 12 tokens: 0.012 of money."""


def test_a_budget_of_money_stops_in_time(tmp_path: Path) -> None:
    how = PRICES | {"budget": 0.12, "concurrency": 8}
    with serving(lambda _b, _n: server.says("x", after_s=0.02)) as served:
        got = collect(served.url, questions(40), tmp_path, how=how)
    # A question has 10 or 11 letters: at most 31 tokens are set aside for a call, 12 are used.
    assert got.totals.cost is not None
    assert 0.12 - 0.031 < got.totals.cost <= 0.12
    assert got.totals.answered == len(served.calls)
    assert got.totals.unasked == 40 - len(served.calls)
    assert got.totals.failed == 0
    assert "were not asked for: the budget of 0.12 of money is used up" in got.notes[0]
    unasked = [a for a in answers(got).values() if a.error]
    assert {a.attempts for a in unasked} == {0}


def test_a_budget_of_tokens_stops_in_time(tmp_path: Path) -> None:
    how = {"max_tokens": 4, "budget_tokens": 150}
    with serving() as served:
        got = collect(served.url, questions(40), tmp_path, how=how)
    used = got.totals.prompt_tokens + got.totals.completion_tokens
    assert 150 - 31 < used <= 150


def test_a_larger_budget_goes_on_where_the_smaller_stopped(tmp_path: Path) -> None:
    with serving() as served:
        first = collect(served.url, questions(20), tmp_path, how=PRICES | {"budget": 0.1})
        asked = len(served.calls)
        again = collect(served.url, questions(20), tmp_path, how=PRICES | {"budget": 0.2})
        assert again.totals.cost is not None
        assert first.totals.answered < again.totals.answered == len(served.calls) < 20
        assert again.totals.cost <= 0.2
        last = collect(served.url, questions(20), tmp_path, how=PRICES | {"budget": 9.0})
    assert asked == first.totals.answered
    assert (last.totals.answered, last.totals.unasked, len(served.calls)) == (20, 0, 20)


def test_a_server_that_does_not_count_is_taken_at_the_worst(tmp_path: Path) -> None:
    content = server.completion({"content": "x"})
    del content["usage"]
    with serving(lambda _b, _n: server.body(content)) as served:
        got = collect(
            served.url, questions(9), tmp_path, how={"max_tokens": 4, "budget_tokens": 100}
        )
    assert got.totals.answered == 3  # 30 tokens at most for each: 10 letters, 16 of the turn, 4


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"budget": 1.0, "max_tokens": 5}, "needs the prices"),
        ({"budget": 1.0, "price_prompt": 1.0, "price_completion": 1.0}, "any length"),
        ({"budget_tokens": 100}, "any length"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(
    how: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SubjectError, match=words):
        collect("http://127.0.0.1:9/v1", questions(1), tmp_path, how=how)
