"""From a table's columns to numbers that a model can learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.core.errors import MissingExtraError
from assay.core.expr import Column, Expr, call
from assay.core.labels import label_text
from assay.core.metric import Metric
from assay.core.schema import NUMERIC
from assay.metrics.data.pairs import CATEGORIES, not_related
from assay.metrics.data.parameters import not_null
from assay.metrics.features.relation import Task, not_a_target, usable
from assay.metrics.missing.parameters import (
    MOST_COLUMNS,
    as_numbers,
    matrix,
    most_ordered,
    too_many,
)
from assay.states import Frequencies, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.schema import Schema
    from assay.states import SampleState

MOST_CLASSES = 100

_DRAWN = 50_000
"""Rows that the engine draws by lot where their order does not matter: more than are learned from,
as those without a finite target are left out."""


class Learnable(NamedTuple):
    """Rows with a target, in an order that is their own or the one asked for.

    Attributes:
        numbers: shape (n, k), NaN where a value lacks or is infinite.
        categories: shape (n, c), equal numbers for equal texts, NaN where there is none.
        target: shape (n,): numbers, or places in ``labels``.
        labels: the classes by name; empty where the target is a number.
        n: rows.
    """

    numbers: NDArray[np.float64]
    categories: NDArray[np.float64]
    target: NDArray[np.float64]
    labels: tuple[str, ...]

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.target)


class LearningMetric(Metric):
    """Base: a target, and features to learn it from. It needs scikit-learn."""

    jackknife = False

    target: str
    columns: tuple[str, ...] | None  # type: ignore[assignment]  # the parameter says what it reads
    ignore: tuple[str, ...]
    task: Task | None

    def __post_init__(self) -> None:
        names = self.columns
        if names is not None and not 0 < len(set(names)) == len(names) <= MOST_COLUMNS:
            raise ValueError(f"`columns` must be 1 to {MOST_COLUMNS} different columns")
        if self.target in (names or ()):
            raise ValueError(f"the target {self.target!r} is listed as a feature of itself")

    def ordered_by(self) -> str | None:
        """The column that puts rows in order, if any does."""
        return None

    def applicable(self, schema: Schema) -> str | None:
        needs_learning()
        reason = not_a_target(schema, self.target, self.task)
        if reason is None and self.columns is not None:
            reason = not_related(schema, *self.columns)
        if reason:
            return reason
        features = len(self.features(schema))
        if not 0 < features <= MOST_COLUMNS:
            return (
                f"the table has {features:,} features, not 1 to {MOST_COLUMNS}: "
                "name some as `columns`"
            )
        return None

    def features(self, schema: Schema) -> tuple[str, ...]:
        """The columns to learn from."""
        if self.columns is not None:
            return self.columns
        return usable(schema, (self.target, *self.ignore))

    def numbers(self, schema: Schema) -> tuple[str, ...]:
        """Those of the features whose values have a place on a scale."""
        infos = (schema.find(name) for name in self.features(schema))
        return tuple(i.name for i in infos if i is not None and as_numbers(i))

    def _categories(self, schema: Schema) -> tuple[str, ...]:
        numbers = self.numbers(schema)
        return tuple(name for name in self.features(schema) if name not in numbers)

    def in_classes(self, schema: Schema) -> bool:
        """Whether the target's values are classes."""
        info = schema.find(self.target)
        return self.task == "classification" or (
            self.task is None and info is not None and info.kind in CATEGORIES
        )

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {(Column(self.target),): MOST_CLASSES} if self.in_classes(schema) else {}

    def most_rows(self, schema: Schema) -> int | None:
        return None if self.ordered_by() is None else most_ordered(len(self.features(schema)) + 2)

    def _sample(self, schema: Schema) -> Sample:
        """The order, if there is one; the target, numbers and categories."""
        order = self.ordered_by()
        first = (_code(schema, self.target), *(Column(n) for n in self.numbers(schema)))
        rest = tuple(_code(schema, name) for name in self._categories(schema))
        wanted = (*first, *rest)
        of = wanted if order is None else (Column(order), *wanted)
        most = _DRAWN if order is None else None
        return Sample(of=of, where=not_null((self.target,)), most=most)

    def _classes(self, schema: Schema) -> Frequencies:
        """The classes with their codes."""
        target = Column(self.target)
        return Frequencies(of=(target, _code(schema, self.target)), where=not_null((self.target,)))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        sample = self._sample(schema)
        return (sample, self._classes(schema)) if self.in_classes(schema) else (sample,)

    def state(self, fold: Fold) -> SampleState:
        """The rows as they were folded."""
        return fold[self._sample(fold.schema)]

    def codes(self, fold: Fold) -> tuple[tuple[str, float], ...]:
        """The classes by name, each with the number that stands for it; none of a number."""
        if not self.in_classes(fold.schema):
            return ()
        counts = fold[self._classes(fold.schema)].counts
        return tuple(
            sorted((label_text(label), float(c)) for (label, c), _ in counts if c is not None)
        )

    def shape(self, schema: Schema) -> tuple[bool, int]:
        """Whether an order comes first, and how many numbers there are."""
        return self.ordered_by() is not None, len(self.numbers(schema))


def _code(schema: Schema, name: str) -> Expr:
    """A number for each value: of texts one drawn by lot, the same for equal ones."""
    info = schema.find(name)
    column = Column(name)
    if info is not None and info.kind == "string":
        return call("case", call("not_null", column), call("lot", column), None)
    return column if info is not None and info.kind in NUMERIC else call("number", column)


def needs_learning() -> None:
    """That scikit-learn is there.

    Raises:
        MissingExtraError: it is not.
    """
    from importlib.util import find_spec

    if find_spec("sklearn") is None:
        raise MissingExtraError("scikit-learn", "sklearn")


def learnable(
    state: SampleState, codes: tuple[tuple[str, float], ...], *, ordered: bool, numbers: int
) -> Learnable | str:
    """The rows to learn from, or why there are none."""
    import numpy as np

    from assay.inference.missing.logistic import by_first, canonical

    if not state.n:
        return "there are no rows with a target"
    reason = too_many(state)
    if reason:
        return reason
    whole = matrix(state)
    place = int(ordered)
    if codes:  # by name: engines draw lots of their own
        found = np.array([code for _, code in codes])
        rank = np.argsort(found)
        whole[:, place] = rank[np.searchsorted(found[rank], whole[:, place])]
    whole = whole[np.isfinite(whole[:, place])]
    if not len(whole):
        return "there are no rows with a finite target"
    values = whole[by_first(whole) if ordered else canonical(whole)][:, place:]
    target = values[:, 0]
    features = np.where(np.isinf(values[:, 1 : 1 + numbers]), np.nan, values[:, 1 : 1 + numbers])
    return Learnable(features, values[:, 1 + numbers :], target, tuple(label for label, _ in codes))
