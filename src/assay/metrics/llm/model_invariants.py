"""Whether a network on this machine does what every causal language model does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Component
from assay.core.evidence import Table
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.core.schema import DEVIATION, PART
from assay.inference.proportions import proportion
from assay.metrics.llm.parts import FAULTY, SoundShare
from assay.states import Count, Extremes

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

INVARIANTS = {
    "embeddings": "embeddings are finite numbers",
    "shape": "logits have the shape (batch, length, vocabulary)",
    "finite": "logits are finite numbers",
    "deterministic": "the same call gives the same logits",
    "padding": "padding that is masked changes nothing",
    "batch": "another text in the batch changes nothing",
    "causal": "later tokens do not change earlier logits",
}
_BY = (Column(PART),)
_TRIED = Count(by=_BY)
_FAULTY = Count(where=FAULTY, by=_BY)
_GREATEST = Extremes(of=Column(DEVIATION), by=_BY)


@metric(
    "llm.model_invariants",
    unit="share",
    higher_is_better=True,
    formula="samples for which the invariant holds / samples, for each invariant",
    interval="wilson",
    reference="Chen, Cheung & Yiu 1998, Metamorphic Testing, HKUST-CS98-01; Vaswani et al. 2017, "
    "arXiv:1706.03762 (mask); Wilson 1927, JASA 22:209",
    example={},
    claim="batch",
)
class ModelInvariants(SoundShare):
    """Share of samples for which each invariant of a causal language model holds.

    For weights on this machine (`llm: transformers:FOLDER`). Embeddings and logits are finite;
    logits have one row a token and one column a word of the vocabulary; and they stay the same when
    the model is called again, when the text is padded before it and masked, when another text is in
    the batch, and, of earlier tokens, when later ones change. No answer is made. A model that was
    quantised, patched, merged or exported badly fails here before its answers look strange.
    """

    samples: Annotated[int, Meta(ge=1, description="Samples that are tried, at most.")] = 8
    tolerance: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description="Greatest deviation of a logit, as a share of the greatest; else it goes "
            "by the precision of the weights (float32: 0.0001)."
        ),
    ] = None

    def collection(self) -> Component:
        return Component("invariants", self.samples, self.tolerance)

    def aggregates(self, schema: Schema) -> tuple[Count | Extremes, ...]:
        return _TRIED, _FAULTY, _GREATEST

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        tried, faulty = self._counts(fold)
        if not tried:
            return (Unmeasured(reason="nothing was tried"),)
        found: list[Estimate] = []
        for part in dict.fromkeys((*INVARIANTS, *tried)):
            n, key = tried.get(part, 0), {"invariant": part}
            why = "no sample's logits are numbers, or none is long enough"
            found.append(proportion(n - faulty.get(part, 0), n, how, key=key, empty=why))
        return tuple(found)

    def _counts(self, fold: Fold) -> tuple[dict[str, int], dict[str, int]]:
        """How often each invariant was tried, and how often it did not hold."""
        found = {str(key[0]): state.n for key, state in fold.groups(_TRIED).items() if state.n}
        tried = {part: found[part] for part in (*INVARIANTS, *sorted(found)) if part in found}
        return tried, {str(key[0]): state.n for key, state in fold.groups(_FAULTY).items()}

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        tried, faulty = self._counts(fold)
        if not tried:
            return ()
        most = {str(key[0]): state.greatest for key, state in fold.groups(_GREATEST).items()}
        rows: list[list[str | int | float | bool | None]] = [
            [part, INVARIANTS.get(part, ""), n, n - faulty.get(part, 0), _number(most.get(part))]
            for part, n in tried.items()
        ]
        columns = ["invariant", "says that", "tried", "held", "greatest deviation"]
        return (Table(title="Invariants", columns=columns, rows=rows),)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
