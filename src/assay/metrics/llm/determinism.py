"""How often a model gives the same answer to the same question."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import numpy as np
from msgspec import Meta

from assay.core.collection import Generations
from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import CLUSTER, ERROR, OUTPUT, TOOL_CALLS, UNIT
from assay.inference.interval import census, measured
from assay.inference.wordings import Units, share_of_units
from assay.metrics.llm.varied import unknown_too
from assay.states import Frequencies

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation, Measurement
    from assay.core.schema import Schema

_SHOWN = 10
_MOST = 2_000_000


@dataclass
class _Sample:
    """Answers to one sample: how many of each kind, and how many did not come."""

    cluster: object
    answers: list[int] = field(default_factory=list)
    failed: int = 0

    @property
    def asked(self) -> int:
        return sum(self.answers) + self.failed

    @property
    def same(self) -> bool | None:
        """Whether all answers are the same; None where one that did not come may differ."""
        if len(self.answers) > 1:
            return False
        return None if self.failed or not self.answers else True


@metric(
    "llm.determinism",
    unit="share",
    higher_is_better=True,
    formula="samples whose repeated answers are all the same / samples asked repeatedly",
    interval="wilson or cluster-jackknife, with worst-case bounds where answers are missing",
    reference="Wilson 1927, JASA 22:209; Atil et al. 2024, Non-Determinism of 'Deterministic' LLM "
    "Settings, arXiv:2408.04667 (total agreement rate at N)",
    example={},
)
class Determinism(Metric):
    """Share of samples whose repeated answers are all the same, tool calls included.

    The model needs `repeats`. The more of them, the fewer samples agree in all: the number is part
    of the question. An answer of the cache was a call of its own in an earlier run, since each
    repeat is kept apart: it counts, and tells of that time.
    """

    exact: Annotated[
        bool, Meta(description="Letter by letter; else capitals and whitespace do not matter.")
    ] = True

    own_clusters = True

    def collection(self) -> Generations:
        return Generations()

    def most_rows(self, schema: Schema) -> int:
        return _MOST

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._answers(schema),)

    def _answers(self, schema: Schema) -> Frequencies:
        """Answers by sample, each told from others by its lot; null where none came."""
        text: Expr = Column(OUTPUT)
        if not self.exact:
            text = call("lower", call("trim", call("replace", text, r"\s+", " ")))
        parts = [text, *(Column(TOOL_CALLS) for _ in [0] if schema.find(TOOL_CALLS) is not None)]
        kind = call("case", call("is_null", Column(ERROR)), call("lot", *parts), None)
        cluster = UNIT if schema.find(CLUSTER) is None else CLUSTER
        return Frequencies(of=(Column(cluster), Column(UNIT), kind))

    def _samples(self, fold: Fold) -> dict[str, _Sample]:
        """Samples that were asked more than once, by id."""
        found: dict[str, _Sample] = {}
        for (cluster, unit, kind), times in fold[self._answers(fold.schema)].counts:
            sample = found.setdefault(str(unit), _Sample(cluster))
            if kind is None:
                sample.failed += times
            else:
                sample.answers.append(times)
        return {unit: sample for unit, sample in sorted(found.items()) if sample.asked > 1}

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        samples = list(self._samples(fold).values())
        if not samples:
            return (Unmeasured(reason="nothing was asked twice: give the model `repeats: 5`"),)
        known = [(same, s.cluster) for s in samples if (same := s.same) is not None]
        if not known:
            return (Unmeasured(reason="of no sample all answers came", fault=True),)
        holds = np.array([same for same, _ in known], dtype=np.float64)
        value = float(holds.mean())
        if how.census:
            return (census(value, n=len(holds), unit=self.unit),)
        interval = share_of_units(holds, Units.of([c for _, c in known]), how.level)
        return (measured(value, interval, n=len(holds), how=how, unit=self.unit),)

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        return unknown_too(measurement, len(self._samples(fold)), low=0.0, high=1.0)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        samples = [(unit, s) for unit, s in self._samples(fold).items() if len(s.answers) > 1]
        if not samples:
            return ()
        samples.sort(key=lambda item: (-len(item[1].answers), item[0]))
        rows: list[list[str | int | float | bool | None]] = [
            [unit, sum(s.answers), len(s.answers), max(s.answers)] for unit, s in samples[:_SHOWN]
        ]
        more = f" (of {len(samples):,})" if len(samples) > _SHOWN else ""
        columns = ["sample", "answers", "different", "most frequent"]
        return (
            Table(title=f"Samples with most different answers{more}", columns=columns, rows=rows),
        )
