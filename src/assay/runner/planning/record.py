"""A plan of sample sizes, as versioned plain data (``assay plan --json``)."""

from __future__ import annotations

from typing import Literal

import msgspec

from assay.core.check import Severity

SCHEMA = "assay.plan/1"

Outlook = Literal[
    "decides", "cannot_decide", "on_the_bound", "depends", "unknown", "census", "reported",
    "not_planned",
]  # fmt: skip
"""What the rows on hand come to:

- ``decides``, ``cannot_decide``: there are as many as the plan asks for, or fewer;
- ``on_the_bound``: the value assumed meets the bound, so no number of rows decides;
- ``depends``: no value is assumed; the plan says which distance the rows on hand decide;
- ``unknown``: nothing is known of the value's spread;
- ``census``: the claim is about these rows, so all of them are counted;
- ``reported``: nothing is required;
- ``not_planned``: it would not be measured at all (the reason says why).
"""

Basis = Literal["binomial", "scaling"]
"""How n follows: from the exact power of Wilson's interval, or from the width of the metric's own
interval over a pilot's or a stored run's rows, which shrinks with the square root of their number.
"""


class KeyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement of a check: the whole, or a slice or class.

    Attributes:
        key: what it speaks of; empty for the whole.
        outlook: of this measurement.
        reason: a sentence for a person.
        n_on_hand: of what the metric rests on (recall: positives), as far as it is known.
        n_needed: of the same; None where no n decides, or none is known.
        detectable: the least distance from the bound that ``n_on_hand`` decides, to the side where
            that is harder; None where a side cannot be decided, or nothing is known.
        basis: None where n does not follow from anything.
        value: as measured by the pilot or stored, with its interval.
    """

    key: dict[str, str]
    outlook: Outlook
    reason: str
    n_on_hand: int | None = None
    n_needed: int | None = None
    detectable: float | None = None
    basis: Basis | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None


class CheckPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One check of the suite.

    Attributes:
        outlook, reason, n_on_hand, n_needed, detectable, basis: of the measurement that needs most
            beside what there is; ``keys`` has them all.
        rows_on_hand: rows of the table (or timed calls, for latency) that there are.
        rows_needed: of them; more than ``n_needed`` where the metric rests on a part of the rows.
        level: confidence level of the interval that decides, after correction for the family.
        together: measurements that are judged together in its family.
        effect: the distance from the bound that was stated; None where the value of the pilot or of
            the stored run is taken.
    """

    check: str
    metric: str
    severity: Severity
    required: str
    outlook: Outlook
    reason: str
    n_on_hand: int | None = None
    n_needed: int | None = None
    rows_on_hand: int | None = None
    rows_needed: int | None = None
    detectable: float | None = None
    basis: Basis | None = None
    level: float | None = None
    together: int = 1
    effect: float | None = None
    keys: list[KeyPlan] = []


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """What collecting takes.

    Attributes:
        rows: handed to the model; samples, for a language model.
        calls: of the model, each with up to ``batch_size`` rows; of a language model, one for each
            answer.
        seconds: at the pace of the pilot; None where none was measured.
        cost: by the model's ``cost_per_row`` and ``cost_per_call``, or by the prices of a language
            model's tokens, in their currency; None where the suite states none.
        tokens: of prompts and answers of a language model, as many as an answer took in the pilot
            or the stored run; None where not known, and for other models.
        at_most: tokens and cost are bounds: no answer was there to count (a token is at least a
            byte of the prompt, and an answer ends at ``max_tokens``).
    """

    rows: int
    calls: int
    seconds: float | None = None
    cost: float | None = None
    tokens: int | None = None
    at_most: bool = False


class CollectionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is collected from one model, once for all checks that use it.

    Attributes:
        what: in words.
        all: all rows on hand (or the timed calls that checks ask for).
        enough: what would decide every check that the rows on hand can decide; None where a check
            needs all of them, or not all are known.
    """

    what: str
    model: str
    data: str
    checks: list[str]
    all: Spending
    enough: Spending | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a suite needs to be decided.

    Attributes:
        alpha: error rate of each family of verdicts (the gate's ``false_alarm``).
        correction: how families are corrected.
        power: probability that a check is decided rightly, if its value is as assumed.
        assumed: where the values come from, in words; "" where none is assumed.
        pilot: what the pilot spent on models; None where there was none.
        total: of all collections, over all rows on hand.
        undecidable: ids of checks of severity ``block`` that the rows on hand cannot decide.
    """

    schema: str = SCHEMA
    suite: str
    alpha: float
    correction: str
    power: float
    assumed: str
    checks: list[CheckPlan]
    collections: list[CollectionPlan]
    total: Spending | None = None
    pilot: Spending | None = None
    undecidable: list[str] = []
    notes: list[str] = []
