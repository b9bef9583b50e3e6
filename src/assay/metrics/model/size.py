"""How many bytes a model takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.collection import Artefact
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import BYTES
from assay.inference.interval import census
from assay.states import Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_BYTES = Sample(of=(Column(BYTES),))


@metric(
    "model.size",
    unit="bytes",
    higher_is_better=False,
    formula="sum of the sizes of the model's files",
    interval="census",
    reference="st_size of POSIX stat (IEEE Std 1003.1)",
    example={},
    claim="batch",
)
class Size(Metric):
    """Bytes of the files that the model is stored in, weights beside it included.

    Files are counted, not sampled: there is no interval.
    """

    def collection(self) -> Artefact:
        return Artefact()

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (_BYTES,)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[_BYTES]
        if state.n == 0:
            return (Unmeasured(reason="the model is not stored in a file"),)
        (sizes,) = state.arrays()
        return (census(float(sizes.sum()), n=state.n, unit=self.unit),)
