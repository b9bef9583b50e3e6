"""Where the values lie: order statistics of a column."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import msgspec

from assay.core.aggregate import Aggregate
from assay.core.errors import MissingExtraError
from assay.core.expr import Expr


def sketch_library() -> Any:
    """The library of sketches; only quantiles that are to be merged need it.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import datasketches
    except ModuleNotFoundError as error:
        raise MissingExtraError("datasketches", "sketches") from error
    return datasketches


class QuantilesState(msgspec.Struct, frozen=True, tag="quantiles", tag_field="kind"):
    """Values at given probabilities, or a sketch that can give any.

    Attributes:
        n: finite values.
        probabilities, values: exact order statistics, as asked for, ascending: ``values[i]`` is
            the smallest value whose rank is at least ``probabilities[i] * n`` (inverse of the
            distribution function, type 1 of Hyndman & Fan 1996). Empty where ``sketch`` is set.
        error: error of the rank of a value, as a share, where an engine has no exact ones.
        sketch: serialised KLL sketch of doubles (Karnin, Lang & Liberty 2016), mergeable; None
            where the values are exact.
    """

    n: int = 0
    probabilities: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    sketch: bytes | None = None
    error: float = 0.0

    @property
    def rank_error(self) -> float:
        """Error of the rank of a returned value, as a share, at 99 % confidence; 0 if exact."""
        if self.sketch is None:
            return self.error
        kll = sketch_library().kll_doubles_sketch.deserialize(self.sketch)
        return float(kll.normalized_rank_error(False)) if kll.is_estimation_mode() else 0.0

    def value(self, probability: float) -> float:
        """The order statistic at a probability in [0, 1].

        Raises:
            LookupError: there are no values, or exact ones were asked for at other probabilities.
        """
        if self.n == 0:
            raise LookupError("no values")
        if self.sketch is not None:
            kll = sketch_library().kll_doubles_sketch.deserialize(self.sketch)
            return float(kll.get_quantile(probability, True))
        at = bisect_left(self.probabilities, probability - 1e-12)
        if at == len(self.probabilities) or not math.isclose(
            self.probabilities[at], probability, abs_tol=1e-12
        ):
            raise LookupError(f"the quantile at {probability} was not asked for")
        return self.values[at]

    def at(self, probabilities: tuple[float, ...]) -> tuple[float, ...]:
        """The order statistics at several probabilities, ascending, in one look.

        Raises:
            LookupError: as for :meth:`value`.
        """
        if self.n == 0:
            raise LookupError("no values")
        if self.sketch is not None:
            kll = sketch_library().kll_doubles_sketch.deserialize(self.sketch)
            return tuple(map(float, kll.get_quantiles(list(probabilities), True)))
        if probabilities == self.probabilities:
            return self.values
        return tuple(map(self.value, probabilities))

    def merge(self, other: QuantilesState) -> QuantilesState:
        """Quantiles over both parts.

        Raises:
            ValueError: a part was folded without ``mergeable``.
        """
        if self.n == 0:
            return other
        if other.n == 0:
            return self
        if self.sketch is None or other.sketch is None:
            raise ValueError("these quantiles were folded without a sketch")
        kll = sketch_library().kll_doubles_sketch.deserialize(self.sketch)
        kll.merge(sketch_library().kll_doubles_sketch.deserialize(other.sketch))
        return QuantilesState(self.n + other.n, sketch=bytes(kll.serialize()))


@dataclass(frozen=True, kw_only=True)
class Quantiles(Aggregate[QuantilesState]):
    """Order statistics of ``number(of)``; nulls, NaN and infinities are left out.

    ``probabilities`` must ascend and lie in [0, 1].
    """

    of: Expr
    probabilities: tuple[float, ...]
