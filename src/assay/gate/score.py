"""Scores: how good the data are, by dimension of data quality, in one figure each.

A score sums up; it decides nothing. Verdicts have error rates and a gate; a score is the weighted
mean of figures that are each between 0 and 1:

| the check                                 | counts as                                     |
| ----------------------------------------- | --------------------------------------------- |
| measures a share, of which more is better | the share; of several, their mean, by n       |
| measures a share, of which less is better | 1 minus that                                  |
| any other that passed, or failed          | 1, or 0                                       |
| any other that is inconclusive            | 1 where its values meet the criterion, else 0 |
| ended in an error, or was not run         | 0: what was not shown is not taken for good   |
| not applicable, or without a criterion    | left out, like a check of weight 0            |

A metric without a dimension takes no part. Differences to a baseline are no shares.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, get_args

from assay.core.criterion import NoWorseThan
from assay.core.metric import Dimension, lookup
from assay.core.result import Score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.criterion import Decidable
    from assay.core.measurement import Measurement
    from assay.core.result import Result

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)


def scores(results: Sequence[Result]) -> list[Score]:
    """The scores of a run: first the overall one, then one for each dimension that has checks.

    The overall score is the plain mean over those dimensions: a dimension with many checks does
    not drown the others. Without a dimension there is no score at all.
    """
    found = [score for name in DIMENSIONS if (score := _dimension(name, results)) is not None]
    if not found:
        return []
    overall = Score(
        dimension=None,
        value=math.fsum(score.value for score in found) / len(found),
        checks=sum(score.checks for score in found),
        weight=math.fsum(score.weight for score in found),
    )
    return [overall, *found]


def _dimension(name: Dimension, results: Sequence[Result]) -> Score | None:
    """The weighted mean over a dimension's checks; None where it has none that counts."""
    counted = [
        (r.weight, value)
        for r in results
        if r.dimension == name and r.weight > 0 and (value := check_score(r)) is not None
    ]
    if not counted:
        return None
    total = math.fsum(weight for weight, _ in counted)
    mean = math.fsum(weight * value for weight, value in counted) / total
    return Score(dimension=name, value=min(1.0, mean), checks=len(counted), weight=total)


def check_score(result: Result) -> float | None:
    """What one check counts, from 0 to 1; None where it is left out."""
    if result.criterion is None or result.verdict == "not_applicable":
        return None
    if result.verdict in ("error", "skipped"):
        return 0.0
    share = _share(result)
    if share is not None:
        return share
    if result.verdict == "inconclusive":
        held = result.judged_as or result.criterion
        if isinstance(held, NoWorseThan):
            return 0.0
        return float(all(_meets(m, held) for m in result.measurements))
    return float(result.verdict == "pass")


def _share(result: Result) -> float | None:
    """The measured share of what is good; None where the check measures something else."""
    cls = lookup(result.metric)
    if cls is None or cls.unit != "share" or cls.higher_is_better is None:
        return None
    if isinstance(result.criterion, NoWorseThan) or not result.measurements:
        return None
    rows = sum(m.n for m in result.measurements)
    mean = math.fsum(m.value * m.n for m in result.measurements) / rows
    good = mean if cls.higher_is_better else 1 - mean
    return min(1.0, max(0.0, good))


def _meets(measurement: Measurement, criterion: Decidable) -> bool:
    """Whether the value itself meets the criterion, whatever its interval."""
    return criterion.decide(measurement.as_census()) == "inside"
