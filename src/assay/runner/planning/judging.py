"""What asking judges takes, before a cent is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.collect.generation.budget import Prices
from assay.core.check import LanguageModelSpec
from assay.core.exchange import Tokens
from assay.runner.hearing import trials_of
from assay.runner.planning.record import CollectionPlan, Spending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.collect.generation.store import Totals
    from assay.core.check import Check
    from assay.runner.opening import Opened


def judgements_of(
    checks: Sequence[Check], opened: Opened, answers: Mapping[str, Totals]
) -> list[CollectionPlan]:
    """Questions to judges, each once for all checks that ask it.

    Args:
        answers: what earlier passes came to, by the name of their observations: the tokens that a
            question of the same judge took are taken.
    """
    found = []
    for trials in trials_of(checks, opened):
        spec, samples = opened.suite.subjects[trials.judge], opened.samples.get(trials.data)
        assert isinstance(spec, LanguageModelSpec)
        if samples is None or trials.questions is None:
            continue
        prefix = f"{trials.model}@{trials.data}:judge {trials.judge} "
        tokens = _as_before(
            trials.questions, [t for name, t in answers.items() if name.startswith(prefix)]
        )
        total = None if tokens is None else (tokens.prompt or 0) + (tokens.completion or 0)
        found.append(
            CollectionPlan(
                what=f"{trials.judge!r} judging {trials.model!r} on {trials.data!r}, at most",
                model=trials.judge, data=trials.data, checks=trials.checks,
                all=Spending(
                    rows=samples.survey.samples, calls=trials.questions, tokens=total,
                    cost=None if tokens is None
                    else Prices(spec.price_prompt, spec.price_completion).cost(tokens),
                ),
            )
        )  # fmt: skip
    return found


def _as_before(questions: int, passes: Sequence[Totals]) -> Tokens | None:
    """At the mean of the questions that were paid for; None where their tokens were not told."""
    paid = sum(t.answered - t.cached for t in passes)
    prompt = sum(t.prompt_tokens for t in passes)
    completion = sum(t.completion_tokens for t in passes)
    if paid <= 0 or prompt + completion == 0:
        return None
    share = questions / paid
    return Tokens(prompt=round(prompt * share), completion=round(completion * share))
