"""Switchback experiments: a whole region is in one arm for a window of time, then switches.

For treatments that units share (prices, dispatch, a ranking that learns), units cannot be assigned
one by one: what one gets changes what is left for the others. So regions and windows are assigned,
and windows are what is compared. What lasts beyond its window is carried over: the first part of
each window (``burn_in``) is left out, and whether that was enough is tested.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from assay.inference.cluster_regression import Coefficient, regress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from assay.inference.interval import Interval

Design = Literal["independent", "paired"]
Cluster = Literal["window", "time", "region"]


class Windows(NamedTuple):
    """One row for each window of each region, in any order; arrays of shape (n,).

    Attributes:
        region, time: which region, and the number of the window in time (0, 1, 2 …).
        treated: whether the region was in the new arm then.
        value: mean (or total) of the outcome in the window, without its burn-in.
    """

    region: NDArray[np.str_]
    time: NDArray[np.int64]
    treated: NDArray[np.bool_]
    value: NDArray[np.float64]


class Switchback(NamedTuple):
    """What a switchback found.

    Attributes:
        effect: of the new arm, on the value of a window.
        p_value: of no effect in any window, by re-drawing the assignment as it was drawn.
        carry_over: of the window before having been treated; None where no window follows another.
        windows, clusters: what it rests on.
    """

    effect: Coefficient
    p_value: float
    carry_over: Coefficient | None
    windows: int
    clusters: int

    def interval(self, level: float) -> Interval:
        """The effect's interval: CR2 with Satterthwaite's degrees of freedom."""
        return self.effect.interval(level)


def assign_window(salt: str, region: str, time: int, design: Design = "paired") -> bool:
    """Whether a region is in the new arm in a window; the same in every process.

    The hash is that of units (:func:`assay.experiments.assignment.bucket`) of ``region|time``.
    ``independent``: a fair coin for each window. ``paired``: for each two windows in a row, one is
    treated, and a coin says which: no long runs of one arm, and slow drifts cancel.
    """
    from assay.experiments.assignment import bucket

    if time < 0:
        raise ValueError("windows are counted from 0")
    if design == "independent":
        return bucket(salt, f"{region}|{time}") < 0.5
    first = bucket(salt, f"{region}|{time // 2}") < 0.5
    return first == (time % 2 == 0)


def windows(
    outcome: ArrayLike,
    region: ArrayLike,
    seconds: ArrayLike,
    *,
    salt: str,
    length: float,
    burn_in: float = 0.0,
    design: Design = "paired",
) -> Windows:
    """Windows from events: the mean outcome of each window, after its burn-in.

    Args:
        outcome, region, seconds: shape (n,); ``seconds`` since the start of the first window.
        length, burn_in: of a window, in seconds.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, an event before the start,
            or a burn-in as long as the window.
    """
    y, t = np.asarray(outcome, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    where = np.asarray(region).astype(np.str_)
    if not y.shape == t.shape == where.shape or y.ndim != 1:
        raise ValueError(f"{y.shape} outcomes, {where.shape} regions and {t.shape} times")
    if not (np.isfinite(y).all() and np.isfinite(t).all()):
        raise ValueError("an outcome or a time is NaN or infinite")
    if not 0 <= burn_in < length:
        raise ValueError("the burn-in must be 0 or more, and shorter than a window")
    if len(t) and t.min() < 0:
        raise ValueError("an event lies before the start of the first window")
    kept = t % length >= burn_in
    names, regions = np.unique(where[kept], return_inverse=True)
    number = (t[kept] // length).astype(np.int64)
    cells, cell = np.unique(np.stack([regions, number]), axis=1, return_inverse=True)
    cell = cell.ravel()
    value = np.bincount(cell, weights=y[kept]) / np.bincount(cell)
    at, when = names[cells[0]], cells[1].astype(np.int64)
    treated = np.array(
        [assign_window(salt, str(r), int(w), design) for r, w in zip(at, when, strict=True)]
    )
    return Windows(at, when, treated.astype(np.bool_), value)


def analyze_switchback(
    of: Windows,
    *,
    cluster: Cluster = "window",
    design: Design = "paired",
    draws: int = 2_000,
    seed: int = 0,
) -> Switchback:
    """The effect of the new arm on a window's value.

    Least squares on the arm with a level for each region. The assignment's randomness makes it
    right whatever the outcomes do over time (Bojinov, Simchi-Levi & Zhao 2023, Management Science
    69:3759); the standard error follows the ``cluster``: windows of regions that share nothing;
    windows of one ``time`` that share weather and demand; a whole ``region`` where effects differ
    between regions. In a paired design the two windows of a pair hold one arm each, so that they
    are one draw: there, pairs take the place of windows.

    Raises:
        ValueError: see :func:`assay.inference.cluster_regression.regress`; windows of one arm only.
    """
    region = np.unique(of.region, return_inverse=True)[1].ravel()
    treated, value = of.treated.astype(np.float64), of.value
    if not 0 < treated.sum() < len(treated):
        raise ValueError("all windows are in one arm: there is nothing to compare")
    turn = of.time // 2 if design == "paired" else of.time
    window = region * (int(turn.max()) + 1) + turn
    known = {"window": window, "time": turn, "region": region}
    if cluster not in known:
        raise ValueError(f"a cluster is one of {', '.join(known)}, not {cluster!r}")
    labels = known[cluster]
    levels = (region[:, None] == np.arange(int(region.max()) + 1)).astype(np.float64)
    last = levels.shape[1]
    design_matrix = np.column_stack([levels, treated])
    effect = regress(value, design_matrix, labels, of=(last,))[0]
    return Switchback(
        effect=effect,
        p_value=_randomization(of, region, design=design, draws=draws, seed=seed),
        carry_over=_carry_over(of, levels, labels),
        windows=len(value),
        clusters=len(np.unique(labels)),
    )


def _carry_over(
    of: Windows, levels: NDArray[np.float64], labels: NDArray[np.int64]
) -> Coefficient | None:
    """The coefficient of the arm of the window before, given that of the window itself."""
    arms = {
        (r, int(t)): float(x) for r, t, x in zip(of.region, of.time, of.treated, strict=True)
    }  # fmt: skip
    before = np.array(
        [arms.get((r, int(t) - 1), math.nan) for r, t in zip(of.region, of.time, strict=True)]
    )
    known = np.isfinite(before)
    if known.sum() < 4:
        return None
    x = np.column_stack([levels, of.treated, before])[known]
    x = x[:, np.abs(x).sum(axis=0) > 0]
    try:
        return regress(of.value[known], x, labels[known], of=(x.shape[1] - 1,))[0]
    except ValueError:  # strict alternation: the window before says nothing that this one does not
        return None


def _randomization(
    of: Windows, region: NDArray[np.intp], *, design: Design, draws: int, seed: int
) -> float:
    """Fisher's p-value: assignments drawn anew by the design, compared by a studentised effect.

    Values are taken around their region's mean, which no assignment changes. The observed one
    counts as a draw (Phipson & Smyth 2010, SAGMB 9:39), so the p-value is never 0.
    """
    level = np.bincount(region, weights=of.value) / np.bincount(region)
    y = of.value - level[region]
    observed = _t(y, of.treated[None, :])[0]
    rng = np.random.default_rng(seed)
    unit = of.time if design == "independent" else of.time // 2
    coin_of = np.unique(np.stack([region, unit]), axis=1, return_inverse=True)[1].ravel()
    coins = rng.random((draws, int(coin_of.max()) + 1)) < 0.5
    drawn = coins[:, coin_of]
    if design == "paired":
        drawn = drawn == (of.time % 2 == 0)
    both = (drawn.sum(axis=1) > 1) & (drawn.sum(axis=1) < len(y) - 1)
    t = _t(y, drawn[both])
    return float((1 + (t >= observed - 1e-12).sum()) / (1 + len(t)))


def _t(y: NDArray[np.float64], treated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Absolute Welch statistics, one for each row of assignments."""
    w = treated.astype(np.float64)
    n1 = w.sum(axis=1)
    n0 = len(y) - n1
    m1, m0 = (w @ y) / n1, ((1 - w) @ y) / n0
    v1 = (w @ y**2) / n1 - m1**2
    v0 = ((1 - w) @ y**2) / n0 - m0**2
    spread = np.maximum(v1, 0) / np.maximum(n1 - 1, 1) + np.maximum(v0, 0) / np.maximum(n0 - 1, 1)
    found: NDArray[np.float64] = np.abs(m1 - m0) / np.sqrt(np.maximum(spread, 1e-300))
    return found


def schedule(
    salt: str, regions: Sequence[str], count: int, design: Design = "paired"
) -> list[tuple[str, int, bool]]:
    """Who is treated when: region, window and whether it is in the new arm."""
    return [(r, t, assign_window(salt, r, t, design)) for r in regions for t in range(count)]
