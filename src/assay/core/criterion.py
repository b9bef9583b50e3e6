"""Criteria: requirements as data. They decide about an interval and print themselves."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from assay.core.measurement import Measurement, number_text

Decision = Literal["inside", "outside", "straddles"]


def _decide(lower: float, upper: float, measurement: Measurement) -> Decision:
    """Hold the measurement's interval against the good values ``[lower, upper]``."""
    low = -math.inf if measurement.low is None else measurement.low
    high = math.inf if measurement.high is None else measurement.high
    if lower <= low and high <= upper:
        return "inside"
    if high < lower or low > upper:
        return "outside"
    return "straddles"


class AtLeast(msgspec.Struct, frozen=True, tag="at_least", tag_field="kind"):
    """The value must be ``bound`` or more."""

    bound: float

    def bounds(self) -> tuple[float, float]:
        """Least and greatest value that meet the criterion."""
        return self.bound, math.inf

    def decide(self, measurement: Measurement) -> Decision:
        """Whether the measurement's whole interval meets the criterion, misses it, or neither."""
        return _decide(*self.bounds(), measurement)

    def __str__(self) -> str:
        return f"at least {number_text(self.bound)}"


class AtMost(msgspec.Struct, frozen=True, tag="at_most", tag_field="kind"):
    """The value must be ``bound`` or less."""

    bound: float

    def bounds(self) -> tuple[float, float]:
        """Least and greatest value that meet the criterion."""
        return -math.inf, self.bound

    def decide(self, measurement: Measurement) -> Decision:
        """Whether the measurement's whole interval meets the criterion, misses it, or neither."""
        return _decide(*self.bounds(), measurement)

    def __str__(self) -> str:
        return f"at most {number_text(self.bound)}"


class Between(msgspec.Struct, frozen=True, tag="between", tag_field="kind"):
    """The value must lie in ``[lower, upper]``, ends included."""

    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not self.lower <= self.upper:
            raise ValueError(f"the lower end {self.lower} is above the upper end {self.upper}")

    def bounds(self) -> tuple[float, float]:
        """Least and greatest value that meet the criterion."""
        return self.lower, self.upper

    def decide(self, measurement: Measurement) -> Decision:
        """Whether the measurement's whole interval meets the criterion, misses it, or neither."""
        return _decide(*self.bounds(), measurement)

    def __str__(self) -> str:
        return f"between {number_text(self.lower)} and {number_text(self.upper)}"


class Equals(msgspec.Struct, frozen=True, tag="equals", tag_field="kind"):
    """The value must be ``target``, give or take ``tolerance``."""

    target: float
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if self.tolerance < 0:
            raise ValueError("the tolerance must not be negative")

    def bounds(self) -> tuple[float, float]:
        """Least and greatest value that meet the criterion."""
        return self.target - self.tolerance, self.target + self.tolerance

    def decide(self, measurement: Measurement) -> Decision:
        """Whether the measurement's whole interval meets the criterion, misses it, or neither."""
        return _decide(*self.bounds(), measurement)

    def __str__(self) -> str:
        give = f" ± {number_text(self.tolerance)}" if self.tolerance else ""
        return f"equal to {number_text(self.target)}{give}"


class OneOf(msgspec.Struct, frozen=True, tag="one_of", tag_field="kind"):
    """The value must be one of ``values``."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("one_of needs at least one value")

    def decide(self, measurement: Measurement) -> Decision:
        """As for a range: a zero-width interval is decided, a wide one only where none fits."""
        low = -math.inf if measurement.low is None else measurement.low
        high = math.inf if measurement.high is None else measurement.high
        inside = [v for v in self.values if low <= v <= high]
        if not inside:
            return "outside"
        return "inside" if low == high else "straddles"

    def __str__(self) -> str:
        return "one of " + ", ".join(number_text(v) for v in self.values)


class NoWorseThan(msgspec.Struct, frozen=True, tag="no_worse_than", tag_field="kind"):
    """The value must not be worse than in the stored run ``baseline`` by more than ``margin``.

    Which direction is worse comes from the metric. The runner measures the difference to the
    baseline, with its interval, and decides about that (non-inferiority).
    """

    baseline: str
    margin: float = 0.0

    def __post_init__(self) -> None:
        if self.margin < 0:
            raise ValueError("the margin must not be negative")

    def on_difference(self, *, higher_is_better: bool) -> AtLeast | AtMost:
        """The criterion for the difference ``current - baseline``."""
        return AtLeast(-self.margin) if higher_is_better else AtMost(self.margin)

    def __str__(self) -> str:
        margin = f" by more than {number_text(self.margin)}" if self.margin else ""
        return f"no worse than the run {self.baseline!r}{margin}"


Criterion = AtLeast | AtMost | Between | Equals | OneOf | NoWorseThan
Decidable = AtLeast | AtMost | Between | Equals | OneOf
