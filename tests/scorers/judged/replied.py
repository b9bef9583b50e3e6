"""Judged scorers, asked with replies that are given by name."""

from __future__ import annotations

from typing import Any

from assay.core.exchange import Answer, Sample
from assay.core.judged import Case, JudgedScorer
from assay.core.scorer import Score


def case(text: str = "It is Paris.", *target: str, rival: str | None = None, **more: Any) -> Case:
    """A question about France, and an answer; ``more`` are fields of the sample."""
    more.setdefault("input", "Capital of France?")
    sample = Sample(id="fr", target=target, **more)
    other = None if rival is None else Answer(unit="fr", text=rival)
    return Case(sample, Answer(unit="fr", text=text), other)


def asked(scorer: JudgedScorer, of: Case, **replies: str) -> dict[str, str]:
    """The texts of the questions that follow on these replies, by their names."""
    return {q.name: q.text for q in scorer.questions(of, replies)}


def judged(scorer: JudgedScorer, of: Case, **replies: str) -> Score:
    """The score; all that is asked must have a reply."""
    assert set(asked(scorer, of, **replies)) == set(replies)
    return scorer.judged(of, replies)
