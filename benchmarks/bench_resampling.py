"""Bootstrap intervals of the area under the ROC curve, beside a loop over scikit-learn and DeLong.

Run: ``python benchmarks/bench_resampling.py [--rows 100000] [--resamples 1000]``. All are timed in
one process, in turn; the best of several runs counts. The loop is timed over a few resamples and
scaled. Values and intervals are compared before times are printed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from assay.inference.delong import area, area_interval
from assay.inference.interval import Interval
from assay.inference.ranks import rank
from assay.inference.resampling import Design, Mean, RocArea, percentile, resample
from assay.inference.resampling.draws import Weights

LEVEL = 0.95
FEW = 20


def best(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Seconds of the fastest run, and its result."""
    times, result = [], None
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def by_loop(y: np.ndarray, score: np.ndarray, resamples: int) -> np.ndarray:
    """What one writes first: draw rows, index, call the library."""
    rng = np.random.default_rng(0)
    found = np.empty(resamples)
    for k in range(resamples):
        at = rng.integers(0, len(y), len(y))
        found[k] = roc_auc_score(y[at], score[at])
    return found


def by_delong(y: np.ndarray, score: np.ndarray) -> Interval:
    """The closed form, from arrays."""
    ranking = rank(y, score)
    return area_interval(area(ranking), ranking, LEVEL)


def by_weights(
    y: np.ndarray,
    score: np.ndarray,
    resamples: int,
    design: Design,
    weights: Weights = "multinomial",
) -> Interval:
    """Sorting included."""
    rng = np.random.default_rng(0)
    found = resample(RocArea(y, score), design, rng=rng, resamples=resamples, weights=weights)
    return percentile(found, LEVEL)


def line(what: str, seconds: float, loop: float) -> None:
    """One row of the table."""
    print(f"{what:<52}{seconds:9.3f} s   {loop / seconds:8.0f}× faster")


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--resamples", type=int, default=1_000)
    arguments = parser.parse_args()
    n, resamples = arguments.rows, arguments.resamples
    rng = np.random.default_rng(0)
    y = rng.random(n) < 0.3
    score = rng.normal(size=n) + y
    customer = rng.integers(0, max(2, n // 50), n)
    print(f"{n:,} rows, {resamples:,} resamples")

    few, drawn = best(lambda: by_loop(y, score, FEW), 2)
    loop = few * resamples / FEW
    print(f"{f'loop of roc_auc_score ({FEW} resamples, scaled)':<52}{loop:9.3f} s")

    closed, known = best(lambda: by_delong(y, score), 5)
    whole, found = best(lambda: by_weights(y, score, resamples, Design.of(n)), 3)
    width = known.high - known.low
    assert abs(found.high - found.low - width) < 0.15 * width, (found, known)
    assert abs(drawn.std() * 3.92 - width) < 0.6 * width
    line("multinomial weights, percentile", whole, loop)
    for what, design, kind in (
        ("exponential weights", Design.of(n), "exponential"),
        ("within classes (strata)", Design.of(n, strata=y), "multinomial"),
        (f"whole customers ({n // 50:,} clusters)", Design.of(n, clusters=customer), "multinomial"),
    ):
        seconds, found = best(lambda d=design, k=kind: by_weights(y, score, resamples, d, k), 2)
        assert abs(found.high - found.low - width) < 0.15 * width, (what, found, known)
        line(what, seconds, loop)
    mean = Mean(score)
    seconds, _ = best(
        lambda: resample(mean, Design.of(n), rng=np.random.default_rng(0), resamples=resamples), 3
    )
    print(f"{'for comparison: a mean':<52}{seconds:9.3f} s")
    line("DeLong (closed form, no resampling)", closed, loop)


if __name__ == "__main__":
    main()
