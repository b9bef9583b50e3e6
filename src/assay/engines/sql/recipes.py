"""How each kind of aggregate is put together from SQL aggregates, and read back into its state.

A part is one SQL aggregate. Parts are values: what two aggregates both need is computed once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from assay.core.aggregate import Aggregate
from assay.core.expr import Expr, Scalar, both, call
from assay.states import (
    Comoments,
    ComomentsState,
    Count,
    CountState,
    Distinct,
    DistinctState,
    Extremes,
    ExtremesState,
    Frequencies,
    FrequenciesState,
    Moments,
    MomentsState,
    Quantiles,
    QuantilesState,
)

Operation = Literal[
    "rows",  # rows where the condition is true
    # over number(x), finite values only
    "count", "mean", "variance", "skewness", "kurtosis", "least", "greatest", "quantiles",
    # over number(x) and number(y)
    "covariance",
    # over a tuple of keys
    "distinct", "hashes", "histogram",
    # over number(x): a sketch of its quantiles, where the engine can make one
    "sketch",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One SQL aggregate over the rows where ``where`` is true."""

    operation: Operation
    of: tuple[Expr, ...] = ()
    where: Expr | None = None


Values: TypeAlias = Callable[[Part], Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The parts of an aggregate; ``state`` builds its state from their values for one group."""

    parts: tuple[Part, ...]
    state: Callable[[Values], Any]
    probabilities: tuple[float, ...] = ()


def recipe(aggregate: Aggregate[Any], *, mergeable: bool, sketches: bool = False) -> Recipe | None:
    """How to fold the aggregate inside the scan; None where it needs the rows themselves.

    Args:
        sketches: the engine makes sketches of quantiles by itself.
    """
    match aggregate:
        case Count(where=where):
            rows = Part("rows", where=where)
            return Recipe((rows,), lambda value: CountState(value(rows)))
        case Moments():
            return _moments(aggregate)
        case Comoments():
            return _comoments(aggregate)
        case Extremes(of=of, where=where):
            return _extremes(of, where)
        case Distinct():
            return _distinct(aggregate, mergeable)
        case Frequencies(most=most):
            every = _frequencies(aggregate)
            if most is None:
                return every
            if mergeable:
                return Recipe(every.parts, lambda value: every.state(value).capped(most))
            return Recipe(every.parts, lambda value: every.state(value).foremost(most))
        case Quantiles() if not mergeable:
            return _quantiles(aggregate)
        case Quantiles(of=of, where=where) if sketches:
            return _sketch(of, where)
        case _:
            return None


def _moments(of: Moments) -> Recipe:
    count, mean, variance = (Part(op, (of.of,), of.where) for op in ("count", "mean", "variance"))
    if of.order == 2:

        def two(value: Values) -> MomentsState:
            n = value(count)
            return MomentsState(n, value(mean), n * value(variance)) if n else MomentsState()

        return Recipe((count, mean, variance), two)
    skewness, kurtosis = Part("skewness", (of.of,), of.where), Part("kurtosis", (of.of,), of.where)

    def four(value: Values) -> MomentsState:
        n = value(count)
        if not n:
            return MomentsState(m3=0.0, m4=0.0)
        m2 = n * value(variance)
        return MomentsState(n, value(mean), m2, *_higher(n, m2, value(skewness), value(kurtosis)))

    return Recipe((count, mean, variance, skewness, kurtosis), four)


def _higher(
    n: int, m2: float, skewness: float | None, kurtosis: float | None
) -> tuple[float, float]:
    """Sums of third and fourth powers of deviations.

    From the sample skewness ``sqrt(n (n - 1)) / (n - 2) * g1`` and the population's excess
    kurtosis; both are undefined for equal values, and for too few of them.
    """
    if m2 <= 0 or n < 2:
        return 0.0, 0.0
    spread = m2 / n
    g1 = 0.0 if skewness is None or n < 3 else skewness * (n - 2) / math.sqrt(n * (n - 1))
    m4 = m2 * m2 / 2 if n == 2 else n * spread**2 * (3.0 + (kurtosis or 0.0))
    return g1 * n * spread**1.5, m4


def _comoments(of: Comoments) -> Recipe:
    # every part needs both values, so that all speak of the same rows
    where = both(of.where, call("and", call("finite", of.x), call("finite", of.y)))
    count = Part("rows", where=where)
    mean_x, mean_y = Part("mean", (of.x,), where), Part("mean", (of.y,), where)
    variance_x, variance_y = Part("variance", (of.x,), where), Part("variance", (of.y,), where)
    covariance = Part("covariance", (of.x, of.y), where)

    def state(value: Values) -> ComomentsState:
        n = value(count)
        if not n:
            return ComomentsState()
        return ComomentsState(
            n,
            value(mean_x),
            value(mean_y),
            n * value(variance_x),
            n * value(variance_y),
            n * value(covariance),
        )

    return Recipe((count, mean_x, mean_y, variance_x, variance_y, covariance), state)


def _extremes(of: Expr, where: Expr | None) -> Recipe:
    count, least, greatest = (Part(op, (of,), where) for op in ("count", "least", "greatest"))
    return Recipe(
        (count, least, greatest),
        lambda value: ExtremesState(value(count), value(least), value(greatest)),
    )


def _distinct(of: Distinct, mergeable: bool) -> Recipe:
    known = [call("not_null", expr) for expr in of.of]
    # one conjunction, not one within the other: a key of 1,000 columns would be too deep to hash
    where = both(of.where, known[0] if len(known) == 1 else call("and", *known))
    count = Part("rows", where=where)
    if not mergeable:
        # SQL leaves nulls out of a single key by itself; the hash of a tuple is never null
        distinct = Part("distinct", of.of, of.where if len(of.of) == 1 else where)
        return Recipe(
            (count, distinct), lambda value: DistinctState(value(count), value(distinct), None)
        )
    hashes = Part("hashes", of.of, where)

    return Recipe(
        (count, hashes), lambda value: DistinctState.of(value(count), value(hashes) or ())
    )


def _frequencies(of: Frequencies) -> Recipe:
    histogram = Part("histogram", of.of, of.where)
    if len(of.of) > 1:  # keys are tuples, and a null in one is a value
        return Recipe(
            (histogram,),
            lambda value: FrequenciesState.of(
                {tuple(map(scalar, key)): n for key, n in _entries(value(histogram))}
            ),
        )
    rows = Part("rows", where=of.where)

    def state(value: Values) -> FrequenciesState:
        counts: dict[tuple[Scalar, ...], int] = {
            (scalar(key),): n for key, n in _entries(value(histogram))
        }
        nulls = value(rows) - sum(counts.values())
        return FrequenciesState.of(counts | {(None,): nulls} if nulls else counts)

    return Recipe((histogram, rows), state)


def _entries(histogram: Any) -> Any:
    """Values and their counts, from a list of each; both are None where there is no row."""
    return zip(histogram["key"] or (), histogram["value"] or (), strict=True)


def scalar(value: Any) -> Scalar:
    """A value of a key as plain data; infinities and huge integers, which JSON lacks, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    plain: Scalar = value
    return plain


def _sketch(of: Expr, where: Expr | None) -> Recipe:
    count, sketch = Part("count", (of,), where), Part("sketch", (of,), where)

    def state(value: Values) -> QuantilesState:
        n = value(count)
        return QuantilesState(n, sketch=bytes(value(sketch))) if n else QuantilesState()

    return Recipe((count, sketch), state)


def _quantiles(of: Quantiles) -> Recipe:
    count, quantiles = Part("count", (of.of,), of.where), Part("quantiles", (of.of,), of.where)

    def state(value: Values) -> QuantilesState:
        n = value(count)
        if not n:
            return QuantilesState()
        at = value(quantiles)  # by probability: one list serves all aggregates of this column
        return QuantilesState(n, of.probabilities, tuple(at[p] for p in of.probabilities))

    return Recipe((count, quantiles), state, of.probabilities)
