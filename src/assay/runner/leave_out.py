"""A metric's value over all units, and without each group of them in turn.

Works for every metric whose states merge without loss: the rows are folded once, by group, and
the states of all groups but one are merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.aggregate import Fold
from assay.core.expr import Column, Sql
from assay.core.measurement import Estimation, Measurement
from assay.runner.pairing import GROUP
from assay.states import Comoments, Count, Frequencies, Moments, Sample, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Key
    from assay.core.engine import Engine
    from assay.core.expr import Expr, Scalar
    from assay.core.metric import Metric
    from assay.core.schema import Schema

# Not among them: extremes and distinct counts, which are not smooth, and sketches of quantiles,
# whose error is larger than what a group changes.
_SMOOTH = (Comoments, Count, Frequencies, Moments, Sample)

_GROUP = Column(GROUP)

KeyText = tuple[tuple[str, str], ...]
States = dict["Aggregate[Any]", dict["Key", Any]]


@dataclass(frozen=True)
class Question:
    """What is measured of a set of observations.

    Attributes:
        where: SQL predicate, or None.
        slicings: columns of each slicing; ``((),)`` for the whole.
        seed: of the metric's resampling.
        group: which group a row is left out with.
    """

    metric: Metric
    where: str | None
    slicings: tuple[tuple[str, ...], ...]
    seed: int = 0
    group: Expr = _GROUP

    def smooth(self, schema: Schema) -> bool:
        """Whether a jackknife is right for what the metric folds."""
        return all(isinstance(a, _SMOOTH) for a in self.metric.aggregates(schema))

    def requests(self, schema: Schema) -> list[Aggregate[Any]]:
        """The aggregates to fold: by group, for each slicing, with the size of each slice."""
        return [
            aggregate.within(self.filter, self._by(slicing))
            for slicing in self.slicings
            for aggregate in (Count(), *self.metric.aggregates(schema))
        ]

    @property
    def filter(self) -> Sql | None:
        """The rows that are measured; None for all."""
        return Sql(self.where) if self.where else None

    def _by(self, slicing: tuple[str, ...]) -> tuple[Expr, ...]:
        return (self.group, *(Column(name) for name in slicing))

    def parts(self, schema: Schema, states: States) -> dict[KeyText, dict[Scalar, Part]]:
        """The folded states of each slice, by group."""
        found: dict[KeyText, dict[Scalar, Part]] = {}
        own = list(self.metric.aggregates(schema))
        for slicing in self.slicings:
            by, depth = self._by(slicing), 1 + len(slicing)
            for key, size in states[Count().within(self.filter, by)].items():
                if size.n:
                    label = _label(slicing, key[1:])
                    found.setdefault(label, {})[key[0]] = Part(size.n, {a: {} for a in own})
            for aggregate in own:
                for key, state in states[aggregate.within(self.filter, by)].items():
                    part = found.get(_label(slicing, key[1:depth]), {}).get(key[0])
                    if part is not None:
                        part.states[aggregate][key[depth:]] = state
        return found


@dataclass(frozen=True)
class Part:
    """The units of one group in one slice: how many, and their states."""

    n: int
    states: States

    def merge(self, other: Part) -> Part:
        """The units of both."""
        return Part(
            self.n + other.n,
            {a: merged(mine, other.states[a]) for a, mine in self.states.items()},
        )

    @classmethod
    def empty(cls, like: Part) -> Part:
        """No units."""
        return cls(0, {a: {} for a in like.states})


@dataclass(frozen=True)
class LeftOut:
    """One measurement of one side, and its value without each group.

    ``left_out`` has shape (G,), NaN where there is nothing to measure without that group.
    """

    whole: Measurement
    left_out: NDArray[np.float64]


def fold_groups(
    engine: Engine, table: str, schema: Schema, questions: Sequence[Question]
) -> States:
    """Fold what all questions need, by group, in one scan.

    Raises:
        EngineError: the scan failed.
    """
    wanted = dict.fromkeys(a for q in questions for a in q.requests(schema))
    return engine.fold(table, list(wanted), mergeable=True)


def left_out(
    question: Question, schema: Schema, parts: Sequence[Part], slice_key: KeyText, level: float
) -> dict[KeyText, LeftOut]:
    """Measurements of one slice, with their values without each part, by key."""
    import numpy as np

    label = dict(slice_key)

    wholes = {
        key_of({**label, **e.key}): e
        for e in question.metric.estimate(
            Fold(schema, together(parts).states), Estimation(level=level, seed=question.seed)
        )
        if isinstance(e, Measurement)
    }
    nothing = np.full(len(parts), np.nan)
    values = {
        key_of({**label, **dict(key)}): found
        for key, found in without_each(question, schema, parts).items()
    }
    return {
        key: LeftOut(msgspec.structs.replace(m, key=dict(key)), values.get(key, nothing))
        for key, m in wholes.items()
    }


def without_each(
    question: Question, schema: Schema, parts: Sequence[Part]
) -> dict[KeyText, NDArray[np.float64]]:
    """Values without each part, shape (parts,), by the metric's own key; NaN where there is none.

    Empty where there are fewer than two parts.
    """
    import numpy as np

    values: dict[KeyText, NDArray[np.float64]] = {}
    exact = Estimation(seed=question.seed, census=True)
    for at, rest in enumerate(_without_each(parts)):
        for e in question.metric.estimate(Fold(schema, rest.states), exact):
            if isinstance(e, Measurement):
                key = key_of(e.key)
                values.setdefault(key, np.full(len(parts), np.nan))[at] = e.value
    return values


def key_of(labels: Mapping[str, str]) -> KeyText:
    """A measurement's key as a value that can be looked up."""
    return tuple(sorted(labels.items()))


def together(parts: Sequence[Part]) -> Part:
    """All parts together; merging neighbours first, so that no state is copied often."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return together(parts[:middle]).merge(together(parts[middle:]))


def _without_each(parts: Sequence[Part], outside: Part | None = None) -> Iterator[Part]:
    """All parts but the first, all but the second, …: each half joins what the other lacks."""
    if len(parts) == 1:
        if outside is not None:
            yield outside
        return
    middle = len(parts) // 2
    left, right = parts[:middle], parts[middle:]
    for inner, other in ((left, right), (right, left)):
        rest = together(other)
        yield from _without_each(inner, rest if outside is None else outside.merge(rest))


def _label(slicing: tuple[str, ...], key: Key) -> KeyText:
    labels = zip(slicing, key, strict=True)
    return key_of({name: "null" if v is None else str(v) for name, v in labels})
