"""Samples in a random order, those of one cluster together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.runner.opening import OpenSamples


def places_of(samples: OpenSamples, seed: int) -> list[int]:
    """Of each sample, how many samples come before its cluster in a random order of clusters."""
    import numpy as np

    numbers: dict[object, int] = {}
    clustered = samples.survey.clusters is not None
    belongs = [
        numbers.setdefault(sample.cluster if clustered else sample.id, len(numbers))
        for sample in samples.samples
    ]
    sizes = np.bincount(belongs, minlength=1)
    order = np.random.default_rng(seed).permutation(len(sizes))
    before = np.empty(len(sizes), dtype=np.int64)
    before[order] = np.cumsum(sizes[order]) - sizes[order]
    found: list[int] = before[belongs].tolist()
    return found
