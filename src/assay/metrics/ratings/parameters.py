"""Parameters that the metrics of ratings share, and what ratings are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from msgspec import Meta

from assay.core.expr import Column, call
from assay.core.labels import label_text
from assay.core.schema import NUMERIC
from assay.states import Frequencies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.expr import Expr, Scalar
    from assay.core.schema import Schema
    from assay.states import FrequenciesState

MOST_RATINGS = 200_000
"""Ratings that are taken into memory: about 250 MB where all names are texts."""

MOST_RATERS = 1_000
"""Raters, contestants or categories that are compared with each other, pair by pair."""

Item = Annotated[str, Meta(description="Column that says what was rated.")]
Rater = Annotated[str, Meta(description="Column that says who rated it.")]
Rating = Annotated[
    str, Meta(description="Column that holds the rating; null where none was given.")
]
Human = Annotated[str, Meta(description="Column with the human label; null where there is none.")]
Judge = Annotated[str, Meta(description="Column with the judge's label: of a model or a program.")]


def missing(schema: Schema, names: Iterable[str]) -> str | None:
    """Why a metric does not apply to a table that lacks one of the columns, or None."""
    lacking = [name for name in names if schema.find(name) is None]
    return f"there is no column {lacking[0]!r}" if lacking else None


def not_numbers(schema: Schema, *names: str) -> str | None:
    """Why a metric of numbers (or booleans, as 0 and 1) does not apply to a column, or None."""
    for name in names:
        info = schema.find(name)
        if info is not None and info.kind not in NUMERIC and info.kind != "boolean":
            return f"column {name!r} holds {info.kind} ({info.native}), not numbers"
    return None


def all_given(*names: str) -> Expr:
    """True in rows where none of the columns is null (NaN counts as null)."""
    return call("and", *(call("not_null", Column(name)) for name in names))


def ratings_of(item: str, rater: str, rating: str) -> Frequencies:
    """Every rating; the metrics of one table's ratings share it."""
    return Frequencies(
        of=(Column(item), Column(rater), Column(rating)), where=all_given(item, rater, rating)
    )


def most_ratings(item: str, rater: str, rating: str) -> Mapping[tuple[Expr, ...], int]:
    """How many of them are taken."""
    return {(Column(item), Column(rater), Column(rating)): MOST_RATINGS}


class Rated(NamedTuple):
    """Ratings, one a row.

    Attributes:
        item, rater, value: shape (N,): numbers of items and of raters, and the rating, or the
            number of its category.
        raters: names by number.
        values: the different ratings, ascending.
    """

    item: NDArray[np.int64]
    rater: NDArray[np.int64]
    value: NDArray[np.float64]
    raters: tuple[str, ...]
    values: tuple[Scalar, ...]


def read_ratings(state: FrequenciesState, *, numbers: bool) -> Rated:
    """What :func:`ratings_of` folded to; ratings as numbers, or as categories."""
    import numpy as np

    times = np.array([count for _, count in state.counts], dtype=np.int64)
    item, _ = _numbered([key[0] for key, _ in state.counts])
    rater, raters = _numbered([key[1] for key, _ in state.counts])
    value, values = _numbered([key[2] for key, _ in state.counts])
    rating = value.astype(np.float64)
    if numbers:
        rating = np.array([v for (_, _, v), _ in state.counts], dtype=np.float64)
    return Rated(
        np.repeat(item, times),
        np.repeat(rater, times),
        np.repeat(rating, times),
        tuple(label_text(name) for name in raters),
        values,
    )


def _numbered(values: list[Scalar]) -> tuple[NDArray[np.int64], tuple[Scalar, ...]]:
    """Each value's place among the different ones, and those in ascending order."""
    import numpy as np

    different = sorted(set(values), key=lambda v: (isinstance(v, str), v))
    place = {value: i for i, value in enumerate(different)}
    return np.array([place[v] for v in values], dtype=np.int64), tuple(different)
