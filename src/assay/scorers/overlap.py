"""How much of the wording of a target an answer shares. Not a measure of truth."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from assay.core.errors import MissingExtraError
from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange

_ROUGE_READS = re.compile(r"[a-z0-9]", re.IGNORECASE | re.ASCII)


@scorer(
    "token_f1",
    needs=("target",),
    formula="mean over answers of 2 P R / (P + R), P and R the shares of words in common",
    reference="Rajpurkar et al. 2016, SQuAD, EMNLP: `f1_score` of its script",
)
class TokenF1(Scorer):
    """Harmonic mean of the shares of words that answer and target have in common.

    Words are compared as SQuAD does: without case, punctuation and English articles. Of several
    targets the best counts. ``safe`` and ``not safe`` share two thirds: it says nothing of truth.
    """

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [Score(max(f1(e.answer.text, t) for t in e.sample.target)) for e in exchanges]


def f1(text: str, target: str) -> float:
    """Token F1 of two texts: 1 where both have no word."""
    given, wanted = plain(text).split(), plain(target).split()
    if not given or not wanted:
        return float(given == wanted)
    common = sum((Counter(given) & Counter(wanted)).values())
    return 2 * common / (len(given) + len(wanted))


@scorer(
    "rouge",
    needs=("target",),
    formula="mean over answers of ROUGE's F measure",
    reference="Lin 2004, ROUGE, ACL workshop Text Summarization Branches Out; package rouge-score",
    example={"kind": "rougeL"},
)
class Rouge(Scorer):
    """F measure of n-grams, or of the longest common sequence of words, shared with a target.

    English words only, stemmed; a target without a letter from a to z is not scored. Of several
    targets the best counts. It needs the extra ``text``.
    """

    kind: Annotated[
        Literal["rouge1", "rouge2", "rougeL"],
        Meta(description="Single words, pairs, or the longest common sequence."),
    ] = "rougeL"

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        try:
            from rouge_score.rouge_scorer import RougeScorer
        except ImportError as error:
            raise MissingExtraError("rouge-score", "text") from error
        judge = RougeScorer([self.kind], use_stemmer=True)
        return [self._one(judge, e.answer.text, e.sample.target) for e in exchanges]

    def _one(self, judge: Any, text: str, targets: Sequence[str]) -> Score:
        readable = [t for t in targets if _ROUGE_READS.search(t)]
        if not readable and any(t.strip() for t in targets):
            return Score(None, "ROUGE reads the letters a to z alone: there are none in the target")
        found = judge.score_multi(readable or list(targets), text)
        return Score(float(found[self.kind].fmeasure))


def _share(judge: Any, exchange: Exchange) -> Score:
    """A score from 0 to 1; rounding may push that of equal texts above 100."""
    found = judge.sentence_score(exchange.answer.text, list(exchange.sample.target)).score
    return Score(min(1.0, max(0.0, float(found) / 100)))


def _sacrebleu() -> Any:
    try:
        import sacrebleu.metrics
    except ImportError as error:
        raise MissingExtraError("sacrebleu", "text") from error
    return sacrebleu.metrics


@scorer(
    "bleu",
    needs=("target",),
    formula="mean over answers of the sentence's BLEU / 100",
    reference="Papineni et al. 2002, ACL; Post 2018, A Call for Clarity in Reporting BLEU Scores, "
    "WMT (sacrebleu); smoothing of Chen & Cherry 2014",
)
class Bleu(Scorer):
    """BLEU of each answer against its targets, from 0 to 1, averaged over answers.

    It is the mean of sentences and not the BLEU of a corpus, which is no mean and has no simple
    interval: figures of papers are not comparable with it. It needs the extra ``text``.
    """

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        judge = _sacrebleu().BLEU(effective_order=True)
        return [_share(judge, e) for e in exchanges]


@scorer(
    "chrf",
    needs=("target",),
    formula="mean over answers of the sentence's chrF / 100",
    reference="Popović 2015, chrF: character n-gram F-score, WMT; package sacrebleu",
)
class ChrF(Scorer):
    """chrF of each answer against its targets, from 0 to 1, averaged over answers.

    It compares sequences of characters, so it suits languages with many endings, and needs no
    words. It needs the extra ``text``.
    """

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        judge = _sacrebleu().CHRF()
        return [_share(judge, e) for e in exchanges]
