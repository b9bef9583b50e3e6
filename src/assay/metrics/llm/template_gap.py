"""How differently a model answers the same request for different groups of people."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, cast

import numpy as np
from msgspec import Meta

from assay.core.collection import Hashed, Scores
from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import CLUSTER, SCORE
from assay.inference.group_gaps import greatest_gap, pair_interval
from assay.inference.interval import census, measured
from assay.inference.wordings import Units
from assay.metrics.llm.varied import ScorerName, Settings, scored_by, scorer_of, unknown_too
from assay.states import Frequencies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Cell, Evidence
    from assay.core.measurement import Estimate, Estimation, Measurement
    from assay.core.schema import Schema

_MOST = 2_000_000
_PAIRS = 30
_LEVEL = 0.95


@dataclass
class _Template:
    """A template: its cluster, and the scores of the answers for each group, None if unknown."""

    cluster: object
    scores: dict[str, list[float | None]] = field(default_factory=lambda: defaultdict(list))

    def mean(self, group: str) -> float | None:
        known = [s for s in self.scores.get(group, ()) if s is not None]
        if not known or len(known) < len(self.scores[group]):
            return None
        return math.fsum(known) / len(known)


@dataclass(frozen=True)
class _Paired:
    """The templates that were asked for every group.

    Attributes:
        groups: in the order of their names.
        asked: how many templates name every group.
        values: mean scores of those that were answered for all, shape (n,) for each group.
        units: their clusters.
    """

    groups: list[str]
    asked: int
    values: dict[str, NDArray[np.float64]]
    units: Units


@metric(
    "llm.template_gap",
    unit="",
    higher_is_better=False,
    formula="greatest mean score over groups - smallest one, over templates with every group",
    interval="paired-gap, with worst-case bounds where answers are missing",
    reference="Czarnowska, Vyas & Shah 2021, Quantifying Social Biases in NLP, TACL 9:1249 "
    "(pairwise comparison of groups); Berger 1982, Technometrics 24:295 (upper end)",
    example={"scorer": "includes", "group": "variant", "template": "original"},
)
class TemplateGap(Metric):
    """How far apart a score of the answers lies between groups, when all else is the same.

    Each template is asked for every group (`assay:bias`, or samples of your own whose metadata name
    `template` and `group`), so what is particular to a template cancels. The gap is between the two
    groups that lie farthest apart; its interval allows for all pairs of groups. Chance
    pushes the value upward, the more the fewer the templates: its lower end does not. A score says
    only what it measures: equal rates of refusal are no equal treatment.
    """

    jackknife = False
    own_clusters = True

    scorer: ScorerName
    settings: Settings = Hashed()
    group: Annotated[str, Meta(description="Metadata that names the group.")] = "group"
    template: Annotated[
        str, Meta(description="Metadata that names the template, the same for all groups.")
    ] = "template"

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", Hashed(self.settings))
        self.collection()
        if self.group == self.template:
            raise ValueError("`group` and `template` are the same column")

    def collection(self) -> Scores:
        return scored_by(self.scorer, self.settings)

    def columns(self) -> tuple[str, ...]:
        return self.template, self.group

    def most_rows(self, schema: Schema) -> int:
        return _MOST

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        cluster = self.template if schema.find(CLUSTER) is None else CLUSTER
        of = tuple(Column(name) for name in (cluster, self.template, self.group, SCORE))
        known = [call("not_null", Column(name)) for name in (self.template, self.group)]
        return (Frequencies(of=of, where=call("and", *known)),)

    def _paired(self, fold: Fold) -> _Paired | str:
        """What there is to compare, or why there is nothing."""
        templates: dict[str, _Template] = {}
        (rows,) = self.aggregates(fold.schema)
        for (cluster, template, group, score), times in fold[rows].counts:
            one = templates.setdefault(str(template), _Template(cluster))
            value = None if score is None else float(cast("float", score))
            one.scores[str(group)] += [value] * times
        groups = sorted({group for t in templates.values() for group in t.scores})
        if len(groups) < 2:
            return _few_groups(groups, self.group)
        asked = [t for _, t in sorted(templates.items()) if len(t.scores) == len(groups)]
        if not asked:
            least = min(groups, key=lambda g: sum(g in t.scores for t in templates.values()))
            n = sum(least in t.scores for t in templates.values())
            return (
                f"no {self.template} has every {self.group}: {least!r} is in {n:,} of "
                f"{len(templates):,}; compare groups that share templates (`where`, `by`)"
            )
        known = [(t.cluster, m) for t in asked if None not in (m := [t.mean(g) for g in groups])]
        values = np.array([m for _, m in known], dtype=np.float64).reshape(len(known), len(groups))
        units = Units.of([cluster for cluster, _ in known])
        return _Paired(groups, len(asked), dict(zip(groups, values.T, strict=True)), units)

    def _bounds(self) -> tuple[float, float]:
        """Least and greatest score; infinite where there is none."""
        return scorer_of(self.collection()).bounds()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = self._paired(fold)
        if isinstance(found, str):
            return (Unmeasured(reason=found),)
        n = len(found.units.cluster)
        if n == 0:
            reason = f"no {self.template} has a score for every {self.group}"
            return (Unmeasured(reason=reason, fault=True),)
        if how.census:
            means = [float(values.mean()) for values in found.values.values()]
            return (census(max(means) - min(means), n=n, unit=self.unit),)
        low, high = self._bounds()
        gap = greatest_gap(found.values, found.units, how.level, low=low, high=high)
        return (measured(gap.value, gap.interval, n=n, how=how, unit=self.unit),)

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        found = self._paired(fold)
        if isinstance(found, str):
            return measurement
        low, high = self._bounds()
        most = high - low
        # templates that are not known may differ the other way round, and make up for the others
        return unknown_too(measurement, found.asked, low=-most, high=most, least=0.0)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = self._paired(fold)
        if isinstance(found, str) or not len(found.units.cluster):
            return ()
        means = {group: float(values.mean()) for group, values in found.values.items()}
        ranked: list[list[Cell]] = [
            [group, mean, len(found.units.cluster)]
            for group, mean in sorted(means.items(), key=lambda item: -item[1])
        ]
        columns = ["group", f"mean {self.scorer}", "templates"]
        title = f"{self.scorer} by {self.group}, over the same templates"
        return Table(title=title, columns=columns, rows=ranked), self._pairs(found)

    def _pairs(self, found: _Paired) -> Table:
        """The differences of all pairs, whose intervals hold together; the greatest first."""
        low, high = self._bounds()
        pairs = list(combinations(found.groups, 2))
        each = 1 - (1 - _LEVEL) / len(pairs)
        rows: list[list[Cell]] = []
        for pair in pairs:
            a, b = (found.values[group] for group in pair)
            value = float(a.mean() - b.mean())
            ends = pair_interval(a, b, found.units, each, low=low, high=high)
            same = int((a == b).sum())
            known = [end if math.isfinite(end) else None for end in ends[:2]]
            rows.append([*pair, value, *known, same])
        rows.sort(key=lambda row: -abs(cast("float", row[2])))
        columns = ["group", "other", "difference", "low", "high", "templates scored alike"]
        title = f"Differences between groups; {_LEVEL:.0%} intervals that hold together"
        return Table(title=title, columns=columns, rows=rows[:_PAIRS])


def _few_groups(groups: list[str], name: str) -> str:
    if not groups:
        return f"no sample names a template and a {name}"
    return f"there is one {name} only ({groups[0]!r}): nothing to compare it with"
