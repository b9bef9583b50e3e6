"""Label errors by confident learning, beside cleanlab's own call.

Run: ``python benchmarks/bench_labels.py [--rows 1000000] [--classes 10]``, with cleanlab installed
(in an environment of its own, if need be, with this project beside it). Both are timed in one
process, in turn; the best of several runs counts. Ours has the interval of the share, too, which
cleanlab does not give. Suspects are compared before times are printed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.inference.interval import Interval
from assay.inference.labels.confident import confident
from assay.inference.labels.suspects import Suspects, suspects


def planted(rows: int, classes: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Labels of which a tenth is wrong, and true posterior probabilities."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, classes, rows)
    scores = rng.normal(0, 1, (rows, classes))
    scores[np.arange(rows), truth] += 2.5
    scores = np.exp(scores)
    scores /= scores.sum(axis=1, keepdims=True)
    wrong = rng.random(rows) < 0.1
    return np.where(wrong, (truth + rng.integers(1, classes, rows)) % classes, truth), scores


def ours(labels: NDArray[Any], scores: NDArray[Any]) -> tuple[float, Interval, Suspects]:
    """The share with its interval, and the suspects in their order."""
    found = confident(labels, scores)
    return found.error_share, found.interval(0.95), suspects(found)


def best(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Seconds of the fastest run, and its result."""
    times, result = [], None
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def main() -> None:
    """Time both, and compare the suspects."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    labels, scores = planted(chosen.rows, chosen.classes)
    seconds, (share, interval, found) = best(lambda: ours(labels, scores), chosen.runs)
    print(f"{chosen.rows:,} labels, {chosen.classes} classes")
    print(
        f"assay     {seconds:6.2f} s  share {share:.4f} [{interval.low:.4f}, {interval.high:.4f}]"
    )
    try:
        from cleanlab.filter import find_label_issues
    except ModuleNotFoundError:
        print("cleanlab  not installed")
        return

    def call() -> Any:
        return find_label_issues(
            labels, scores, return_indices_ranked_by="normalized_margin", n_jobs=1
        )

    theirs, issues = best(call, chosen.runs)
    common = len(np.intersect1d(issues, found.rows))
    either = len(issues) + len(found.rows) - common
    assert common / either > 0.999, f"only {common:,} of {either:,} suspects are the same"
    print(f"cleanlab  {theirs:6.2f} s  {common:,} of {either:,} suspects are the same")
    print(f"ratio     {seconds / theirs:6.2f}")


if __name__ == "__main__":
    main()
