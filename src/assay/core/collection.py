"""Which observations a metric folds: a plain value, so that equal wishes are collected once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the table under test, as they are."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """One prediction for each row of a data set: unit, target, prediction, scores, slices."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Repeated timed calls of a model: one row per call, seconds in ``assay.seconds``.

    Attributes:
        batch_size: rows handed over in each call.
        repeats: timed calls.
        warmup: calls before them that are not counted.
    """

    batch_size: int
    repeats: int
    warmup: int


@dataclass(frozen=True, slots=True)
class Artefact:
    """The files a model is stored in: one row per file, size in ``assay.bytes``."""


Collection = Rows | Predictions | Latency | Artefact
