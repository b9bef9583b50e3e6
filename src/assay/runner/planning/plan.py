"""Plan a suite: which checks the rows on hand decide, and what collecting takes."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.core.check import LanguageModelSpec, TableSpec
from assay.core.collection import Artefact, Latency, Load, Rows
from assay.core.criterion import NoWorseThan
from assay.core.errors import AssayError
from assay.inference.power.rates import Rates
from assay.runner.expand import expand
from assay.runner.opening import open_subjects
from assay.runner.planning.asking import Asks
from assay.runner.planning.collecting import collections_of
from assay.runner.planning.gathering import gather, looked_up
from assay.runner.planning.known import known_of
from assay.runner.planning.outlook import look_ahead, rows_needed
from assay.runner.planning.record import CheckPlan, Plan
from assay.runner.planning.spending import total, usable
from assay.runner.planning.wording import notes_of, reason_of, why_unknown
from assay.runner.results import words_of
from assay.runner.sample_columns import attach_metadata
from assay.runner.task import CAUGHT
from assay.states import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assay.collect.generation.store import Totals
    from assay.core.check import Check, Suite
    from assay.core.criterion import Decidable
    from assay.core.engine import Engine
    from assay.core.result import Run
    from assay.runner.baseline import Baselines
    from assay.runner.opening import Opened
    from assay.runner.planning.known import Evidence
    from assay.runner.planning.outlook import Known
    from assay.runner.planning.pilot import Asked
    from assay.runner.planning.record import KeyPlan, Outlook

_WORST: tuple[Outlook, ...] = (
    "cannot_decide", "on_the_bound", "unknown", "depends", "decides", "census", "reported",
    "not_planned",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What the plan assumes.

    Attributes:
        power: probability of deciding rightly.
        effect: distance from the bound for a check's id; None takes the value that was measured.
        stored: a run whose values are taken, and what it is called; None for none.
        answers: what its passes over language models came to, by the name of the observations.
        pilot: measures some rows first; None measures none.
        baselines: finds the stored run of a ``no_worse_than``.
    """

    power: float = 0.8
    effect: Callable[[str], float | None] = field(default=lambda _check: None)
    stored: tuple[Run, str] | None = None
    answers: Mapping[str, Totals] = field(default_factory=dict)
    pilot: Asked | None = None
    baselines: Baselines | None = None


def plan_suite(suite: Suite, engine: Engine, assumptions: Assumptions) -> Plan:
    """Plan a suite: its tables are counted, and a pilot is measured where one is asked for.

    Raises:
        AssayError: a pilot cannot be drawn.
        ValueError: the power is not above the error rate.
    """
    opened = open_subjects(suite, engine, allow_code=False)
    expansion = expand(suite, opened.schemas)
    plans: dict[str, CheckPlan] = {
        (problem.check_id or spec.metric): CheckPlan(
            check=problem.check_id or spec.metric, metric=spec.metric, severity=spec.severity,
            required=str(spec.criterion or ""), outlook="not_planned",
            reason=str(opened.errors.get(spec.on, problem)),
        )
        for spec, problem in expansion.problems
    }  # fmt: skip
    sizes = _sizes(opened, engine, expansion.checks, plans)
    sampled: list[Check] = []
    for check in expansion.checks:
        if check.id not in plans:
            said = _without_n(check, sizes, opened)
            if said is None:
                sampled.append(check)
            else:
                plans[check.id] = said
    evidence, paces, bill, answers = gather(
        engine, opened, sampled, sizes, pilot=assumptions.pilot, stored=assumptions.stored,
        answers=assumptions.answers,
    )  # fmt: skip
    known: dict[str, list[Known]] = {}
    for check in sampled:
        try:
            known[check.id] = known_of(
                check, evidence, sizes, engine, assumptions.baselines,
                gate=suite.gate, clustered=_clustered(check, opened),
                repeats=_repeats(check, suite),
            )  # fmt: skip
        except CAUGHT as error:  # what would be the verdict of this check
            plans[check.id] = _plain(check, "not_planned", words_of(error))
    together = Counter[str]()
    for check in sampled:
        together[check.family] += len(known.get(check.id, ()))
    for check in sampled:
        if check.id not in plans:
            plans[check.id] = _planned(
                check, known[check.id], evidence, sizes, opened, together[check.family], assumptions
            )
    ordered = [plans[name] for name in expansion.order]
    collections = collections_of(expansion.checks, plans, opened, sizes, paces, answers)
    return Plan(
        suite=suite.name,
        alpha=suite.gate.false_alarm,
        correction=suite.gate.correction,
        power=assumptions.power,
        assumed=evidence.what if evidence else "",
        checks=ordered,
        collections=collections,
        total=total(c.all for c in collections),
        pilot=bill,
        undecidable=[
            p.check
            for p in ordered
            if p.severity == "block" and p.outlook in ("cannot_decide", "on_the_bound")
        ],
        notes=notes_of(ordered, evidence, suite.gate),
    )


def _sizes(
    opened: Opened, engine: Engine, checks: Sequence[Check], plans: dict[str, CheckPlan]
) -> dict[str, int]:
    """Rows of the tables that checks rest on; checks of a table that cannot be counted are told."""
    found: dict[str, int] = {}
    for check in checks:
        try:
            opened.require(check.spec.on, check.spec.data, check.spec.against)
            for name in (
                check.spec.on,
                check.spec.data,
                check.spec.against,
                *looked_up(check, opened),
            ):
                if name in opened.tables and name not in found:
                    found[name] = engine.fold(name, [Count()])[Count()][()].n
                if name in opened.samples and name not in found:
                    asked = [c for c in checks if c.id not in plans]
                    if any(c.spec.by or c.spec.where for c in asked):
                        attach_metadata(name, asked, opened, engine)
                    found[name] = opened.samples[name].survey.samples
        except CAUGHT as error:  # what would be the verdict of this check
            said = str(error) if isinstance(error, AssayError) else words_of(error)
            plans[check.id] = _plain(check, "not_planned", said)
    return found


def _plain(check: Check, outlook: Outlook, reason: str, **more: Any) -> CheckPlan:
    return CheckPlan(
        check=check.id, metric=check.metric.name, severity=check.severity,
        required=str(check.criterion or ""), outlook=outlook, reason=reason, **more,
    )  # fmt: skip


def _without_n(check: Check, sizes: Mapping[str, int], opened: Opened) -> CheckPlan | None:
    """The plan of a check to which no number of rows belongs; None for the others."""
    collection = check.metric.collection()
    table = check.spec.data or check.spec.on
    rows = sizes.get(table)
    if check.criterion is None:
        return _plain(check, "reported", "Nothing is required of it.", rows_on_hand=rows)
    if isinstance(collection, Artefact):
        return _plain(check, "census", "The model's files are looked at as they are.")
    if check.claim == "batch" or check.metric.interval == "census":
        speaks = "speaks of these rows" if check.claim == "batch" else "has no sampling error"
        counted = f"all {rows:,} rows" if rows is not None else "all rows"
        return _plain(
            check, "census", f"It {speaks}, and counts {counted}.",
            n_on_hand=rows, n_needed=rows, rows_on_hand=rows, rows_needed=rows,
        )  # fmt: skip
    if rows == 0:
        samples = isinstance(collection, Asks)
        said = f"{table!r} has no samples." if samples else f"The table {table!r} has no rows."
        return _plain(check, "not_planned", said, rows_on_hand=0)
    schema = opened.tables[table].schema if isinstance(collection, Rows) else None
    reason = check.metric.applicable(schema) if schema is not None else None
    return _plain(check, "not_planned", reason) if reason is not None else None


def _clustered(check: Check, opened: Opened) -> bool:
    name = check.spec.data or check.spec.on
    spec = opened.suite.subjects.get(name)
    return opened.cluster(name) is not None or (isinstance(spec, TableSpec) and bool(spec.cluster))


def _repeats(check: Check, suite: Suite) -> int:
    """Answers to each sample, where the check is of a language model."""
    spec = suite.subjects.get(check.spec.on)
    return spec.repeats if isinstance(spec, LanguageModelSpec) else 1


def _planned(
    check: Check,
    known: Sequence[Known],
    evidence: Evidence | None,
    sizes: Mapping[str, int],
    opened: Opened,
    together: int,
    assumptions: Assumptions,
) -> CheckPlan:
    table = check.spec.data or check.spec.on
    wish = check.metric.collection()
    rows = wish.repeats if isinstance(wish, Latency) else sizes.get(table)
    rows = wish.requests if isinstance(wish, Load) else rows
    rows = usable(wish, rows, opened.suite.gate)
    if not known:
        return _plain(check, "unknown", why_unknown(check, evidence, opened), rows_on_hand=rows)
    criterion = _decidable(check)
    if criterion is None:
        reason = f"{check.metric.name} has no better direction, so nothing can be worse."
        return _plain(check, "not_planned", reason, rows_on_hand=rows)
    suite = opened.suite
    corrected = together if suite.gate.correction != "none" else 1
    alpha = suite.gate.false_alarm / max(corrected, 1)
    rates = Rates(alpha=alpha, power=assumptions.power)
    effect = assumptions.effect(check.id)
    keys = [look_ahead(k, criterion, rates, effect=effect) for k in known]
    worst = min(keys, key=lambda k: (_WORST.index(k.outlook), -_strain(k)))
    needed = worst.n_needed
    return CheckPlan(
        check=check.id,
        metric=check.metric.name,
        severity=check.severity,
        required=str(check.criterion),
        outlook=worst.outlook,
        reason=reason_of(worst, keys, rows),
        n_on_hand=worst.n_on_hand,
        n_needed=needed,
        rows_on_hand=rows,
        rows_needed=rows_needed(worst, rows),
        detectable=worst.detectable,
        basis=worst.basis,
        level=1 - alpha,
        together=max(corrected, 1),
        effect=effect,
        keys=keys,
    )


def _decidable(check: Check) -> Decidable | None:
    criterion = check.criterion
    if not isinstance(criterion, NoWorseThan):
        assert criterion is not None
        return criterion
    better = check.metric.higher_is_better
    return None if better is None else criterion.on_difference(higher_is_better=better)


def _strain(key: KeyPlan) -> float:
    """How much it needs beside what there is."""
    if key.n_needed is None or not key.n_on_hand:
        return math.inf
    return key.n_needed / key.n_on_hand
