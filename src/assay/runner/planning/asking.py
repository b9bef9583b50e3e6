"""What asking a language model takes, before a cent is spent; and samples drawn for a pilot."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from assay.collect.generation.budget import Prices, longest_answer, prompt_bound
from assay.collect.generation.store import totals_in
from assay.core.check import SamplesSpec
from assay.core.collection import Generations, Scores
from assay.core.exchange import Tokens
from assay.runner.observe import OBSERVATIONS
from assay.runner.planning.record import Spending
from assay.runner.sample_order import places_of
from assay.subjects.language.turns import turns_of

if TYPE_CHECKING:
    from pathlib import Path

    from assay.collect.generation.store import Totals
    from assay.core.check import LanguageModelSpec
    from assay.runner.opening import OpenSamples

Asks = Generations | Scores
"""Collections for which a language model is asked; all checks of one pair share the answers."""


def asked(
    samples: OpenSamples,
    rows: int,
    spec: LanguageModelSpec,
    *,
    known: Totals | None = None,
    pace: float | None = None,
) -> Spending:
    """What it takes to ask so many of the samples.

    Args:
        known: what an earlier pass came to: its tokens for an answer are taken. Without one, the
            most that can be used is told, where the suite bounds an answer's length.
        pace: seconds for a sample, with as many calls in flight as the suite says.
    """
    if spec.answers is not None:  # they exist already
        return Spending(rows=rows, calls=0)
    calls = rows * spec.repeats
    tokens = _as_before(calls, known) if known is not None else None
    at_most = tokens is None
    if tokens is None:
        tokens = _at_most(samples, rows, spec)
    total = None
    if tokens is not None and tokens.prompt is not None and tokens.completion is not None:
        total = tokens.prompt + tokens.completion
    return Spending(
        rows=rows, calls=calls, seconds=None if pace is None else pace * rows, tokens=total,
        cost=Prices(spec.price_prompt, spec.price_completion).cost(tokens) if tokens else None,
        at_most=at_most and total is not None,
    )  # fmt: skip


def paid(came: Totals, *, rows: int, seconds: float | None) -> Spending:
    """What a pass over so many samples took."""
    tokens = came.prompt_tokens + came.completion_tokens
    return Spending(
        rows=rows, calls=came.attempts, seconds=seconds, tokens=tokens or None, cost=came.cost
    )


def kept_answers(folder: Path) -> dict[str, Totals]:
    """What the passes over language models in a run's folder came to, by their observations."""
    found = {}
    root = folder / OBSERVATIONS
    for place in sorted(root.iterdir()) if root.is_dir() else []:
        totals = totals_in(str(place))
        if totals is not None and totals.rows:
            found[unquote(place.name)] = totals
    return found


def _as_before(calls: int, known: Totals) -> Tokens | None:
    """At the mean of the answers that were paid for; None where their tokens were not told."""
    paid = known.answered - known.cached
    if paid <= 0 or known.prompt_tokens + known.completion_tokens == 0:
        return None
    share = calls / paid
    return Tokens(
        prompt=round(known.prompt_tokens * share), completion=round(known.completion_tokens * share)
    )


def _at_most(samples: OpenSamples, rows: int, spec: LanguageModelSpec) -> Tokens | None:
    """The bound that the budget keeps calls to; None where an answer may be of any length."""
    longest = longest_answer(spec)
    if longest is None:
        return None
    prompts = sum(prompt_bound(turns_of(sample, spec)) for sample in samples.samples)
    share = rows / samples.survey.samples if samples.survey.samples else 0.0
    return Tokens(
        prompt=math.ceil(prompts * share) * spec.repeats, completion=longest * rows * spec.repeats
    )


def drawn_samples(
    samples: OpenSamples, spec: SamplesSpec, rows: int, *, seed: int, folder: str
) -> tuple[SamplesSpec, int]:
    """Samples at random in a file of their own, in their order; and how many there are.

    Samples of one cluster belong together: whole clusters are drawn, so that there may be a few
    samples more.
    """
    path = os.path.join(folder, f"{len(os.listdir(folder))}.jsonl")
    kept = 0
    with open(path, "wb") as file:
        for sample, place in zip(samples.samples, places_of(samples, seed), strict=True):
            if place < rows:
                file.write(msgspec.json.encode(sample) + b"\n")
                kept += 1
    return replace(SamplesSpec(path=path), location=spec.location), kept
