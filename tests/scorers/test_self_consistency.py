"""Agreement of a model with itself."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import assay
from assay.collect.scoring import collect_scores
from assay.core.exchange import Answer, Exchange, Sample
from assay.core.schema import ANSWERED, OUTPUT, REASON, SCORE
from assay.scorers.self_consistency import SelfConsistency
from tests.servers.behaviours import says
from tests.servers.endpoint import serving


def together(measure: str, *texts: str) -> float | None:
    sample = Sample(id="q", input="?")
    exchanges = [Exchange(sample, Answer(unit="q", text=t)) for t in texts]
    return SelfConsistency(measure=measure).together(exchanges).value  # type: ignore[arg-type]


def test_largest_class_and_pairs() -> None:
    texts = ("Paris", "paris.", "The Paris!", "Rome", "Lyon")
    assert together("largest", *texts) == pytest.approx(3 / 5)
    assert together("pairs", *texts) == pytest.approx(3 / 10)
    assert together("largest", "a1", "b") == 0.5
    assert together("pairs", "a1", "b") == 0
    for measure in ("largest", "pairs", "words"):
        assert together(measure, "It is Paris.", "it is paris", "It is Paris") == 1
        assert together(measure, "Paris") is None


def test_words_are_the_mean_token_f1_of_pairs() -> None:
    # shared tokens: 2 of 3 and 2; 0; 0
    assert together("words", "red big house", "big house", "no") == pytest.approx(
        (2 * (2 / 3 * 1) / (2 / 3 + 1)) / 3
    )


def test_pairs_estimate_the_same_whatever_the_repeats() -> None:
    """The chance that two answers agree; the largest class falls with the number of repeats."""
    import numpy as np

    rng = np.random.default_rng(1)
    found = {}
    for repeats in (2, 10):
        draws = rng.choice(list("uvw"), (4_000, repeats), p=[0.6, 0.3, 0.1])
        for measure in ("pairs", "largest"):
            found[measure, repeats] = np.mean([together(measure, *row) for row in draws])
    expected = 0.36 + 0.09 + 0.01
    assert found["pairs", 2] == pytest.approx(expected, abs=0.04)
    assert found["pairs", 10] == pytest.approx(expected, abs=0.02)
    assert found["largest", 2] > found["largest", 10] + 0.05


def test_one_row_for_each_sample_with_all_its_answers(tmp_path: Path) -> None:
    samples = [Sample(id="a", input="?"), Sample(id="b", input="?"), Sample(id="c", input="?")]
    texts = {"a": ["x1", "x1", None], "b": [None, None, "y"], "c": [None, None, None]}
    exchanges = [
        Exchange(s, Answer(unit=s.id, repeat=i, text=t or "", error="" if t else "HTTP 503"))
        for i in range(3) for s in samples for t in [texts[s.id][i]]
    ]  # fmt: skip
    done = collect_scores(exchanges, SelfConsistency(), folder=tmp_path, repeats=3)
    rows = pq.read_table(done.source.paths[0]).to_pylist()
    assert {(r[SCORE], r[ANSWERED]) for r in rows} == {(1.0, 1), (None, 0)}
    assert (done.unanswered, done.unscorable) == (1, 1)
    two = [e for e in exchanges if e.sample.id == "a"]
    mixed = [two[0], Exchange(samples[0], Answer(unit="a", repeat=1, text="z"))]
    done = collect_scores(mixed, SelfConsistency(), folder=tmp_path / "2", repeats=3)
    (row,) = pq.read_table(done.source.paths[0]).to_pylist()
    assert row[SCORE] == 0.5
    assert row[OUTPUT] == "x1\n---\nz"
    assert "2 different answers" in row[REASON]


def test_a_model_that_changes_its_mind(tmp_path: Path) -> None:
    (tmp_path / "qa.jsonl").write_text('{"id": "a", "input": "x"}\n{"id": "b", "input": "y"}\n')
    suite = tmp_path / "s.yaml"
    text = (
        "suite: s\nsubjects:\n  bot: {{llm: '{url}', model: m, repeats: {n}}}\n"
        "  qa: {{samples: qa.jsonl}}\nchecks:\n"
        "  - {{llm.self_consistency: {{on: bot, data: qa}}, at_least: 0.1}}\n"
    )
    turns = iter(range(100))
    with serving(lambda body, _n: says(
        "same" if body["messages"][-1]["content"] == "x" else f"turn {next(turns)}"
    )) as bot:  # fmt: skip
        suite.write_text(text.format(url=bot.url, n=4))
        (result,) = assay.run(suite).results
        assert result.measurements[0].value == pytest.approx((1 + 1 / 4) / 2)
        suite.write_text(text.format(url=bot.url, n=1))
        calls = len(bot.calls)
        (result,) = assay.run(suite).results
        assert len(bot.calls) == calls
    assert result.verdict == "error"
    assert "Give 'bot' `repeats: 5`" in result.reason
