"""What an analysis found of the present stage: the input of a rollout's rules."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import msgspec

from assay.inference.interval import Interval
from assay.inference.sequential.mixture import multiplier

if TYPE_CHECKING:
    from collections.abc import Mapping


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """The new arm's value less the control's, of one metric.

    Attributes:
        value: the difference, in the metric's unit (or relative to the control, with its margin).
        down, up: how far an interval for it reaches to each side, per unit of a normal quantile:
            the standard error where the two are equal. None where that is not bounded, or not
            known.
        n: units it rests on, both arms.
        higher_is_better: whether a rise is good.
        margin: how much worse it may be, 0 or more, in the same unit.
    """

    name: str
    value: float
    down: float | None
    up: float | None
    n: int
    higher_is_better: bool = True
    margin: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"The effect on {self.name!r} must be finite, not {self.value}.")
        for reach in (self.down, self.up):
            if reach is not None and not (math.isfinite(reach) and reach >= 0):
                raise ValueError(f"An interval of {self.name!r} cannot reach {reach} to a side.")
        if self.n < 0 or not self.margin >= 0:
            raise ValueError(f"Units and margin of {self.name!r} must be 0 or more.")

    def gain(self, level: float, *, tuned_for: float) -> Interval | None:
        """Interval of the improvement (positive is better) that holds at every look of a stage.

        The metric's own interval, taken to the quantile of the normal mixture: see
        :mod:`assay.inference.sequential.anytime`. None where nothing is known: no units, nothing
        that varied, or no end to either side.
        """
        if self.n < 2 or not (self.down or self.up):
            return None
        z = float(multiplier(self.n / tuned_for, level))
        reach = [math.inf if arm is None else z * arm for arm in (self.down, self.up)]
        if self.higher_is_better:
            return Interval(self.value - reach[0], self.value + reach[1], "anytime")
        return Interval(-self.value - reach[1], -self.value + reach[0], "anytime")


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """An analysis of the data of one stage.

    Attributes:
        at: moment up to which data were looked at, seconds since 1970 UTC.
        since: moment from which they were; the stage's beginning, or later.
        counts: units in each arm.
        effects: by metric.
        missing: metrics that could not be measured, with the reason.
    """

    at: float
    since: float
    counts: dict[str, int]
    effects: tuple[Effect, ...]
    missing: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """Hash of what was found: the same analysis is decided once.

        Without ``at``: an analysis that finds the very same later has found nothing new.
        """
        told = (self.since, self.counts, self.effects, self.missing)
        return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()

    @property
    def units(self) -> int:
        """Units in all arms."""
        return sum(self.counts.values())

    def effect(self, name: str) -> Effect | None:
        """The effect on a metric, where it was measured."""
        return next((effect for effect in self.effects if effect.name == name), None)


def sample_ratio_p_value(counts: Mapping[str, int], shares: Mapping[str, float]) -> float:
    """Always-valid p-value of "units come to the arms by these shares".

    The multinomial likelihood ratio against shares drawn from a Dirichlet distribution around
    those expected: Lindon & Malek (2022), Anytime-Valid Inference for Multinomial Count Data,
    NeurIPS 35. It may be looked at after every unit, where a chi-square test looked at daily
    would cry wolf. Concentration 1,000: deviations of a few percent are what is looked for, and
    those of a failed assignment are larger.

    Raises:
        ValueError: a count is negative or of an arm without a share, or shares do not sum to 1.
    """
    from scipy.special import gammaln

    if any(n < 0 for n in counts.values()):
        raise ValueError("Counts must be 0 or more.")
    if abs(math.fsum(shares.values()) - 1) > 1e-9:
        raise ValueError("The shares of the arms must sum to 1.")
    if any(counts.get(arm, 0) for arm in {*counts} - {a for a, s in shares.items() if s > 0}):
        return 0.0  # units in an arm that should have none: no chance can explain it
    total, log_e = sum(counts.values()), 0.0
    for arm, share in shares.items():
        n = counts.get(arm, 0)
        if share > 0:
            prior = _CONCENTRATION * share
            log_e += float(gammaln(prior + n) - gammaln(prior)) - n * math.log(share)
    log_e -= float(gammaln(_CONCENTRATION + total) - gammaln(_CONCENTRATION))
    return math.exp(-max(log_e, 0.0))


_CONCENTRATION = 1000.0
