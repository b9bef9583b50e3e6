"""From sufficient statistics to contrasts: one for each metric and treatment arm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.core.measurement import number_text
from assay.experiments.contrasts import Contrast, IntervalContrast, MeanContrast, ShareContrast
from assay.inference.differences import Share
from assay.inference.survival import Times, incidence, log_rank, restricted_mean
from assay.inference.variance_reduction import Estimated, reduced

if TYPE_CHECKING:
    from assay.experiments.collecting import Cells, Collected
    from assay.experiments.spec import ExperimentSpec, MetricSpec
    from assay.states.comoments import ComomentsState


class Held(NamedTuple):
    """An arm held against the control, with what a person should know of it."""

    contrast: Contrast
    notes: tuple[str, ...] = ()


class NotHeld(NamedTuple):
    """Why an arm cannot be held against the control; ``fault``: the data should have allowed it."""

    reason: str
    fault: bool = False


def contrasts(
    spec: ExperimentSpec, found: Collected, metric: MetricSpec
) -> dict[str, Held | NotHeld]:
    """For each treatment arm, the metric's contrast with the control, or why there is none."""
    made: dict[str, Held | NotHeld] = {}
    missing = [arm for arm in spec.arms if not found.units.get(arm)]
    for arm in spec.treatments:
        absent = [name for name in (spec.control, arm) if name in missing]
        if absent:
            made[arm] = NotHeld(f"no unit is in the arm {absent[0]!r}", fault=True)
            continue
        try:
            made[arm] = _contrast(spec, found, metric, arm)
        except ValueError as error:
            made[arm] = NotHeld(str(error))
    return made


def _contrast(
    spec: ExperimentSpec, found: Collected, metric: MetricSpec, arm: str
) -> Held | NotHeld:
    if metric.kind == "quantile":
        return _quantiles(spec, found, metric, arm)
    if metric.kind == "time_to_event":
        return _times(spec, found, metric, arm)
    cells = found.moments[metric.name]
    seen = found.seen[metric.name]
    notes: list[str] = []
    if seen.cap is not None and metric.winsorize is not None:
        notes.append(
            f"{seen.capped:,} units above {number_text(seen.cap)}, the {metric.winsorize:.4g} "
            "quantile over all arms of values that are not 0, were set to it."
        )
    if metric.kind == "ratio":
        pair = [_ratio(name, _whole(cells, name)) for name in (spec.control, arm)]
        return Held(_varying(MeanContrast(*pair)), tuple(notes))
    if metric.kind == "proportion" and not metric.strata and metric.covariate is None:
        shares = [_share(_whole(cells, name)) for name in (spec.control, arm)]
        return Held(ShareContrast(*shares), tuple(notes))
    result = reduced(cells, covariate=metric.covariate is not None)
    if metric.covariate is not None or metric.strata:
        by = [f"the covariate {metric.covariate!r}"] if metric.covariate is not None else []
        by += [f"strata of {', '.join(metric.strata)}"] if metric.strata else []
        more = "less" if result.share >= 0 else "more"
        notes.append(f"{' and '.join(by).capitalize()}: {_percent(result.share)} {more} variance.")
    pair = [result.arms[name] for name in (spec.control, arm)]
    return Held(_varying(MeanContrast(*pair)), tuple(notes))


def _percent(share: float) -> str:
    return f"{100 * abs(share):.1f} %"


def _whole(cells: Cells, arm: str) -> ComomentsState:
    """An arm's moments over all strata."""
    states = list(cells[arm].values())
    whole = states[0]
    for state in states[1:]:
        whole = whole.merge(state)
    return whole


def _share(state: ComomentsState) -> Share:
    return Share(round(state.mean_x * state.n), state.n)


def _varying(contrast: MeanContrast) -> MeanContrast:
    if not contrast.variance > 0:
        raise ValueError("the values do not vary in either arm, so nothing is known of their error")
    return contrast


def _ratio(arm: str, state: ComomentsState) -> Estimated:
    """A ratio of means by the delta method, units being independent (Deng, Knoblich & Lu 2018)."""
    if state.n < 2:
        raise ValueError(f"the arm {arm!r} has fewer than two units")
    if state.mean_y == 0:
        raise ValueError(f"the denominator is 0 in the arm {arm!r}")
    ratio = state.mean_x / state.mean_y
    m2 = state.m2_x - 2 * ratio * state.cross + ratio**2 * state.m2_y
    variance = max(0.0, m2) / (state.n - 1) / state.n / state.mean_y**2
    return Estimated(ratio, variance, state.n - 1, state.n)


def _quantiles(
    spec: ExperimentSpec, found: Collected, metric: MetricSpec, arm: str
) -> Held | NotHeld:
    arms = found.quantiles[metric.name]
    for name in (spec.control, arm):
        if name not in arms:
            return NotHeld(f"no event of the arm {name!r} has a value")
        if arms[name].units < 2:
            return NotHeld(f"one unit alone has events in the arm {name!r}")
    a, b = arms[spec.control], arms[arm]
    contrast = IntervalContrast(a.value, b.value, a.units, b.units, a.interval, b.interval)
    note = f"Of {a.events + b.events:,} events of {a.units + b.units:,} units, as clusters."
    return Held(contrast, (note,) if a.events > a.units else ())


def _times(spec: ExperimentSpec, found: Collected, metric: MetricSpec, arm: str) -> Held | NotHeld:
    arms = found.times[metric.name]
    for name in (spec.control, arm):
        if name not in arms:
            return NotHeld(f"no unit of the arm {name!r} was followed")
    a, b = (Times(*arms[name]) for name in (spec.control, arm))
    horizon = metric.horizon or math.inf
    for name, times in ((spec.control, a), (arm, b)):
        if times.times[-1] < horizon and times.censored[-1]:
            return NotHeld(
                f"no unit of the arm {name!r} was followed up to the horizon of {horizon:g}: the "
                f"last was seen at {times.times[-1]:.4g}"
            )
    first, second = incidence(a), incidence(b)
    means = [restricted_mean(times, horizon).value for times in (a, b)]
    note = f"Mean time up to {horizon:g}: {number_text(means[1])} against {number_text(means[0])}"
    try:
        note += f"; log-rank p = {log_rank(a, b)[1]:.4g}"
    except ValueError:  # nobody has the event
        note += ""
    contrast = IntervalContrast(
        first.value, second.value, first.n, second.n, first.interval, second.interval
    )
    return Held(contrast, (f"{note}.",))
