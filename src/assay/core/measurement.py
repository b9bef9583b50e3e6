"""Measurements: a value, its interval, how many rows it rests on, and what it speaks of."""

from __future__ import annotations

import math

import msgspec


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate.

    Attributes:
        value: the point estimate; always finite.
        low, high: the interval, ``low <= value <= high``; None means unbounded on that side.
        level: confidence level of the interval (0.95), or None for a census.
        method: name of the interval method: ``wilson``, ``delong``, ``census`` …
        n: number of rows (units) the value rests on; at least 1.
        unit: unit of the value: ``"s"``, ``"rows"``, ``"share"`` …; "" for a pure number.
        key: what it speaks of within the check: ``{"afam": "yes"}``, ``{"class": "3"}``; empty
            for the whole.
    """

    value: float
    low: float | None
    high: float | None
    level: float | None
    method: str
    n: int
    unit: str = ""
    key: dict[str, str] = {}

    def __post_init__(self) -> None:
        for name, bound in (("value", self.value), ("low", self.low), ("high", self.high)):
            if bound is not None and not math.isfinite(bound):
                raise ValueError(f"measurement {name} must be finite, not {bound}")
        if (self.low is not None and self.low > self.value) or (
            self.high is not None and self.high < self.value
        ):
            raise ValueError(f"interval [{self.low}, {self.high}] does not hold {self.value}")
        if self.n < 1:
            raise ValueError("a measurement needs n >= 1; use Unmeasured for an empty subject")

    def as_census(self) -> Measurement:
        """The same value as a statement about these rows only: a zero-width interval."""
        return msgspec.structs.replace(
            self, low=self.value, high=self.value, level=None, method="census"
        )


class Unmeasured(msgspec.Struct, frozen=True, kw_only=True):
    """There is nothing to measure here, and why: an empty slice, a class that does not occur.

    ``fault`` tells that the subject is to blame: it gave no answer, or NaN, where one was due. A
    check then ends in an error rather than not applying.
    """

    reason: str
    key: dict[str, str] = {}
    n: int = 0
    fault: bool = False


Estimate = Measurement | Unmeasured


class Estimation(msgspec.Struct, frozen=True, kw_only=True):
    """How to estimate: the confidence level of the interval, and the seed of any resampling.

    ``census`` asks for these rows as they are: a zero-width interval with method ``census``.
    ``now`` is the instant the run speaks of, in seconds since 1970 UTC (metrics have no clock).
    """

    level: float = 0.95
    seed: int = 0
    census: bool = False
    now: float | None = None


def number_text(value: float) -> str:
    """A figure for a person: six significant digits, thousands apart, no trailing zeros."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4f}".rstrip("0").rstrip(".") if 1e-3 <= abs(value) < 1e6 else f"{value:.4g}"


def measurement_text(measurement: Measurement) -> str:
    """The value with its interval, unit and key: ``afam=yes: 0.91 [0.88, 0.94]``."""
    text = number_text(measurement.value)
    if measurement.level is not None or measurement.low != measurement.high:
        low = "-∞" if measurement.low is None else number_text(measurement.low)
        high = "∞" if measurement.high is None else number_text(measurement.high)
        text += f" [{low}, {high}]"
    if measurement.unit not in ("", "share"):
        plural = measurement.value != 1 or len(measurement.unit) == 1  # "s" is a symbol
        text += f" {measurement.unit if plural else measurement.unit.removesuffix('s')}"
    where = ", ".join(f"{name}={value}" for name, value in measurement.key.items())
    return f"{where}: {text}" if where else text
