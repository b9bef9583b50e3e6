"""What is drawn with replacement: rows or whole clusters, in all or within strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """How the rows came about, which a resample repeats. Make one with :meth:`of`.

    Attributes:
        n: rows.
        cluster: shape (n,), the unit that each row belongs to, from 0; None where each row is one.
        stratum: shape (units,), the stratum of each unit, from 0; None where there is but one.
    """

    n: int
    cluster: NDArray[np.intp] | None = None
    stratum: NDArray[np.intp] | None = None

    @classmethod
    def of(
        cls, n: int, *, clusters: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> Design:
        """A design of ``n`` rows.

        Args:
            n: rows.
            clusters: shape (n,), labels; rows of one label are drawn together or not at all.
            strata: shape (n,), labels; from each stratum as many units are drawn as it has.

        Raises:
            ValueError: labels of another length or missing ones, a cluster that lies in two
                strata, or fewer than two units in a stratum (nothing would be known of the spread).
        """
        cluster = None if clusters is None else codes(clusters, n, "cluster")
        stratum = None if strata is None else codes(strata, n, "stratum")
        if cluster is not None and stratum is not None:
            stratum = _of_clusters(cluster, stratum)
        design = cls(n, cluster, stratum)
        least = design.units if stratum is None else int(np.bincount(stratum).min())
        if least < 2:
            unit = "row" if cluster is None else "cluster"
            where = "there is" if stratum is None else "a stratum has"
            raise ValueError(
                f"{where} {least or 'no'} {unit}: at least two are needed to know how they vary"
            )
        return design

    @property
    def units(self) -> int:
        """How many rows or clusters are drawn."""
        return self.n if self.cluster is None else int(self.cluster.max(initial=-1)) + 1

    @property
    def strata(self) -> NDArray[np.intp]:
        """Shape (units,), the stratum of each unit."""
        return np.zeros(self.units, dtype=np.intp) if self.stratum is None else self.stratum

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Shape (strata,), units in each stratum."""
        return np.bincount(self.strata)

    def take(self, order: NDArray[np.intp]) -> Design:
        """The design of the same rows in another order."""
        if self.cluster is not None:
            return Design(self.n, self.cluster[order], self.stratum)
        return Design(self.n, None, None if self.stratum is None else self.stratum[order])

    def of_rows(self, units: NDArray[Any]) -> NDArray[Any]:
        """Weights of rows, shape (r, n), from weights of units, shape (r, units)."""
        return units if self.cluster is None else np.take(units, self.cluster, axis=1)

    def totals(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums within units, shape (r, units), of values of rows, shape (r, n)."""
        if self.cluster is None:
            return rows
        order = np.argsort(self.cluster, kind="stable")
        starts = np.searchsorted(self.cluster[order], np.arange(self.units))
        summed: NDArray[np.float64] = np.add.reduceat(np.take(rows, order, axis=1), starts, axis=1)
        return summed


def codes(labels: ArrayLike, n: int, name: str) -> NDArray[np.intp]:
    """Whole numbers from 0 for the labels (numbers or texts) of ``n`` rows, shape (n,).

    Raises:
        ValueError: labels of another shape, or one that is missing.
    """
    array = np.asarray(labels)
    if array.shape != (n,):
        raise ValueError(f"{name} labels of shape {array.shape} for {n} rows")
    if array.dtype.kind == "O":
        missing = any(label is None or label != label for label in array)
    else:
        missing = array.dtype.kind == "f" and bool(np.isnan(array).any())
    if missing:
        raise ValueError(f"a {name} label is missing")
    return np.unique(array, return_inverse=True)[1].astype(np.intp)


def _of_clusters(cluster: NDArray[np.intp], stratum: NDArray[np.intp]) -> NDArray[np.intp]:
    """The stratum of each cluster, from those of the rows."""
    of_cluster = np.empty(cluster.max(initial=-1) + 1, dtype=np.intp)
    of_cluster[cluster] = stratum
    if not np.array_equal(of_cluster[cluster], stratum):
        raise ValueError("a cluster lies in two strata: draw clusters without strata, or split it")
    return of_cluster
