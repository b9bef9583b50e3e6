"""Scores of samples and of their variants, laid side by side."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping  # at run time: the hints of metrics are resolved
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, structs

from assay import scorers
from assay.core.binding import bind
from assay.core.collection import Hashed, Scores
from assay.core.errors import SuiteError
from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.metric import Metric
from assay.core.schema import CLUSTER, SCORE
from assay.inference.interval import Interval
from assay.inference.unanswered import worst_case
from assay.metrics import find
from assay.states import Frequencies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Measurement
    from assay.core.schema import Schema
    from assay.core.scorer import Scorer
    from assay.states import FrequenciesState

ORIGINAL, VARIANT = "original", "variant"
"""Metadata of variants: the id of the sample as it is, and what was done to it; of the sample as it
is, the variant is `original` too."""
NONE = "there are no variants of these samples: write `variants: [...]` with them"
_MOST = 2_000_000

ScorerName = Annotated[str, Meta(description="Registered scorer that says how good an answer is.")]
Settings = Annotated[Mapping[str, Any], Meta(description="Parameters of the scorer, by name.")]


def scored_by(scorer: str, settings: Mapping[str, Any]) -> Scores:
    """What a scorer with these parameters says: the very wish that its own check has.

    Raises:
        ValueError: there is no such scorer, or it has no such parameters.
    """
    try:
        scorers.find(scorer)
        wanted = bind(find(f"llm.{scorer}"), settings).collection()
    except SuiteError as error:
        raise ValueError(error.message) from None
    assert isinstance(wanted, Scores)  # a scorer's own check
    return wanted


def scorer_of(wanted: Scores) -> Scorer:
    """The scorer that is wished for."""
    return scorers.find(wanted.scorer)(**dict(wanted.params))


@dataclass
class Question:
    """A sample in all its wordings.

    Attributes:
        cluster: that it belongs to.
        scores: of the answers to each wording; None where no answer could be scored.
    """

    cluster: object
    scores: dict[str, list[float | None]] = field(default_factory=lambda: defaultdict(list))

    def mean(self, variant: str) -> float | None:
        """Of all copies of a variant; None where one of them has no score, or there is none."""
        known = [s for s in self.scores.get(variant, ()) if s is not None]
        if not known or len(known) < len(self.scores[variant]):
            return None
        return math.fsum(known) / len(known)


class OverVariants(Metric):
    """Base of the checks of how much wording matters: they pair variants with their originals."""

    scorer: str
    settings: Mapping[str, Any]

    own_clusters = True
    reads = (ORIGINAL, VARIANT)

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", Hashed(self.settings))
        scorer = scorer_of(self.collection())
        if scorer.higher_is_better is None:
            raise ValueError(f"of {self.scorer!r}, neither more nor less is better")
        if not all(map(math.isfinite, scorer.bounds())):
            raise ValueError(f"the scores of {self.scorer!r} have no bounds")

    def collection(self) -> Scores:
        return scored_by(self.scorer, self.settings)

    def most_rows(self, schema: Schema) -> int:
        return _MOST

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._rows(schema),)

    def _rows(self, schema: Schema) -> Frequencies:
        cluster = ORIGINAL if schema.find(CLUSTER) is None else CLUSTER
        of = tuple(Column(name) for name in (cluster, ORIGINAL, VARIANT, SCORE))
        known = [call("not_null", Column(name)) for name in (ORIGINAL, VARIANT)]
        return Frequencies(of=of, where=call("and", *known))

    def questions(self, fold: Fold) -> list[Question]:
        """The samples with their wordings, in the order of their ids."""
        found = _questions(fold[self._rows(fold.schema)])
        return [question for _, question in sorted(found.items())]

    def bounds(self) -> tuple[float, float]:
        """Least and greatest score."""
        return scorer_of(self.collection()).bounds()

    def worse(self) -> float:
        """1 where a smaller score is the worse one, -1 where a larger one is."""
        return 1.0 if scorer_of(self.collection()).higher_is_better else -1.0

    def failing(self, schema: Schema) -> Expr | None:
        """Variants whose answers are not all as good as can be."""
        low, high = self.bounds()
        bad = (
            call("lt", Column(SCORE), high) if self.worse() > 0 else call("gt", Column(SCORE), low)
        )
        return call("and", call("ne", Column(VARIANT), ORIGINAL), bad)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        questions = self.questions(fold)
        names = variants_of(questions)
        if not names:
            return ()
        rows: list[list[str | int | float | bool | None]] = []
        for name in (ORIGINAL, *names):
            means = [m for q in questions if (m := q.mean(name)) is not None]
            pairs = paired(questions, name)[0]
            down = sum(self.worse() * (a - b) > 0 for a, b, _ in pairs)
            up = sum(self.worse() * (a - b) < 0 for a, b, _ in pairs)
            mean = math.fsum(means) / len(means) if means else None
            moved = (None, None) if name == ORIGINAL else (down, up)
            rows.append([name, len(means), mean, *moved])
        columns = ["wording", "samples", "mean score", "became worse", "became better"]
        return (Table(title=f"{self.scorer} by wording", columns=columns, rows=rows),)


def _questions(rows: FrequenciesState) -> dict[str, Question]:
    found: dict[str, Question] = {}
    for (cluster, original, variant, score), times in rows.counts:
        question = found.setdefault(str(original), Question(cluster))
        value = None if score is None else float(score)
        question.scores[str(variant)] += [value] * times
    return found


def variants_of(questions: Sequence[Question]) -> list[str]:
    """Names of the variants that occur, the original not among them."""
    return sorted({name for q in questions for name in q.scores} - {ORIGINAL})


def paired(
    questions: Sequence[Question], variant: str
) -> tuple[list[tuple[float, float, object]], int]:
    """Score as it is, mean score in the variant, and cluster of each sample that has both; and how
    many samples should have both."""
    both = [q for q in questions if ORIGINAL in q.scores and variant in q.scores]
    pairs = [(q.mean(ORIGINAL), q.mean(variant), q.cluster) for q in both]
    return [(a, b, c) for a, b, c in pairs if a is not None and b is not None], len(both)


def unknown_too(
    m: Measurement, asked: int, *, low: float, high: float, least: float | None = None
) -> Measurement:
    """A mean of ``m.n`` known values, widened as far as those that are not known could move it.

    Args:
        asked: how many values there are, known or not.
        low, high: between which each of them lies.
        least: the least value that ``m`` can have, where that is not ``low``: distances between
            means are not negative, though what is not known may shorten them.
    """
    if m.n >= asked:
        return m
    known = Interval(
        -math.inf if m.low is None else m.low, math.inf if m.high is None else m.high, m.method
    )
    found = worst_case(known, m.n, asked, low=low, high=high, value=m.value, level=m.level)
    lower = found.low if least is None else max(found.low, least)
    return structs.replace(
        m, low=min(lower, m.value), high=max(found.high, m.value), method=found.method
    )
