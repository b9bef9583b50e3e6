"""Overlap with targets, against the packages and the published script."""

from __future__ import annotations

import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from assay.scorers.overlap import Bleu, ChrF, Rouge, TokenF1
from tests.scorers.asked import one

TEXT = "The cat sat on a mat."
TARGET = "There is a cat on the mat."


def test_token_f1_as_squad_counts() -> None:
    # cat sat on mat / there is cat on mat: three words in common of four and of five
    assert one(TokenF1(), TEXT, TARGET).value == pytest.approx(2 * 3 / 9)
    assert one(TokenF1(), "safe", "not safe").value == pytest.approx(2 / 3)
    assert one(TokenF1(), "the", "a").value == 1
    assert one(TokenF1(), "the", "cat").value == 0
    assert one(TokenF1(), "cat", "dog", "a cat").value == 1


@pytest.mark.parametrize("kind", ["rouge1", "rouge2", "rougeL"])
def test_rouge(kind: str) -> None:
    own = RougeScorer([kind], use_stemmer=True).score(TARGET, TEXT)[kind].fmeasure
    assert one(Rouge(kind=kind), TEXT, TARGET).value == pytest.approx(own)  # type: ignore[arg-type]
    assert one(Rouge(kind=kind), TEXT, "x", TEXT).value == 1  # type: ignore[arg-type]


def test_bleu_and_chrf() -> None:
    assert one(Bleu(), TEXT, TARGET).value == pytest.approx(
        sacrebleu.sentence_bleu(TEXT, [TARGET]).score / 100
    )
    assert one(ChrF(), TEXT, TARGET).value == pytest.approx(
        sacrebleu.sentence_chrf(TEXT, [TARGET]).score / 100
    )


@pytest.mark.parametrize("scorer", [Bleu(), ChrF(), Rouge(), TokenF1()])
def test_the_ends(scorer: Bleu | ChrF | Rouge | TokenF1) -> None:
    assert one(scorer, TEXT, TEXT).value == pytest.approx(1)
    assert one(scorer, TEXT, TEXT).value <= 1  # type: ignore[operator]
    assert one(scorer, "", TEXT).value == 0


def test_rouge_does_not_judge_what_it_cannot_read() -> None:
    """The same text in letters other than a to z would get 0."""
    assert one(Rouge(), "東京は日本の首都です", "東京は日本の首都です").value is None
    assert "a to z" in one(Rouge(), "Москва", "Москва").reason
    assert one(Rouge(), "Moscow", "Москва", "Moscow").value == 1
    assert one(Rouge(), "Москва", "Moscow").value == 0
