"""What one check asks, in the terms of Great Expectations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.core.criterion import AtLeast, AtMost, Between, Criterion, Equals
from assay.suite.exchange.entries import UnmappableError, plain

Said = list[tuple[str, dict[str, Any]]]
"""Expectations that together say what a check asks: each one's type and arguments."""


@dataclass(frozen=True)
class Wish:
    """What one check asks: parameters, criterion, tables, rows; and notes on the answer."""

    params: dict[str, Any]
    criterion: Criterion | None
    on: str
    against: str | None
    where: str | None
    notes: list[str]

    @property
    def column(self) -> dict[str, Any]:
        """The column as expectations name it."""
        return {"column": self.params["column"]}

    def interval(self) -> dict[str, Any]:
        """Least and greatest value."""
        match self.criterion:
            case AtLeast(bound=low):
                return {"min_value": plain(low)}
            case AtMost(bound=high):
                return {"max_value": plain(high)}
            case Between() | Equals():
                low, high = self.criterion.bounds()
                return {"min_value": plain(low), "max_value": plain(high)}
        raise UnmappableError(f"no expectation asks for a value that is {self.criterion}")

    def mostly(self) -> dict[str, Any]:
        """The least share of good rows, where it is not all of them."""
        match self.criterion:
            case AtLeast() | Between() | Equals():
                least, most = self.criterion.bounds()
                if 0 <= least <= 1 <= most:
                    return {} if least == 1 else {"mostly": plain(least)}
        raise UnmappableError(f"an expectation asks for a least share, not {self.criterion}")

    def every(self, value: float = 1.0) -> None:
        """Refuse a criterion that lets rows be wrong, or a value other than the only good one."""
        match self.criterion:
            case Equals(target=target, tolerance=0.0) if target == value:
                return
            case AtLeast(bound=bound) if bound == value == 1:
                return
            case AtMost(bound=bound) if bound == value == 0:
                return
        raise UnmappableError(
            f"the expectation allows no exception, and this asks {self.criterion}"
        )
