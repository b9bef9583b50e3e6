"""Scorers: from a sample and an answer to a number.

A scorer is registered once, by name, like a metric; each becomes a check ``llm.<name>`` too::

    @scorer("includes", formula="1 if a target occurs in the answer, else 0", ...)
    class Includes(Scorer):
        '''Whether the answer contains a target.'''

        ignore_case: bool = True

        def score(self, exchanges): ...

Scorers are pure and work on batches. What needs other calls (a judge) says which, and is given
the answers: calls have one place, the collection (see :mod:`assay.core.judged`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping  # at run time: the hints of scorers are resolved
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assay.core.exchange import Exchange

Need = Literal["target", "context", "choices"]


class Score(NamedTuple):
    """A number, or None where the scorer cannot tell; and why, in a clause for a person."""

    value: float | None
    reason: str = ""


class Scorer(ABC):
    """Base of all scorers.

    Class attributes (set by :func:`scorer`):
        name: registered name; its check is ``llm.<name>``.
        needs: fields that a sample must have to be scored.
        binary: values are 0 or 1.
        low, high: bounds of the values; ``high`` may be infinite.
        higher_is_better: direction of improvement; None where neither is.
        unit: of the values.
        formula, reference: as for a metric.
        example: parameters, for the conformance tests and the reference pages.
        version: raised where the same parameters would give other scores.
    """

    name: ClassVar[str]
    needs: ClassVar[tuple[Need, ...]]
    binary: ClassVar[bool]
    low: ClassVar[float]
    high: ClassVar[float]
    higher_is_better: ClassVar[bool | None]
    unit: ClassVar[str]
    formula: ClassVar[str]
    reference: ClassVar[str]
    example: ClassVar[Mapping[str, Any]]
    version: ClassVar[int]

    @abstractmethod
    def score(self, exchanges: Sequence[Exchange]) -> Sequence[Score]:
        """One score for each exchange, in their order. Answers without an error only."""

    def opened(self, folder: str, *, allow_code: bool) -> Scorer:
        """The scorer, ready to score: what its parameters name is read or loaded. Itself, if none.

        Args:
            folder: of the suite; relative paths start there.
            allow_code: the run allows code of others to be imported or run.

        Raises:
            AssayError: something cannot be read, or runs code that is not allowed.
        """
        return self

    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value: the class's, unless a parameter says otherwise."""
        return self.low, self.high

    def parameters(self) -> dict[str, Any]:
        """Parameters by name, as plain data."""
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]


class GroupScorer(Scorer):
    """Base of the scorers that look at all answers to one sample together."""

    @abstractmethod
    def together(self, exchanges: Sequence[Exchange]) -> Score:
        """One score of all answers to one sample; at least one, without an error."""

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        """Each answer as if it were the only one to its sample."""
        return [self.together([exchange]) for exchange in exchanges]


S = TypeVar("S", bound=Scorer)
_registry: dict[str, type[Scorer]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def scorer(
    name: str,
    *,
    needs: tuple[Need, ...] = (),
    binary: bool = False,
    low: float = 0.0,
    high: float = 1.0,
    higher_is_better: bool | None = True,
    unit: str = "",
    formula: str,
    reference: str,
    example: Mapping[str, Any] | None = None,
    version: int = 1,
) -> Callable[[type[S]], type[S]]:
    """Register a scorer class under a name; see :class:`Scorer` for the arguments.

    Raises:
        ValueError: another class holds the name, or the class has no docstring.
    """

    def register(cls: type[S]) -> type[S]:
        held = _registry.get(name)
        if held is not None and (held.__module__, held.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise ValueError(f"scorer {name!r} is already {held.__module__}.{held.__qualname__}")
        if not cls.__dict__.get("__doc__"):
            raise ValueError(f"scorer {name!r} needs a docstring: it is its documentation")
        cls.name = name
        cls.needs = needs
        cls.binary = binary
        cls.low, cls.high = low, high
        cls.higher_is_better = higher_is_better
        cls.unit = unit
        cls.formula = formula
        cls.reference = reference
        cls.example = example or {}
        cls.version = version
        built = dataclass(frozen=True, kw_only=True)(cls)
        _registry[name] = built
        return built

    return register


def scorers() -> Iterator[tuple[str, type[Scorer]]]:
    """All scorers registered so far, by name."""
    yield from sorted(_registry.items())


def find_scorer(name: str) -> type[Scorer] | None:
    """The scorer registered under the name, or None."""
    return _registry.get(name)
