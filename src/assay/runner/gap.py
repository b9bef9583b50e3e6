"""The difference between two measurements of one thing, with an interval at any level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assay.core.measurement import Estimation, Measurement
from assay.inference.interval import Interval, measured
from assay.inference.mover import independent_difference
from assay.inference.paired import paired_difference
from assay.runner.leave_out import LeftOut, Part, Question, fold_groups, left_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.engine import Engine
    from assay.core.expr import Scalar
    from assay.runner.leave_out import KeyText
    from assay.runner.pairing import Pair


class _Uncertain(Protocol):
    """What ``assay.inference`` knows of a difference."""

    @property
    def value(self) -> float: ...
    @property
    def p_value(self) -> float: ...
    def interval(self, level: float) -> Interval: ...
    def about(self, null: float) -> Self: ...


@dataclass(frozen=True)
class Gap:
    """``b - a``.

    Attributes:
        uncertain: where there is sampling error; None where the difference is exact, as ``exact``
            says: ``census`` (both are statements about their rows), ``identical`` (the same thing
            was measured twice).
        n_common: units in both; None where it is not paired.
    """

    a: Measurement
    b: Measurement
    value: float
    uncertain: _Uncertain | None
    exact: str = ""
    n_common: int | None = None

    @property
    def p_value(self) -> float | None:
        """Two-sided, of no difference; None where it is exact."""
        return self.p_value_of(0.0)

    def p_value_of(self, null: float) -> float | None:
        """Two-sided, of a difference of ``null``; None where it is exact."""
        return self.uncertain.about(null).p_value if self.uncertain else None

    def at(self, level: float) -> Measurement:
        """The difference with its interval."""
        n = self.n_common or min(self.a.n, self.b.n)
        if self.uncertain is None:
            return Measurement(
                value=self.value, low=self.value, high=self.value, level=None, method=self.exact,
                n=n, unit=self.b.unit, key=self.b.key,
            )  # fmt: skip
        return measured(
            self.value, self.uncertain.interval(level), n=n, how=Estimation(level=level),
            unit=self.b.unit, key=self.b.key,
        )  # fmt: skip


def unpaired_gap(a: Measurement, b: Measurement) -> Gap:
    """The difference of two measurements of different rows."""
    if a.level is None and b.level is None:
        return Gap(a, b, b.value - a.value, None, "census")
    return Gap(a, b, b.value - a.value, independent_difference(a, b))


def identical_gap(m: Measurement) -> Gap:
    """The difference of a thing to itself."""
    return Gap(m, m, 0.0, None, "identical", m.n)


@dataclass(frozen=True)
class Both:
    """A measurement of the common units on each side; ``gap`` is None where none is known.

    ``units`` counts those of the slice, with a value or without.
    """

    a: Measurement
    b: Measurement
    gap: Gap | None
    units: int


def paired_gaps(
    engine: Engine, pair: Pair, questions: Mapping[str, Question], *, level: float
) -> dict[str, dict[KeyText, Gap]]:
    """Differences over the common units, by the questions' names and keys.

    Left out are questions for which a jackknife is not right, and measurements that do not exist
    without some group, or do not vary at all.

    Raises:
        EngineError: a scan failed.
    """
    return {
        name: {key: both.gap for key, both in found.items() if both.gap is not None}
        for name, found in on_both(engine, pair, questions, level=level).items()
    }


def on_both(
    engine: Engine, pair: Pair, questions: Mapping[str, Question], *, level: float
) -> dict[str, dict[KeyText, Both]]:
    """What is measured of the common units on both sides, by the questions' names and keys.

    Left out are questions for which a jackknife is not right.

    Raises:
        EngineError: a scan failed.
    """
    smooth = {
        name: q
        for name, q in questions.items()
        if q.smooth(pair.schema_a) and q.smooth(pair.schema_b)
    }
    if not smooth:
        return {}
    asked = list(smooth.values())
    states_a = fold_groups(engine, pair.a, pair.schema_a, asked)
    states_b = fold_groups(engine, pair.b, pair.schema_b, asked)
    found: dict[str, dict[KeyText, Both]] = {}
    for name, question in smooth.items():
        parts_a = question.parts(pair.schema_a, states_a)
        parts_b = question.parts(pair.schema_b, states_b)
        found[name] = {}
        for key in parts_a.keys() & parts_b.keys():
            a, b, sizes = _aligned(parts_a[key], parts_b[key])
            side_a = left_out(question, pair.schema_a, a, key, level)
            side_b = left_out(question, pair.schema_b, b, key, level)
            for of in side_a.keys() & side_b.keys():
                gap = _paired_gap(side_a[of], side_b[of], sizes, pair.clusters)
                found[name][of] = Both(side_a[of].whole, side_b[of].whole, gap, int(sizes.sum()))
    return found


def _aligned(
    a: Mapping[Scalar, Part], b: Mapping[Scalar, Part]
) -> tuple[Sequence[Part], Sequence[Part], NDArray[np.int64]]:
    """The parts of the same groups on both sides, and the size of each group.

    A slice may hold other units on each side: a group that one side lacks is empty there.
    """
    import numpy as np

    none = Part.empty(next(iter(a.values())))
    none_b = Part.empty(next(iter(b.values())))
    groups = sorted(a.keys() | b.keys(), key=str)
    parts_a = [a.get(g, none) for g in groups]
    parts_b = [b.get(g, none_b) for g in groups]
    sizes = np.array([max(p.n, q.n) for p, q in zip(parts_a, parts_b, strict=True)])
    return parts_a, parts_b, sizes


def _paired_gap(
    a: LeftOut, b: LeftOut, sizes: NDArray[np.int64], clusters: int | None
) -> Gap | None:
    import numpy as np

    if len(sizes) < 2 or np.isnan(a.left_out).any() or np.isnan(b.left_out).any():
        return None
    difference = paired_difference(
        a.whole.value, b.whole.value, a.left_out, b.left_out, sizes, clusters=clusters
    )
    if difference is None:
        return None
    return Gap(a.whole, b.whole, difference.value, difference, n_common=int(sizes.sum()))
