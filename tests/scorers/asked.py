"""Exchanges for the tests of scorers."""

from __future__ import annotations

from typing import Any

from assay.core.exchange import Answer, Exchange, Sample
from assay.core.scorer import Score, Scorer


def exchange(text: str, *target: str, **more: Any) -> Exchange:
    """A question with these targets, and the answer to it; ``more`` are fields of either."""
    answer = {k: more.pop(k) for k in ("finish", "refusal", "tool_calls") if k in more}
    if "found" in more:  # passages that the application looked up
        answer["context"] = more.pop("found")
    sample = Sample(id="q", input=more.pop("input", "?"), target=target, **more)
    return Exchange(sample, Answer(unit="q", text=text, **answer))


def one(scorer: Scorer, text: str, *target: str, **more: Any) -> Score:
    """The score of one answer."""
    (score,) = scorer.score([exchange(text, *target, **more)])
    return score
