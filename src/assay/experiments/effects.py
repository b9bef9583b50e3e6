"""What an analysis found, before and after it is judged: effects of arms on metrics."""

from __future__ import annotations

import msgspec

from assay.core.measurement import Measurement, Unmeasured
from assay.experiments.spec import Kind, Method, Role


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One metric in one arm, held against the control.

    Attributes:
        control_value, value: of the metric in the control, and in the arm.
        control_n, n: units that each rests on.
        difference: ``value - control_value`` with its interval.
        lift: the difference relative to the control's value, with its interval; None where the
            control's value is not above 0.
        p_value: two-sided, of no difference; None in a Bayesian analysis.
        probability_better: posterior probability that the arm is better; Bayesian only.
        expected_loss: expected loss of the metric if the arm is chosen and is worse; likewise.
        notes: what was done to the values, for a person: winsorising, variance reduction …
    """

    metric: str
    arm: str
    kind: Kind
    role: Role
    higher_is_better: bool
    control_value: float
    value: float
    control_n: int
    n: int
    difference: Measurement
    lift: Measurement | None = None
    p_value: float | None = None
    probability_better: float | None = None
    expected_loss: float | None = None
    notes: tuple[str, ...] = ()


class NoEffect(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that could not be held against the control in one arm, and why."""

    metric: str
    arm: str
    kind: Kind
    role: Role
    reason: Unmeasured


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of the arms against the sizes that their weights promise.

    Attributes:
        observed, expected: units by arm.
        p_value: of sizes so far from the promised ones, or farther.
        method: name of the test.
        limit: the p-value below which the sizes are held to be wrong.
    """

    observed: dict[str, int]
    expected: dict[str, float]
    p_value: float
    method: str
    limit: float

    @property
    def found(self) -> bool:
        """Whether the sizes are wrong, so that no winner may be named."""
        return self.p_value < self.limit


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Rows or units that were left out, and why.

    Attributes:
        what: in words, such as ``events before their unit's assignment``.
        count: how many, in all.
        done: what was done about them.
        by_arm: how many in each arm, where that is known.
    """

    what: str
    count: int
    done: str
    by_arm: dict[str, int] = {}


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment's analysis: effects (not yet judged), sizes and quality of the log.

    Attributes:
        units: by arm, after what was left out.
        events: rows of the event log.
        effects: one for each metric and treatment arm, in the order of the file.
    """

    experiment: str
    method: Method
    level: float
    control: str
    units: dict[str, int]
    events: int | None
    mismatch: Mismatch
    faults: list[Fault]
    effects: list[Effect | NoEffect]
