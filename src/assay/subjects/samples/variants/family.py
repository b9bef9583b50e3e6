"""A family of variants: a seeded, pure function from a sample to the same sample put otherwise."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, NamedTuple

from assay.core.errors import SubjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from assay.core.exchange import Sample

    Change = Callable[[Sample, Random, float], Sample | None]


class Family(NamedTuple):
    """One way to put a sample otherwise.

    Attributes:
        name: in a suite.
        change: the sample put otherwise; None where the sample gives no occasion for it.
        strength: share of the places that are changed, where none is given; None where a family
            knows no degrees.
        about: what it does, for a person.
    """

    name: str
    change: Change
    strength: float | None
    about: str

    def hold(self, strength: float | None) -> float:
        """The strength that is meant.

        Raises:
            SubjectError: the family knows no degrees, or this is none.
        """
        if strength is None:
            return 0.0 if self.strength is None else self.strength
        if self.strength is None:
            raise SubjectError(f"The variant {self.name!r} knows no degrees: write its name alone.")
        if not 0 < strength <= 1:
            raise SubjectError(
                f"The strength of {self.name!r} is a share above 0 and at most 1, not {strength:g}."
            )
        return strength


_families: dict[str, Family] = {}


def family(name: str, *, strength: float | None = None) -> Callable[[Change], Change]:
    """Register a function as a family of variants.

    Raises:
        ValueError: another function holds the name, or this one has no docstring.
    """

    def register(change: Change) -> Change:
        about = inspect.getdoc(change)
        if not about:
            raise ValueError(f"the variant {name!r} needs a docstring: it is its documentation")
        held = _families.get(name)
        if held is not None and held.change.__module__ != change.__module__:
            raise ValueError(f"the variant {name!r} is already in {held.change.__module__}")
        _families[name] = Family(name, change, strength, about)
        return change

    return register


def families() -> Mapping[str, Family]:
    """All families registered so far, by name."""
    return dict(sorted(_families.items()))
