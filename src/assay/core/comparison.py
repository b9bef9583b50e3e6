"""Two runs held against each other, as plain data."""

from __future__ import annotations

from typing import Literal

import msgspec

from assay.core.measurement import Measurement

Change = Literal["better", "worse", "same", "changed", "unclear"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How one measurement differs between two runs.

    Attributes:
        id: of the check, the same in both runs.
        key: what it speaks of within the check (slice, class).
        a, b: as measured in each run.
        difference: ``b - a`` with its interval; over the common units where it is paired.
        p_value: two-sided, of no difference, before adjustment; None where there is no sampling.
        paired: computed over the same units in both runs, so that what they share cancels.
        n_common: units in both runs; None where it is not paired.
        verdict: ``better`` and ``worse`` by the metric's direction, ``changed`` where it has none;
            ``same`` only where the values are known to be equal; else ``unclear``. Adjusted for
            all differences of the comparison together.
        reason: a sentence for a person.
    """

    id: str
    metric: str
    key: dict[str, str]
    a: Measurement
    b: Measurement
    difference: Measurement
    p_value: float | None
    paired: bool
    n_common: int | None
    verdict: Change
    reason: str


class ComparedRun(msgspec.Struct, frozen=True, kw_only=True):
    """Which run stands on one side."""

    id: str
    name: str | None
    suite: str
    started: str
    decision: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Run ``b`` held against run ``a``.

    Attributes:
        differences: in the order of ``b``.
        only_in_a, only_in_b: ids of checks that the other run does not have.
        notes: what a reader must know: how verdicts were adjusted, what could not be compared.
    """

    a: ComparedRun
    b: ComparedRun
    differences: list[Difference]
    only_in_a: list[str]
    only_in_b: list[str]
    notes: list[str]
