"""How many units an experiment needs, and how long it runs: before it is started."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import SuiteError
from assay.inference.power import means, two_proportions
from assay.inference.power.rates import Rates

if TYPE_CHECKING:
    from assay.experiments.collecting import Collected
    from assay.experiments.spec import ExperimentSpec, MetricSpec

MOST_UNITS = 1e12
"""More than anybody has: such a design says that the effect cannot be found."""


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a metric beforehand: its value, and the spread of a unit's.

    Attributes:
        value: the mean, the proportion, or the ratio.
        sd: standard deviation of a unit (of a ratio, that of its linearised value); None for a
            proportion, from whose value it follows.
        n: units it rests on; None where a person gave it.
    """

    value: float
    sd: float | None = None
    n: int | None = None


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """How many units one metric needs.

    Attributes:
        effect: the difference that is to be found, or a guardrail's margin.
        lift: the same relative to the baseline; None where that is 0.
        level, power: of the test; the level is shared among primary metrics and arms (Bonferroni).
        control, arm: units in the control and in each treatment arm (the smallest).
        units: in all arms together.
        days: at the units a day that were given; None where none were.
    """

    metric: str
    role: str
    baseline: Baseline
    effect: float
    lift: float | None
    level: float
    power: float
    control: int
    arm: int
    units: int
    days: float | None


def designed(
    spec: ExperimentSpec,
    metric: MetricSpec,
    baseline: Baseline,
    *,
    lift: float | None = None,
    effect: float | None = None,
    power: float = 0.8,
    units_per_day: float | None = None,
) -> Design:
    """Units that find an effect (or show a guardrail's margin) with the given power.

    Proportions by the arcsine of Cohen (1988), means and ratios by the noncentral t; a guardrail
    is a test of non-inferiority with no true difference. Units of unequal arms count with the
    smallest treatment arm.

    Args:
        lift, effect: the least effect worth finding, relative or absolute; not both. A guardrail
            has its margin instead.

    Raises:
        SuiteError: the metric is of a kind without such a formula, or no effect is given.
    """
    if metric.kind in ("quantile", "time_to_event"):
        raise SuiteError(
            f"The metric {metric.name!r} is a {metric.kind}, for which there is no design.",
            location=metric.location,
        )
    effect = _effect(metric, baseline, lift=lift, effect=effect)
    smallest = min(spec.arms[arm] for arm in spec.treatments)
    control = spec.arms[spec.control]
    if not (smallest > 0 and control > 0):
        raise SuiteError("An arm of weight 0 gets no units, so nothing can be designed.")
    if units_per_day is not None and not 0 < units_per_day < math.inf:
        raise SuiteError(f"Units in a day must be a number above 0, not {units_per_day}.")
    level = 1 - (1 - spec.analysis.level) / _tests(spec, metric)
    try:
        rates = Rates(alpha=1 - level, power=power)
        n = _needed(metric, baseline, effect, rates, ratio=smallest / control)
        if not n / control < MOST_UNITS:
            raise ValueError(f"it would take more than {MOST_UNITS:g} units")
    except ValueError as error:
        raise SuiteError(f"The metric {metric.name!r} cannot be designed: {error}.") from None
    except OverflowError:
        raise SuiteError(
            f"The metric {metric.name!r} cannot be designed: its numbers are too large."
        ) from None
    units = math.ceil(n / control)
    return Design(
        metric=metric.name,
        role=metric.role,
        baseline=baseline,
        effect=effect,
        lift=effect / baseline.value if baseline.value else None,
        level=level,
        power=power,
        control=math.ceil(n),
        arm=math.ceil(n * smallest / control),
        units=units,
        days=units / units_per_day if units_per_day else None,
    )


def baselines(spec: ExperimentSpec, found: Collected) -> dict[str, Baseline]:
    """Values and spreads of additive metrics over the units of past data, all arms together.

    A covariate takes what it explains off the variance, as it will in the analysis.
    """
    made = {}
    for metric in spec.metrics:
        states = [
            s for cells in found.moments.get(metric.name, {}).values() for s in cells.values()
        ]
        if not states:
            continue
        whole = states[0]
        for state in states[1:]:
            whole = whole.merge(state)
        value, m2 = whole.mean_x, whole.m2_x
        if metric.kind == "ratio":
            if whole.mean_y == 0:
                continue
            value = whole.mean_x / whole.mean_y
            m2 = (whole.m2_x - 2 * value * whole.cross + value**2 * whole.m2_y) / whole.mean_y**2
        elif metric.covariate is not None and whole.m2_y > 0:
            m2 -= whole.cross**2 / whole.m2_y
        sd = math.sqrt(max(0.0, m2) / (whole.n - 1)) if whole.n > 1 else None
        made[metric.name] = Baseline(value=value, sd=sd, n=whole.n)
    return made


def _effect(
    metric: MetricSpec, baseline: Baseline, *, lift: float | None, effect: float | None
) -> float:
    sign = 1 if metric.higher_is_better else -1
    if not math.isfinite(baseline.value):
        raise SuiteError(f"The baseline of {metric.name!r} must be finite, not {baseline.value}.")
    if metric.role == "guardrail":
        margin = metric.margin or 0.0
        return margin * (abs(baseline.value) if metric.relative else 1)
    if (lift is None) == (effect is None):
        raise SuiteError(
            f"Which effect is to be found in {metric.name!r}?",
            hint="Give the least that is worth finding: relative (--lift) or absolute (--effect).",
        )
    found = abs(effect) if effect is not None else abs(lift or 0.0) * abs(baseline.value)
    if not 0 < found < math.inf:
        raise SuiteError(
            f"The effect to be found in {metric.name!r} must be finite and not 0, not {found:g}."
        )
    return sign * found


def _tests(spec: ExperimentSpec, metric: MetricSpec) -> int:
    """Tests that share the error rate, where it is shared."""
    if metric.role == "guardrail" or spec.analysis.correction == "none":
        return 1
    same = sum(m.role == metric.role for m in spec.metrics)
    return max(1, same) * len(spec.treatments)


def _needed(
    metric: MetricSpec, baseline: Baseline, effect: float, rates: Rates, *, ratio: float
) -> float:
    """Units of the control."""
    guardrail = metric.role == "guardrail"
    if metric.kind == "proportion":
        if not guardrail:
            return two_proportions.needed(
                baseline.value, baseline.value + effect, rates, ratio=ratio
            )
        p = baseline.value
        if not 0 < p < 1:
            raise ValueError(f"a proportion with a spread lies between 0 and 1, not at {p:g}")
        sd = math.sqrt(p * (1 - p))
    else:
        sd = baseline.sd or 0.0
    return means.needed_two(effect, sd, rates, ratio=ratio)
