"""Timed calls of a language model under several loads, by load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from msgspec import Meta

from assay.core.collection import Load
from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.metric import Metric
from assay.core.schema import (
    COMPLETION_TOKENS,
    ERROR,
    FIRST_TOKEN,
    LEVEL,
    LOOP,
    SECONDS,
    STARTED,
)
from assay.inference.quantiles import sample_quantile
from assay.inference.throughput import LEAST, steady, throughput
from assay.states import Count, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.schema import Schema

Levels = Annotated[
    tuple[Annotated[int, Meta(ge=1)], ...],
    Meta(description="Calls kept in flight, one level after the other (closed loop)."),
]
Rates = Annotated[
    tuple[Annotated[float, Meta(gt=0)], ...],
    Meta(description="Calls sent in a second, one level after the other (open loop)."),
]
Requests = Annotated[int, Meta(ge=1, description="Calls at each level, at most.")]
Seconds = Annotated[
    Annotated[float, Meta(gt=0)] | None,
    Meta(description="Seconds after which a level sends no more calls."),
]
LEVELS = (1, 4, 16)
"""Where neither levels nor rates are given."""

_BY = (Column(LOOP), Column(LEVEL))
_ALL = Count(by=_BY)
_FAILED = Count(where=call("not_null", Column(ERROR)), by=_BY)
_TIMES = Sample(
    of=tuple(Column(name) for name in (STARTED, SECONDS, FIRST_TOKEN, COMPLETION_TOKENS)),
    where=call("is_null", Column(ERROR)),
    by=_BY,
)


@dataclass(frozen=True)
class Under:
    """What was seen under one load.

    Attributes:
        loop: ``concurrency`` or ``rate``; ``level`` says how much of it.
        calls, failed: how many were made, and how many got no answer.
        started, seconds, first_token, tokens: of those answered, shape (n,); NaN where not known.
    """

    loop: str
    level: float
    calls: int
    failed: int
    started: NDArray[np.float64]
    seconds: NDArray[np.float64]
    first_token: NDArray[np.float64]
    tokens: NDArray[np.float64]

    @property
    def key(self) -> dict[str, str]:
        """``{"concurrency": "4"}``."""
        return {self.loop: f"{self.level:g}"}

    @property
    def steady(self) -> tuple[float, float]:
        """When the load began and ceased to be steady; seconds since the level began."""
        if len(self.seconds) == 0:
            return 0.0, 0.0
        flying = self.level
        if self.loop == "rate":  # Little's law: calls in flight are rate times time
            flying *= float(np.median(self.seconds))
        return steady(self.started, self.started + self.seconds, int(np.ceil(flying)))


class UnderLoad(Metric):
    """Base of the checks of a language model under load: one measurement for each level."""

    concurrency: tuple[int, ...]
    rate: tuple[float, ...]
    requests: int
    seconds: float | None

    jackknife = False

    def __post_init__(self) -> None:
        for name, levels in (("concurrency", self.concurrency), ("rate", self.rate)):
            if len(set(levels)) < len(levels):
                raise ValueError(f"{name} names a level twice")

    def collection(self) -> Load:
        levels = self.concurrency or (() if self.rate else LEVELS)
        return Load(levels, self.rate, self.requests, self.seconds)

    def aggregates(self, schema: Schema) -> Sequence[Aggregate[Any]]:
        return _ALL, _FAILED, _TIMES

    def under(self, fold: Fold) -> Sequence[Under]:
        """What was seen under each load, in the order of the levels."""
        found = []
        failed, times = fold.groups(_FAILED), fold.groups(_TIMES)
        for key, count in sorted(fold.groups(_ALL).items(), key=lambda item: str(item[0][0])):
            if not count.n or None in key:
                continue
            loop, level = key
            arrays = times[key].arrays() if key in times and times[key].n else (np.empty(0),) * 4
            found.append(
                Under(
                    str(loop), float(level or 0), count.n, failed[key].n if key in failed else 0,
                    *arrays,
                )
            )  # fmt: skip
        return sorted(found, key=lambda one: (one.loop, one.level))

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        rows: list[list[str | int | float | bool | None]] = []
        for one in self.under(fold):
            times, first = np.sort(one.seconds), one.first_token[np.isfinite(one.first_token)]
            rows.append(
                [
                    *(f"{name} {level}" for name, level in one.key.items()), one.calls, one.failed,
                    *(_rate(one, w) for w in (None, one.tokens)),
                    *(_at(times, q) for q in (0.5, 0.95, 0.99)), _at(np.sort(first), 0.5),
                ]
            )  # fmt: skip
        if not rows:
            return ()
        columns = ["load", "calls", "failed", "answers/s", "tokens/s", "median s", "95 % s",
                   "99 % s", "first token s (median)"]  # fmt: skip
        return (Table(title="Under load", columns=columns, rows=rows),)


def _rate(one: Under, weights: NDArray[np.float64] | None) -> float | None:
    if weights is not None and not np.isfinite(weights).all():
        return None
    begin, end = one.steady
    try:
        return throughput(one.started + one.seconds, begin, end, 0.95, weights=weights)[0]
    except ValueError:
        return None


def _at(ascending: NDArray[np.float64], q: float) -> float | None:
    return sample_quantile(ascending, q) if len(ascending) else None


NO_CALLS = "no call was made"
TOO_FEW = (
    f"fewer than {LEAST} calls ended while the load was steady: raise `requests`, or `seconds`"
)
