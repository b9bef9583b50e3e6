"""Whether a model says the same when it is asked again."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.scorer import GroupScorer, Score, scorer
from assay.scorers.overlap import f1
from assay.scorers.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange

_SHOWN = 80


@scorer(
    "self_consistency",
    unit="share",
    formula="mean over samples of: answers in the largest class of equal ones / answers; or equal "
    "pairs / pairs; or the mean token F1 of pairs",
    reference="Wang et al. 2023, Self-Consistency Improves Chain of Thought Reasoning in Language "
    "Models, ICLR; pairs: Simpson 1949, Nature 163:688",
    example={},
)
class SelfConsistency(GroupScorer):
    """How far the answers to one and the same question agree with each other.

    It needs `repeats` of the model and no target: a model that says something else each time cannot
    be right each time. Case, punctuation and articles do not matter.

    * ``largest``: the share of the most frequent answer, which is what a vote over the answers
      would take. With few repeats it is high by chance: two of two different answers are one half.
    * ``pairs``: the share of pairs of answers that are equal: the chance that two of them agree,
      however many repeats there are.
    * ``words``: how many of their words two answers share (token F1), for answers of a sentence or
      more; whether they contradict each other it cannot see.

    To agree is not to be right: a model can be consistently wrong.
    """

    measure: Annotated[
        Literal["largest", "pairs", "words"], Meta(description="How agreement is measured.")
    ] = "largest"

    def together(self, exchanges: Sequence[Exchange]) -> Score:
        texts = [plain(e.answer.text) for e in exchanges]
        if len(texts) < 2:
            return Score(None, "one answer agrees with nothing")
        classes = Counter(texts)
        if self.measure == "largest":
            value = classes.most_common(1)[0][1] / len(texts)
        elif self.measure == "pairs":
            alike = sum(n * (n - 1) for n in classes.values())
            value = alike / (len(texts) * (len(texts) - 1))
        else:
            shared = [f1(a, b) for a, b in combinations(texts, 2)]
            value = sum(shared) / len(shared)
        return Score(min(value, 1.0), _said(classes))


def _said(classes: Counter[str]) -> str:
    """The different answers, the most frequent first."""
    if len(classes) == 1:
        return ""
    most = classes.most_common(3)
    named = ", ".join(f"{text[:_SHOWN]!r} (×{n})" for text, n in most)
    return f"{len(classes)} different answers: {named}{' …' if len(classes) > 3 else ''}"
