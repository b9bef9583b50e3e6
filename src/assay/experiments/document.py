"""An analysis as a run's document: the results that are stored, shown and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assay.core.criterion import AtLeast
from assay.core.evidence import Evidence, Table, Text
from assay.core.measurement import Measurement, number_text
from assay.core.result import Result
from assay.experiments.effects import Effect, NoEffect
from assay.experiments.judging import criterion, criterion_text, judged, policy, wanted

if TYPE_CHECKING:
    from assay.core.check import Severity
    from assay.core.evidence import Cell
    from assay.core.result import Verdict
    from assay.experiments.analyzing import Estimator, Findings
    from assay.experiments.effects import Analysis, Mismatch
    from assay.experiments.spec import ExperimentSpec, MetricSpec
    from assay.runner.judge import Judgement

SAMPLE_RATIO, LOG_QUALITY = "sample_ratio", "log_quality"
EFFECT_TABLE = "Against the control"
"""Title of the table that holds an effect's figures: rows are named in its first column."""

FAMILY = "experiment"


def results(spec: ExperimentSpec, found: Findings) -> list[Result]:
    """The results: sizes of the arms, quality of the log, and one for each metric and arm."""
    judgements = judged(spec, found)
    metrics = {metric.name: metric for metric in spec.metrics}
    made = [
        _effect_result(
            spec,
            metrics[effect.metric],
            _at_level(effect, estimator, judgement),
            judgement,
            found.analysis.mismatch,
        )
        for effect, estimator, judgement in zip(
            found.analysis.effects, found.estimators, judgements, strict=True
        )
    ]
    sizes = _sizes(spec, found.analysis.mismatch, found.analysis.units)
    first = [sizes, _quality(spec, found.analysis)]
    return first + _one_arm_is_enough(spec, made)


def _at_level(
    effect: Effect | NoEffect, estimator: Estimator | NoEffect, judgement: Judgement
) -> Effect | NoEffect:
    """The effect with intervals of the level at which it was judged."""
    if isinstance(estimator, NoEffect) or not judgement.measurements:
        return effect
    return estimator.effect(judgement.measurements[0].level or 0.95)


def winners(spec: ExperimentSpec, made: list[Result]) -> list[str]:
    """Treatment arms whose primary metrics and guardrails all pass; none where sizes are wrong.

    Where no metric is primary, guardrails alone decide: the question is whether anything is lost.
    """
    if any(r.id == SAMPLE_RATIO and r.verdict != "pass" for r in made):
        return []
    found = []
    for arm in spec.treatments:
        gating = [
            r for r in made if r.params.get("arm") == arm and r.params.get("role") != "secondary"
        ]
        primary = [r for r in gating if r.params.get("role") == "primary"]
        wanted = primary or all(m.role != "primary" for m in spec.metrics)
        if gating and wanted and all(r.verdict == "pass" for r in gating):
            found.append(arm)
    return found


def _one_arm_is_enough(spec: ExperimentSpec, made: list[Result]) -> list[Result]:
    """Where one of several arms wins, the others' verdicts only warn."""
    won = winners(spec, made)
    if not won or len(spec.treatments) < 2:
        return made
    return [
        msgspec.structs.replace(r, severity="warn")
        if r.params["arm"] not in won and r.severity == "block"
        else r
        for r in made
    ]


def _effect_result(
    spec: ExperimentSpec,
    metric: MetricSpec,
    effect: Effect | NoEffect,
    judgement: Judgement,
    sizes: Mismatch,
) -> Result:
    severity: Severity = "info" if metric.role == "secondary" else "block"
    verdict, reason = judgement.verdict, _reason(spec, metric, effect, judgement)
    if verdict == "not_applicable" and severity == "block":
        verdict = "inconclusive"  # what cannot be measured is not shown, and nothing wins by that
        reason = f"Not decided. {reason}"
    if sizes.found and verdict == "pass":
        verdict = "inconclusive"
        reason += (
            " But the arms' sizes are not what their weights promise, so that it cannot be "
            f"believed: see {SAMPLE_RATIO}."
        )
    return Result(
        id=f"{metric.name}/{effect.arm}",
        metric=f"experiment.{metric.kind}",
        params=_params(spec, metric, effect.arm),
        severity=severity,
        verdict=verdict,
        reason=reason,
        criterion=criterion(metric),
        criterion_text=criterion_text(metric),
        description=wanted(metric),
        correction=judgement.correction,
        measurements=list(judgement.measurements),
        evidence=_evidence(spec, effect) if isinstance(effect, Effect) else [],
        on=spec.name,
        where=metric.where,
        family=f"{FAMILY}.{metric.role}",
        rows_needed=judgement.rows_needed,
        unmeasured=list(judgement.unmeasured),
        location=str(metric.location or ""),
    )


def _params(spec: ExperimentSpec, metric: MetricSpec, arm: str) -> dict[str, object]:
    given = {
        "arm": arm, "control": spec.control, "role": metric.role, "direction": metric.direction,
        "method": spec.analysis.method, "value": metric.value, "winsorize": metric.winsorize,
        "covariate": metric.covariate, "strata": list(metric.strata) or None,
        "quantile": metric.quantile if metric.kind == "quantile" else None,
        "horizon": metric.horizon,
        "scale": "relative" if metric.relative else "absolute",
        "correction": policy(spec, metric.role).correction,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def _reason(
    spec: ExperimentSpec, metric: MetricSpec, effect: Effect | NoEffect, judgement: Judgement
) -> str:
    if isinstance(effect, NoEffect) or not judgement.measurements:
        return judgement.reason
    [decided] = judgement.measurements
    said = (
        f"{effect.arm} {number_text(effect.value)} against {number_text(effect.control_value)}: "
        f"{_signed(effect.difference)}"
    )
    if effect.lift is not None:
        said += f", {_percent(effect.lift)}"
    said += _evidence_text(effect)
    words: dict[Verdict, str] = (
        {"pass": "Better", "fail": "Worse", "inconclusive": "Not decided"}
        if metric.role != "guardrail"
        else {"pass": "Within the margin", "fail": "Beyond the margin",
              "inconclusive": "Not decided"}
    )  # fmt: skip
    more = ""
    if judgement.verdict == "inconclusive" and judgement.rows_needed:
        more = f" About {judgement.rows_needed:,} units would decide, if the effect stays."
    level = decided.level
    if level is not None and abs(level - spec.analysis.level) > 1e-9:
        more += f" Judged at {100 * level:.4g} %, as one of several."
    return f"{words[judgement.verdict]}: {said}.{more}"


def _evidence_text(effect: Effect) -> str:
    if effect.probability_better is not None:
        return f"; better with probability {effect.probability_better:.4g}"
    return f"; p = {effect.p_value:.3g}" if effect.p_value is not None else ""


def _signed(m: Measurement) -> str:
    sign = "+" if m.value > 0 else ""
    low, high = (("-∞" if m.low is None else number_text(m.low)),
                 ("∞" if m.high is None else number_text(m.high)))  # fmt: skip
    return f"{sign}{number_text(m.value)} [{low}, {high}]"


def _percent(m: Measurement) -> str:
    low, high = (("-∞" if m.low is None else f"{100 * m.low:.3g}"),
                 ("∞" if m.high is None else f"{100 * m.high:.3g}"))  # fmt: skip
    return f"{100 * m.value:+.3g} % [{low}, {high}]"


def _evidence(spec: ExperimentSpec, effect: Effect) -> list[Evidence]:
    rows: list[list[Cell]] = [
        [spec.control, effect.control_value, None, None, effect.control_n],
        [effect.arm, effect.value, None, None, effect.n],
    ]
    d, lift = effect.difference, effect.lift
    rows.append(["difference", d.value, d.low, d.high, None])
    if lift is not None:
        rows.append(["lift", lift.value, lift.low, lift.high, None])
    for name, value in (
        ("p-value", effect.p_value),
        ("probability better", effect.probability_better),
        ("expected loss", effect.expected_loss),
    ):
        if value is not None:
            rows.append([name, value, None, None, None])
    found: list[Evidence] = [
        Table(title=EFFECT_TABLE, columns=["", "value", "low", "high", "units"], rows=rows)
    ]
    said = list(effect.notes)
    if effect.probability_better is not None:
        said.append(_prior_text(spec, effect))
    if said:
        found.append(Text(title="How", text=" ".join(said)))
    return found


def _prior_text(spec: ExperimentSpec, effect: Effect) -> str:
    priors = spec.analysis.priors
    if effect.difference.method == "beta-binomial":
        return f"Prior of each proportion: Beta({priors.alpha:g}, {priors.beta:g})."
    if priors.lift_sd is None:
        return "Prior of the effect: flat."
    return f"Prior of the lift: Normal({priors.lift_mean:g}, {priors.lift_sd:g}²)."


def _sizes(spec: ExperimentSpec, sizes: Mismatch, units: dict[str, int]) -> Result:
    nobody = not any(units.values())
    told = ", ".join(
        f"{arm} {n:,} (promised {sizes.expected[arm]:,.0f})" for arm, n in sizes.observed.items()
    )
    if nobody:
        reason = "No unit is in any arm: there are no sizes to compare."
    elif sizes.found:
        reason = (
            f"The arms' sizes are not what their weights promise: {told}; p = {sizes.p_value:.3g}. "
            "Units were lost or added in one arm only: no winner may be named before the cause is "
            "found."
        )
    else:
        reason = f"The arms' sizes are what their weights promise: {told}; p = {sizes.p_value:.3g}."
    p = float(sizes.p_value)
    total = max(1, sum(sizes.observed.values()))
    rows: list[list[Cell]] = [
        [arm, n, sizes.expected[arm], spec.arms[arm]] for arm, n in sizes.observed.items()
    ]
    table = Table(title="Units", columns=["arm", "units", "promised", "weight"], rows=rows)
    return Result(
        id=SAMPLE_RATIO,
        metric="experiment.sample_ratio",
        params={"test": sizes.method},
        severity="block",
        verdict="error" if nobody else "fail" if sizes.found else "pass",
        reason=reason,
        criterion=AtLeast(sizes.limit),
        criterion_text=f"p-value at least {sizes.limit:g}",
        measurements=[]
        if nobody
        else [Measurement(value=p, low=p, high=p, level=None, method="census", n=total)],
        evidence=[] if nobody else [table],
        on=spec.name,
        family=f"{FAMILY}.sample_ratio",
    )


def _quality(spec: ExperimentSpec, analysis: Analysis) -> Result:
    rows: list[list[Cell]] = [
        [f.what, f.count, f.done, ", ".join(f"{a} {n:,}" for a, n in sorted(f.by_arm.items()))]
        for f in analysis.faults
    ]
    evidence: list[Evidence] = []
    reason = "Nothing was left out of the log."
    if rows:
        columns = ["what", "count", "what was done", "by arm"]
        evidence = [Table(title="Faults of the log", columns=columns, rows=rows)]
        told = "; ".join(f"{f.count:,} {f.what} ({f.done})" for f in analysis.faults)
        reason = f"{told[0].upper()}{told[1:]}."
    return Result(
        id=LOG_QUALITY,
        metric="experiment.log_quality",
        params={"units": sum(analysis.units.values()), "events": analysis.events},
        severity="info",
        verdict="not_applicable",
        reason=reason,
        criterion=None,
        criterion_text="",
        measurements=[],
        evidence=evidence,
        on=spec.name,
        family=f"{FAMILY}.log_quality",
    )
