"""How much memory a served language model takes under load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.core.schema import LEVEL, LOOP, RESIDENT
from assay.inference.interval import census
from assay.metrics.llm.under_load import (
    NO_CALLS,
    Levels,
    Rates,
    Requests,
    Seconds,
    UnderLoad,
)
from assay.states import Extremes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_MEMORY = Extremes(of=Column(RESIDENT), by=(Column(LOOP), Column(LEVEL)))
_ELSEWHERE = (
    "the memory of what serves this model is not known: it is not on this machine, or another "
    "user's, or there is no /proc"
)


@metric(
    "llm.load_memory",
    unit="bytes",
    higher_is_better=False,
    formula="greatest resident memory of the serving processes at the end of a call",
    interval="census",
    reference="Linux, proc(5): /proc/pid/statm",
    example={"concurrency": [4]},
    claim="batch",
)
class LoadMemory(UnderLoad):
    """Greatest resident memory of the processes that serve the model, under each load.

    They are those that listen at the model's port, with their descendants, where they run on this
    machine (Linux); of a Python callable or weights in this process, this process with all that it
    holds. Memory of an accelerator is not in it.
    """

    concurrency: Levels = ()
    rate: Rates = ()
    requests: Requests = 200
    seconds: Seconds = None

    def aggregates(self, schema: Schema) -> Sequence[Aggregate[Any]]:
        return *super().aggregates(schema), _MEMORY

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        seen = {(str(k[0]), float(k[1] or 0)): m for k, m in fold.groups(_MEMORY).items() if m.n}
        found: list[Estimate] = []
        for under in self.under(fold):
            memory = seen.get((under.loop, under.level))
            if memory is None or memory.greatest is None:
                found.append(Unmeasured(reason=_ELSEWHERE, key=under.key))
            else:
                found.append(census(memory.greatest, n=memory.n, unit=self.unit, key=under.key))
        return tuple(found) or (Unmeasured(reason=NO_CALLS),)
