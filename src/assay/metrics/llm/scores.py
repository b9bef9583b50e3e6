"""A check for each scorer: the mean of what it says of a model's answers.

Nothing here names a scorer: each that is registered becomes the metric ``llm.<name>``, with the
scorer's parameters.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, get_type_hints

from assay import scorers
from assay.core.collection import Hashed
from assay.core.judged import JudgedScorer
from assay.core.metric import lookup, metric
from assay.inference.bounded_means import METHOD
from assay.metrics.llm.attacks import BESIDE
from assay.metrics.llm.judged_scores import METHOD as CORRECTED
from assay.metrics.llm.judged_scores import JudgedScore, Labels
from assay.metrics.llm.mean_scores import MeanScore, PassAll, PassAt, PassRate

if TYPE_CHECKING:
    from assay.core.scorer import Scorer


def _of(scorer: type[Scorer]) -> type[MeanScore]:
    """The metric of a scorer: its parameters are the scorer's."""
    hints = get_type_hints(scorer, include_extras=True)
    own = fields(scorer)  # type: ignore[arg-type]  # it is a dataclass: the decorator made it one
    body: dict[str, Any] = {
        "__doc__": scorer.__doc__,
        "__module__": scorer.__module__,
        "__annotations__": {f.name: hints[f.name] for f in own},
        "scorer": scorer,
        **{f.name: f.default for f in own if f.default is not MISSING},
    }
    if hasattr(scorer, "__post_init__"):
        body["__post_init__"] = _both_checked(scorer)
    if scorer.binary:
        body["__annotations__"] |= {"pass_at": PassAt, "pass_all": PassAll}
        body |= {"pass_at": None, "pass_all": None}
    base: type[MeanScore] = PassRate if scorer.binary else MeanScore
    interval = "wilson" if scorer.binary else METHOD
    if issubclass(scorer, JudgedScorer):
        body["__annotations__"] |= {"labels": Labels}
        body |= {"labels": None}
        base = JudgedScore
        interval = f"{METHOD}; {CORRECTED} with human labels"
    bases = (*BESIDE.get(scorer.name, ()), base)
    cls = type(f"{scorer.__name__}Score", bases, body)
    return metric(
        f"llm.{scorer.name}",
        unit=scorer.unit,
        higher_is_better=scorer.higher_is_better,
        formula=scorer.formula,
        interval=f"{interval}, with worst-case bounds where answers are missing",
        reference=scorer.reference,
        example=scorer.example,
    )(cls)


def _both_checked(scorer: type[Scorer]) -> Any:
    """A check of the parameters: the scorer's own, and what is added to them here."""

    def check(self: MeanScore) -> None:
        for name, value in self.parameters().items():
            if isinstance(value, dict):
                object.__setattr__(self, name, Hashed(value))
        scorer(**dict(self.collection().params))
        if isinstance(self, PassRate):
            PassRate.__post_init__(self)

    return check


def register_all() -> None:
    """Make a check of every scorer that has none yet, or was defined anew."""
    for name, scorer in scorers.load_all().items():
        held = lookup(f"llm.{name}")
        if held is None or getattr(held, "scorer", scorer) is not scorer:
            _of(scorer)


register_all()
