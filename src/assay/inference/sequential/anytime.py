"""Any metric at every look: the level to ask its own interval at.

Metrics estimate at any level from the same states. So an interval that holds at all looks needs no
code in the metric: it is the metric's own interval, asked at a level that depends on how much of
the planned data has been seen. The shape of the interval (logit, log, Wilson) is kept.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.measurement import Estimation, Measurement
from assay.inference.interval import Interval, measured
from assay.inference.sequential.mixture import multiplier
from assay.inference.sequential.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.measurement import Estimate

STRICTEST = 1 - 1e-13
"""No interval is asked at more: quantiles beyond it are not distinguished by floats (z = 7.4). A
million looks at it add 1e-7 to the error."""

_SHARES = ("wilson", "clopper-pearson")


def anytime_level(fraction: float, level: float) -> float:
    """The level of an ordinary interval that makes a sequence of looks hold at ``level`` together.

    With ``z`` from the normal mixture (:func:`~assay.inference.sequential.mixture.multiplier`): at
    ``fraction`` 1 an interval of 99.76 % stands for one of 95 %.

    Args:
        fraction: rows so far over the rows that are planned at most; above 0, may exceed 1.

    Raises:
        ValueError: the fraction is not above 0, or the level not inside (0, 1).
    """
    z = float(multiplier(fraction, level))
    return min(max(math.erf(z / math.sqrt(2)), level), STRICTEST)


def anytime(
    estimate: Callable[[float], tuple[Estimate, ...]], level: float, *, fraction: float
) -> tuple[Estimate, ...]:
    """Estimates whose intervals hold at all looks together, with probability ``level`` each.

    Args:
        estimate: gives estimates at a level, the same keys at every level (``Case.estimate``).
        fraction: of the rows that are planned at most, how many these estimates rest on.

    The intervals of shares that rest on whole counts are replaced by the exact sequence: normal
    approximations do not reach as far into the tails as :func:`anytime_level` does. A census is
    left as it is. Methods are named with ``-anytime`` after them.
    """
    found = []
    for e in estimate(anytime_level(fraction, level)):
        if not isinstance(e, Measurement) or e.level is None:
            found.append(e)
            continue
        successes = round(e.value * e.n)
        whole = math.isclose(e.value * e.n, successes, rel_tol=1e-12, abs_tol=1e-6)
        if e.method in _SHARES and whole and 0 <= successes <= e.n:
            found.append(_exact(e, successes, level, fraction))
            continue
        interval = Interval(_end(e.low, -math.inf), _end(e.high, math.inf), f"{e.method}-anytime")
        found.append(_at(e, interval, level))
    return tuple(found)


def _exact(e: Measurement, successes: int, level: float, fraction: float) -> Measurement:
    tuned = max(e.n / fraction, 1.0)
    return _at(e, proportion(successes, e.n, level, tuned_for=tuned), level)


def _at(e: Measurement, interval: Interval, level: float) -> Measurement:
    how = Estimation(level=level)
    return measured(e.value, interval, n=e.n, how=how, unit=e.unit, key=e.key)


def _end(end: float | None, unbounded: float) -> float:
    return unbounded if end is None else end
