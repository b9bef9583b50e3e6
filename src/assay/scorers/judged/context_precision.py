"""Whether the passages that help come first, by a judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.judged import Case, JudgedScorer, Question
from assay.core.scorer import Score, scorer
from assay.scorers.judged.material import asked, passages, prompt, targets
from assay.scorers.judged.reading import flags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.judged import Replies


@scorer(
    "context_precision",
    needs=("context", "target"),
    unit="share",
    formula="mean over samples of the average precision of the passages in their order: the mean "
    "over useful passages of the share of useful ones down to it",
    reference="average precision: Manning, Raghavan & Schütze 2008, Introduction to Information "
    "Retrieval, 8.4; judged as context precision of ragas (Es et al. 2024, EACL), prompt of our "
    "own",
    example={"judge": "grader"},
)
class ContextPrecision(JudgedScorer):
    """Whether the passages that help to the right answer stand before those that do not.

    The judge sees question, target and passages, and says of each passage whether it is useful to
    arrive at the target. 1: all useful ones come first; 0: none is useful. It measures what was
    looked up, not the answer.
    """

    def questions(self, case: Case, replies: Replies) -> tuple[Question, ...]:
        task = (
            "Say of each passage of the context whether it is useful to arrive at the reference "
            "answer to the question: whether it states a part of it, or something that it rests "
            "on. To speak of the same subject is not enough."
        )
        parts = [
            ("question", asked(case.sample)),
            ("reference", targets(case.sample)),
            ("context", passages(case.context)),
        ]
        reply = (
            f"Reply with a JSON list of {len(case.context)} truth values in the order of the "
            "passages, and nothing else: [true, false, …]."
        )
        return (Question("useful", prompt(task, parts, reply)),)

    def judged(self, case: Case, replies: Replies) -> Score:
        useful = flags(replies["useful"], len(case.context))
        value = average_precision(useful)
        places = ", ".join(str(i) for i, good in enumerate(useful, 1) if good) or "none"
        return Score(value, f"useful passages: {places} of {len(useful)}")


def average_precision(useful: Sequence[bool]) -> float:
    """Mean, over the useful ones, of the share of useful ones down to each; 0 without any."""
    shares = [sum(useful[: i + 1]) / (i + 1) for i, good in enumerate(useful) if good]
    return sum(shares) / len(shares) if shares else 0.0
