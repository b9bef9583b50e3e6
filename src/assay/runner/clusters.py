"""Rows that come in clusters: which leave the table together, and what intervals follow.

Where a table declares its `cluster`, what its checks fold is folded by groups of whole clusters: in
the scan that there is anyway, which then needs nothing else, since the groups merge to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.core.errors import SuiteError
from assay.core.expr import Column, call
from assay.core.measurement import Estimation, Measurement
from assay.inference.cluster_jackknife import cluster_interval
from assay.inference.interval import Interval, measured
from assay.runner.leave_out import Part, Question, key_of, without_each
from assay.runner.provenance import check_seed
from assay.runner.time_blocks import span_text
from assay.states import Count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Key
    from assay.core.check import Check
    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.runner.leave_out import KeyText

States = dict["Aggregate[Any]", dict["Key", Any]]

ALONE = 100
"""Up to so many clusters each is a group of its own."""

_GROUPS, _FEW_GROUPS, _LARGE = 50, 20, 100_000
# Methods of metrics that lie between 0 and 1, by how their names begin.
_SHARES = ("wilson", "dirichlet", "delong", "newcombe", "logit", "boyd")


@dataclass(frozen=True)
class Clusters:
    """The clusters of a table.

    Attributes:
        column: that marks them.
        name: of that column in the suite's table.
        n: how many there are; rows without a cluster are one.
        rows: of the table.
        without: rows whose cluster is null.
        block: seconds of the blocks that clusters are put into which are dates or times.
    """

    column: str
    name: str
    n: int
    rows: int
    without: int = 0
    block: float | None = None

    @property
    def group(self) -> Expr:
        """The group of a row: its cluster, or one of some fifty that a hash puts clusters into.

        Of dates and times: its block.
        """
        if self.block is not None:
            return call("floor", call("div", call("number", Column(self.column)), self.block))
        if self.n <= ALONE:
            return Column(self.column)
        groups = _GROUPS if self.rows <= _LARGE else _FEW_GROUPS
        return call("floor", call("mul", call("lot", Column(self.column)), groups))

    def said(self, whose: str, verb: str) -> list[str]:
        """What a person should know of them.

        Args:
            whose: rows these are.
            verb: what becomes of a group for the interval: it is left out, or drawn.
        """
        if self.block is not None:
            how = f"{verb} in blocks of {span_text(self.block)}"
        elif self.n <= ALONE:
            how = f"each {verb} in turn"
        else:
            how = f"{verb} in groups of whole clusters"
        said = [f"{whose} come in {self.n:,} clusters ({self.name!r}), {how} for the interval."]
        if self.without:
            said.append(f"{self.without:,} rows without a {self.name!r} count as one cluster.")
        return said if self.n > 1 else []


def question_of(check: Check, schema: Schema, clusters: Clusters, seed: int = 0) -> Question:
    """What is folded for the check, by groups of clusters.

    Raises:
        SuiteError: no interval of the metric is known that respects clusters.
    """
    spec = check.spec
    own = check_seed(seed, check.id)
    question = Question(check.metric, spec.where, spec.by or ((),), own, clusters.group)
    metric = check.metric
    refused = not metric.jackknife or metric.compares or not question.smooth(schema)
    if refused and not metric.clustered:
        raise SuiteError(
            f"The rows come in clusters ({clusters.name!r}), and for {check.metric.name} no "
            "interval is known here that respects them: one for independent rows would be too "
            "narrow.",
            check_id=check.id,
            hint="Judge these rows as they are (`claim: batch`), or leave `cluster` out."
            if metric.countable
            else "Name the same table once more without `cluster`, and let this check read that "
            "one: its interval then takes the rows as independent.",
        )
    return question


@dataclass
class Clustered:
    """A check's folded states by groups of clusters, and the intervals that follow."""

    question: Question
    schema: Schema
    clusters: Clusters
    parts: Mapping[KeyText, Mapping[Any, Part]]
    _left_out: dict[KeyText, dict[KeyText, NDArray[np.float64]]] = field(default_factory=dict)

    def interval(self, m: Measurement, own: Mapping[str, str], how: Estimation) -> Measurement:
        """The measurement with an interval that respects clusters.

        Args:
            m: as the metric measures it, with its own key.
            own: the key of the slice.
        """
        import numpy as np

        if m.level is None:
            return m
        sizes = np.array([part.n for part in self.parts.get(key_of(own), {}).values()])
        left = self._without(key_of(own)).get(key_of(m.key), np.full(len(sizes), np.nan))
        low = -np.inf if m.low is None else m.low
        high = np.inf if m.high is None else m.high
        least, most = self.question.metric.ends()
        share = m.method.startswith(_SHARES) and low >= least and high <= most
        at, width = (least, most - least) if share else (0.0, 1.0)
        lower, upper, method = cluster_interval(
            (m.value - at) / width, (left - at) / width, sizes,
            Interval((low - at) / width, (high - at) / width, m.method),
            level=how.level, share=share,
        )  # fmt: skip
        interval = Interval(
            min(at + width * lower, m.value), max(at + width * upper, m.value), method
        )
        return measured(m.value, interval, n=m.n, how=how, unit=m.unit, key=dict(m.key))

    def remark(self) -> str:
        """That clusters are too few for an interval, where they are."""
        alone = [key for key, parts in self.parts.items() if len(parts) == 1]
        if self.clusters.n == 1 or () in alone:
            return (
                f"All rows are of one cluster ({self.clusters.name!r}), so nothing is known of how "
                "clusters differ."
            )
        if alone:
            first = ", ".join(f"{name}={value}" for name, value in alone[0])
            more = f", and of {len(alone) - 1} more," if len(alone) > 1 else ""
            return f"All rows of {first}{more} are of one cluster ({self.clusters.name!r})."
        return ""

    def _without(self, key: KeyText) -> dict[KeyText, NDArray[np.float64]]:
        """Values without each group; they hang on no level, so they are found once."""
        if key not in self._left_out:
            parts = list(self.parts.get(key, {}).values())
            self._left_out[key] = without_each(self.question, self.schema, parts)
        return self._left_out[key]


def whole(question: Question, schema: Schema, states: States) -> States:
    """States of the whole and of slices, from those by group: under the plain aggregates."""
    found: States = {}
    for slicing in question.slicings:
        by = tuple(Column(name) for name in slicing)
        for aggregate in (Count(), *question.metric.aggregates(schema)):
            grouped = states[aggregate.within(question.filter, (question.group, *by))]
            several: dict[Key, list[Any]] = {}
            for key, state in grouped.items():
                several.setdefault(key[1:], []).append(state)
            found[aggregate.within(question.filter, by)] = {
                key: _merged(some) for key, some in several.items()
            }
    return found


def _merged(states: Sequence[Any]) -> Any:
    """All of them together; neighbours first, so that no state is copied often."""
    if len(states) == 1:
        return states[0]
    middle = len(states) // 2
    return _merged(states[:middle]).merge(_merged(states[middle:]))
