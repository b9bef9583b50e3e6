"""Mean and covariance of normal data with missing values, by EM on patterns.

Dempster, Laird & Rubin (1977, JRSS B 39:1), Little & Rubin (2019, Statistical Analysis with Missing
Data, section 11.2). Work is per pattern, from sufficient statistics, and not per row: given the
precision matrix, the regression of what lacks on what is there needs only the inverse of its
block for what lacks, and patterns that lack equally many columns are worked on at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from assay.inference.missing.patterns import Sums

MOST_STEPS = 1_000
TOLERANCE = 1e-7
SINGULAR = 1e-6
"""Least eigenvalue of a correlation matrix that is not taken for 0."""


class Normal(NamedTuple):
    """Maximum-likelihood mean (k,) and covariance (k, k), and the steps that it took."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    steps: int


class Group(NamedTuple):
    """Patterns that lack equally many columns: their places, and what lacks, shape (g, m)."""

    places: NDArray[np.intp]
    lacking: NDArray[np.intp]


def groups(missing: NDArray[np.bool_], *, most_cells: int = 4_000_000) -> Iterator[Group]:
    """Patterns by how many columns lack, in parts that keep the memory bounded."""
    k = missing.shape[1]
    lack = missing.sum(axis=1)
    for m in np.unique(lack):
        places = np.flatnonzero(lack == m)
        step = max(1, most_cells // (k * k))
        for start in range(0, len(places), step):
            part = places[start : start + step]
            yield Group(part, np.nonzero(missing[part])[1].reshape(len(part), int(m)))


def precision(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of a covariance matrix.

    Raises:
        Undefined: it is singular.
    """
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all():
        raise Undefined("the covariance is singular: a column does not vary")
    correlation = covariance / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < SINGULAR:
        raise Undefined("the covariance is singular: one column follows from the others")
    inverse = (vectors / values) @ vectors.T / np.outer(scale, scale)
    return np.asarray(inverse, dtype=np.float64)


def conditional(
    inverse: NDArray[np.float64], missing: NDArray[np.bool_], group: Group
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each pattern of a group: the covariance (g, m, m) of what lacks given what is there, and
    the coefficients (g, m, k) of its regression, zero where a column lacks."""
    at = group.lacking
    left = np.asarray(np.linalg.inv(inverse[at[:, :, None], at[:, None, :]]), dtype=np.float64)
    there = ~missing[group.places]
    return left, -left @ (inverse[at] * there[:, None, :])


def expectation_maximization(known: Sums, missing: NDArray[np.bool_]) -> Normal:
    """Fit a multivariate normal distribution.

    Args:
        known: sums by pattern, of columns whose observed values have mean 0 and variance 1.
        missing: shape (p, k).

    Raises:
        Undefined: the covariance is singular, or EM does not converge in 1,000 steps.
    """
    k = missing.shape[1]
    parts = list(groups(missing))

    def stepped(at: Parameters) -> Parameters:
        return _step(known, missing, parts, at)

    here = Parameters(np.zeros(k), np.eye(k))
    steps = 0
    while steps < MOST_STEPS:
        first = stepped(here)
        second = stepped(first)
        steps += 2
        if second.distance(first) < TOLERANCE:
            precision(second.covariance)
            return Normal(second.mean, second.covariance, steps)
        here = _extrapolated(here, first, second)
    raise Undefined(f"EM did not converge in {MOST_STEPS:,} steps: too much lacks in these columns")


class Parameters(NamedTuple):
    """A mean (k,) and a covariance (k, k)."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def distance(self, other: Parameters) -> float:
        """The greatest change of a parameter."""
        return float(max(np.abs(a - b).max() for a, b in zip(self, other, strict=True)))


def _extrapolated(start: Parameters, first: Parameters, second: Parameters) -> Parameters:
    """Where EM's steps lead to, after two of them: scheme S3 of SQUAREM, which needs a fraction of
    the steps where much lacks (Varadhan & Roland 2008, Scandinavian Journal of Statistics 35:335).

    The second step itself, where that would be no covariance.
    """
    moved = [b - a for a, b in zip(start, first, strict=True)]
    bent = [(c - b) - m for b, c, m in zip(first, second, moved, strict=True)]
    length, curve = (
        float(sum(np.square(part).sum() for part in vector)) for vector in (moved, bent)
    )
    if curve == 0:
        return second
    far = max(1.0, (length / curve) ** 0.5)
    there = Parameters(
        *(a + 2 * far * m + far**2 * v for a, m, v in zip(start, moved, bent, strict=True))
    )
    if np.linalg.eigvalsh(there.covariance)[0] <= 1e-6:
        return second
    return there


def _step(
    known: Sums, missing: NDArray[np.bool_], parts: list[Group], at: Parameters
) -> Parameters:
    """One step of EM."""
    n = float(known.counts.sum())
    first, second = _expected(known, missing, parts, at.mean, at.covariance)
    shift = first / n
    covariance = second / n - np.outer(shift, shift)
    return Parameters(at.mean + shift, (covariance + covariance.T) / 2)


def _expected(
    known: Sums,
    missing: NDArray[np.bool_],
    parts: list[Group],
    mean: NDArray[np.float64],
    covariance: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected sums (k,) and sums of products (k, k) of deviations from the mean, of all rows."""
    inverse = precision(covariance)
    k = len(mean)
    first, second = np.zeros(k), np.zeros(k * k)
    for group in parts:
        at, counts = group.lacking, known.counts[group.places]
        apart = np.where(missing[group.places], 0.0, known.means[group.places] - mean)
        square = known.cross[group.places] + counts[:, None, None] * (
            apart[:, :, None] * apart[:, None, :]
        )
        first += counts @ apart
        second += square.sum(axis=0).ravel()
        if not at.shape[1]:
            continue
        left, slope = conditional(inverse, missing, group)
        guessed = (slope @ apart[:, :, None])[:, :, 0] * counts[:, None]
        first += np.bincount(at.ravel(), guessed.ravel(), k)
        across = slope @ square  # (g, m, k), zero where a column lacks
        own = across @ slope.transpose(0, 2, 1) + counts[:, None, None] * left
        second += np.bincount((at[:, :, None] * k + at[:, None, :]).ravel(), own.ravel(), k * k)
        rows = np.zeros((k, k))
        np.add.at(rows, at.ravel(), across.reshape(-1, k))
        second += (rows + rows.T).ravel()
    return first, second.reshape(k, k)
