"""Ask an engine about many columns, some at a time, each in the terms that it can bear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from assay.core.errors import EngineError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from assay.core.aggregate import Aggregate, Key
    from assay.core.engine import Engine

    States = Mapping[Aggregate[Any], Mapping[Key, Any]]


class Question(Protocol):
    """What is asked of one column."""

    @property
    def aggregates(self) -> Sequence[Aggregate[Any]]:
        """Everything that is asked, for the engine to fold."""
        ...

    def simpler(self) -> Self | None:
        """What to ask where the engine cannot answer; None where there is nothing simpler."""
        ...


class Heavy(Question, Protocol):
    """A question that takes memory while it is asked."""

    @property
    def weight(self) -> int:
        """How much, in any unit."""
        ...


Q = TypeVar("Q", bound=Question)
W = TypeVar("W", bound=Heavy)


def portions(questions: Sequence[W], *, weight: int, most: int) -> Iterator[list[W]]:
    """Questions for one scan each: ``most`` of them, and no heavier together than ``weight``."""
    some: list[W] = []
    heavy = 0
    for question in questions:
        if some and (len(some) == most or heavy + question.weight > weight):
            yield some
            some, heavy = [], 0
        some.append(question)
        heavy += question.weight
    if some:
        yield some


def asked(engine: Engine, table: str, questions: Sequence[Q]) -> list[tuple[Q, States]]:
    """Fold the questions of several columns together.

    Where that fails, in halves; and a column that fails alone (its values are too many to count,
    or too large for a variance) is asked what is simpler.

    Raises:
        EngineError: a column cannot answer even that.
        SubjectError: the table cannot be read.
    """
    wanted = dict.fromkeys(a for q in questions for a in q.aggregates)
    try:
        states = engine.fold(table, list(wanted)) if wanted else {}
    except (EngineError, MissingExtraError):
        if len(questions) > 1:
            middle = len(questions) // 2
            first, second = questions[:middle], questions[middle:]
            return [*asked(engine, table, first), *asked(engine, table, second)]
        simpler = questions[0].simpler()
        if simpler is None:
            raise
        return asked(engine, table, [simpler])
    return [(question, states) for question in questions]
