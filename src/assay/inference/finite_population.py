"""What is known when the sample is a share of a population of known size.

Of 1,000 invoices, 300 were looked at: only the other 700 are in doubt. The intervals elsewhere
speak of a population without end (or of the process that made it) and are then too wide; this
correction is for statements about these 1,000.
"""

from __future__ import annotations

import math

from assay.inference.interval import Interval


def finite_factor(n: int, population: int) -> float:
    """By which factor a standard error with divisor n - 1 shrinks: ``sqrt(1 - n / N)``.

    Cochran (1977), Sampling Techniques, 2.6. It is 0 where everything was looked at.

    Raises:
        ValueError: no rows, or more than the population has.
    """
    if not 1 <= n <= population:
        raise ValueError(f"a sample of {n} rows from a population of {population}")
    return math.sqrt(1 - n / population)


def of_finite(interval: Interval, value: float, *, n: int, population: int) -> Interval:
    """The interval for a population of which ``n`` rows, drawn without replacement, were seen.

    Each end moves towards the value by :func:`finite_factor`, so asymmetric intervals keep their
    shape (that is Cochran's for a mean; for Wilson's ends, Korn & Graubard 1998 do the same by way
    of an effective n). With ``n = population`` nothing is left in doubt and the width is 0.

    Raises:
        ValueError: no rows, more than the population has, or a value outside the interval.
    """
    factor = finite_factor(n, population)
    if not interval.low <= value <= interval.high:
        raise ValueError(f"{value} is not inside [{interval.low}, {interval.high}]")
    if factor == 0:
        return Interval(value, value, f"{interval.method}-finite")
    return Interval(
        value - factor * (value - interval.low),
        value + factor * (interval.high - value),
        f"{interval.method}-finite",
    )
