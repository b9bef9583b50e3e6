"""How far two distributions of ordered values lie apart: along the axis, not by cells.

Intervals add and subtract the norm of the sampling error, as in ``assay.inference.drift``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.distribution import cell_counts
from assay.inference.drift import Groups, Sides, sampling_error
from assay.inference.interval import Interval, z_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.inference.distribution import Distribution, Piece

    Pieces = tuple[Sequence[Piece] | None, Sequence[Piece] | None]
    """The groups that each side's rows come in; None where they are independent."""


def kolmogorov_smirnov(
    reference: Distribution | None,
    current: Distribution | None,
    *,
    reference_missing: float = 0.0,
    current_missing: float = 0.0,
) -> float:
    """Greatest difference of the two distribution functions (Kolmogorov 1933, Smirnov 1939).

    Missing values (given as shares of the rows) count as smaller than every other; None stands for
    a sample in which all are missing. Exact within the greater resolution of the two.
    """
    known = [d for d in (reference, current) if d is not None]
    gaps = [abs(current_missing - reference_missing)]
    if known:
        t = np.sort(np.concatenate([d.knots for d in known]))  # unique() would import numpy.ma
        for side in ("share_upto", "share_before"):
            shares = [
                missing + (1 - missing) * (getattr(d, side)(t) if d is not None else 0.0)
                for d, missing in ((reference, reference_missing), (current, current_missing))
            ]
            gaps.append(float(np.abs(shares[1] - shares[0]).max()))
    return min(1.0, max(gaps))


def smirnov(value: float, n: int, m: int, level: float, *, resolution: float = 0.0) -> Interval:
    """Interval of a Kolmogorov-Smirnov distance that is itself known within ``resolution``.

    Smirnov (1939), first term of the series; conservative where values repeat. The constant is that
    of the Dvoretzky-Kiefer-Wolfowitz-Massart inequality (Massart 1990, Annals of Probability
    18:1269), which Wei & Dudley (2012) carry over to two samples.
    """
    error = math.sqrt(-math.log((1 - level) / 2) / 2 * (1 / n + 1 / m)) + resolution
    return Interval(max(0.0, value - error), min(1.0, value + error), "smirnov")


def wasserstein(reference: Distribution, current: Distribution) -> float:
    """Area between the two distribution functions, in the unit of the values.

    Kantorovich's distance of order 1 (Vaserstein 1969). Of a sample of more than 200 values the
    outer 0.5 % on each side are left out: how they lie between the last quantile and the extreme
    is not known.
    """
    t = np.union1d(_known(reference), _known(current))
    upto = np.abs(current.share_upto(t) - reference.share_upto(t))
    before = np.abs(current.share_before(t) - reference.share_before(t))
    with np.errstate(over="ignore"):  # the width of a column that spans all doubles
        return float(((upto[:-1] + before[1:]) / 2 * np.diff(t)).sum())


def _known(distribution: Distribution) -> NDArray[np.float64]:
    """Knots between which the distribution function is known."""
    inner = distribution.knots[1:-1]
    return inner if distribution.resolution and len(inner) else distribution.knots


def clustered_ks_error(
    whole: tuple[Piece, Piece], pieces: Pieces, *, level: float, seed: int
) -> float:
    """Sampling error of :func:`kolmogorov_smirnov` between rows in groups, at ``level``.

    Args:
        whole: all rows of the reference, and of the current table.
        pieces: their groups. Infinite where a side has fewer than two.
    """
    known = [side.distribution.knots for side in whole if side.distribution is not None]
    t = np.unique(np.concatenate(known)) if known else np.empty(0)
    t = t[:: max(1, len(t) // 100)]
    shares = [cell_counts([side], t)[0] / side.rows for side in whole]
    return sampling_error(
        Sides(shares[0], shares[1], whole[0].rows, whole[1].rows),
        lambda s: np.asarray(np.abs((s.current - s.reference).cumsum(axis=-1)).max(axis=-1)),
        level=level,
        seed=seed,
        groups=_groups(pieces, t),
    )


def wasserstein_error(
    reference: Distribution,
    current: Distribution,
    *,
    reference_n: int,
    current_n: int,
    level: float,
    seed: int,
    pieces: Pieces = (None, None),
) -> float:
    """Sampling error of :func:`wasserstein` that is exceeded with probability 1 - level.

    Infinite where a side comes in fewer than two groups (``pieces``) with values.
    """
    t = np.union1d(_known(reference), _known(current))
    t = t[:: max(1, len(t) // 60)]  # enough for the integral of a process that wanders smoothly
    cells = [np.diff(d.share_upto(t), prepend=0.0, append=1.0) for d in (reference, current)]
    widths = np.append(np.diff(t), [0.0, 0.0])
    groups = _groups(pieces, t)
    return sampling_error(
        Sides(np.maximum(cells[0], 0), np.maximum(cells[1], 0), reference_n, current_n),
        lambda s: np.abs((s.current - s.reference).cumsum(axis=-1)) @ widths,
        level=level,
        seed=seed,
        # the missing values, which are the first cell, are no part of this distance
        groups=Groups(*(None if c is None else c[c[:, 1:].any(axis=1), 1:] for c in groups)),
    )


def _groups(pieces: Pieces, t: NDArray[np.float64]) -> Groups:
    return Groups(*(None if side is None else cell_counts(side, t) for side in pieces))


def share_error(
    p: float,
    q: float,
    n: int,
    m: int,
    level: float,
    *,
    pieces: Pieces = (None, None),
    seed: int = 0,
) -> float:
    """Half width of the interval for a difference of two shares of missing values.

    Normal (Wald) for independent rows, and for a side where all are missing what its rows leave
    open (exact binomial: Clopper & Pearson 1934, Biometrika 26:404); from the groups of rows where
    they come in groups.
    """
    groups = _groups(pieces, np.empty(0))
    if not groups.any:
        z, tail = z_value(level), (1 - level) / 2
        errors = [
            1 - tail ** (1 / rows) if share == 1 else z * math.sqrt(share * (1 - share) / rows)
            for share, rows in ((p, n), (q, m))
        ]
        return math.hypot(*errors)
    return sampling_error(
        Sides(np.array([p, 1 - p]), np.array([q, 1 - q]), n, m),
        lambda s: np.asarray(np.abs(s.current - s.reference)[..., 0]),
        level=level,
        seed=seed,
        groups=groups,
    )
