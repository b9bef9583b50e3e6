"""Families: measurements judged together, each at the level that its procedure asks for.

A wrong verdict (``pass`` though the truth misses the criterion, ``fail`` though it meets it) needs
an interval that misses the truth. So what is said of intervals holds for verdicts:

- ``holm``: the step-down procedure of Holm (1979, Scand J Stat 6:65) on intervals. With m
  measurements, those whose interval at level 1 - alpha/m is decided are settled; the rest are
  tried at 1 - alpha/(m - settled), and so on until none is settled any more. An interval excludes
  a bound exactly where the test of it rejects. The probability of any wrong settled verdict in the
  family is at most alpha, however the measurements depend on each other.
- ``bh``: the step-up procedure of Benjamini & Hochberg (1995, J R Stat Soc B 57:289) on intervals:
  settled are the R whose interval at level 1 - alpha R/m is decided, for the greatest such R.
  These are the intervals of Benjamini & Yekutieli (2005, JASA 100:71): the expected share, among
  the settled, of those that miss the truth is at most alpha, and with it the expected share of
  wrong verdicts; for measurements that are independent or positively dependent.
- ``by``: the same with alpha / (1 + 1/2 + ... + 1/m), under any dependence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.collection import Artefact, Latency
from assay.core.measurement import Estimate, Measurement
from assay.core.result import Correction
from assay.inference.multiplicity import selected_level
from assay.runner.needed import ROWS, Ground

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay.core.check import CheckSpec, GatePolicy
    from assay.core.criterion import Decidable
    from assay.core.evidence import Evidence
    from assay.core.metric import Metric

KeyText = tuple[tuple[str, str], ...]
Uncertain = set[tuple[int, KeyText]]
"""Measurements with an interval: the position of the case, and the key within it."""
Found = dict[KeyText, Estimate]


def _rows(_: Measurement) -> Ground:
    return ROWS


@dataclass(frozen=True)
class Case:
    """One check before the judge.

    Attributes:
        criterion: None where the check only reports.
        criterion_text: the criterion in words (of the check; a baseline is named there).
        estimate: estimates at a confidence level; the same keys at every level.
        evidence: of what the estimates rest on, beside that of the check's own rows.
        ground: what a measurement rests on.
    """

    criterion: Decidable | None
    criterion_text: str
    estimate: Callable[[float], tuple[Estimate, ...]]
    evidence: tuple[Evidence, ...] = ()
    ground: Callable[[Measurement], Ground] = _rows


def default_family(spec: CheckSpec, metric: Metric, name: str, *, spread: bool) -> str:
    """The family of a check that names none: what was asked in one breath.

    That of the metric where it has one; all slices of a subject, whatever is measured on them; all
    columns that one metric is asked about; else the check alone.
    """
    if metric.family is not None:
        return metric.family
    subject = f"{spec.on}@{spec.data}" if spec.data else spec.on
    if spec.by and not isinstance(metric.collection(), Latency | Artefact):
        return f"slices of {subject}"
    return f"columns of {subject}/{spec.metric}" if spread else name


def settle(
    family: Sequence[Case], policy: GatePolicy
) -> list[tuple[tuple[Estimate, ...], Correction | None]]:
    """Estimates of each case at the levels at which they are decided, or were tried last.

    Beside them how that was corrected: None where nothing was judged together.
    """
    alpha = policy.false_alarm
    estimates = [_keyed(case.estimate(1 - alpha)) for case in family]
    uncertain: Uncertain = {
        (i, key)
        for i, found in enumerate(estimates)
        for key, e in found.items()
        if isinstance(e, Measurement) and e.level is not None and family[i].criterion is not None
    }
    if len(uncertain) > 1:  # one hypothesis needs no correction
        if policy.correction == "holm":
            _step_down(family, estimates, uncertain, alpha)
        elif policy.correction != "none":
            _step_up(family, estimates, uncertain, alpha, dependent=policy.correction == "by")
    return [
        (tuple(found.values()), _correction(i, found, uncertain, policy))
        for i, found in enumerate(estimates)
    ]


def _step_down(
    family: Sequence[Case], estimates: list[Found], uncertain: Uncertain, alpha: float
) -> None:
    """Holm's procedure; ``estimates`` end at the level at which each was settled, or tried last."""
    left = set(uncertain)
    while left:
        settled = _decided(family, estimates, left, 1 - alpha / len(left))
        if not settled:
            return
        left -= settled


def _step_up(
    family: Sequence[Case],
    estimates: list[Found],
    uncertain: Uncertain,
    alpha: float,
    *,
    dependent: bool,
) -> None:
    """Benjamini-Hochberg's; ``estimates`` end at the level at which so many are decided.

    No number between those decided and those aimed at could be the one, so the next aim is the
    former: a stricter level decides no more.
    """
    aim = len(uncertain)
    while aim:
        level = selected_level(aim, len(uncertain), alpha, dependent=dependent)
        settled = _decided(family, estimates, uncertain, level)
        if len(settled) >= aim:
            return
        aim = len(settled)


def _decided(
    family: Sequence[Case], estimates: list[Found], among: Uncertain, level: float
) -> Uncertain:
    """Which of them are decided at the level, at which their ``estimates`` are from then on."""
    settled: Uncertain = set()
    for i in sorted({i for i, _ in among}):
        criterion = family[i].criterion
        at_level = _keyed(family[i].estimate(level))
        for key in [key for j, key in among if j == i]:
            measurement = estimates[i][key] = at_level[key]
            if (
                criterion is not None
                and isinstance(measurement, Measurement)
                and criterion.decide(measurement) != "straddles"
            ):
                settled.add((i, key))
    return settled


def _correction(
    position: int, found: Found, uncertain: Uncertain, policy: GatePolicy
) -> Correction | None:
    own = [found[key] for i, key in uncertain if i == position]
    levels = [e.level for e in own if isinstance(e, Measurement) and e.level is not None]
    if len(uncertain) < 2 or not levels:
        return None
    return Correction(method=policy.correction, size=len(uncertain), level=max(levels))


def _keyed(estimates: tuple[Estimate, ...]) -> Found:
    return {tuple(e.key.items()): e for e in estimates}
