"""What a file of another tool looks like to the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from assay.core.errors import SubjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Something that the file asks of the answers.

    Attributes:
        what: as the file has it, for a person.
        metric: ours; "" where there is none.
        params: of the metric.
        criterion: word and value of a suite, as ``("at_least", 1)``; None reports only.
        where: SQL predicate over the samples' metadata; "" means all.
        reason: what differs, or why there is no metric.
    """

    what: str
    metric: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    criterion: tuple[str, Any] | None = None
    where: str = ""
    reason: str = ""


class NoAnswers(SubjectError):
    """The file holds samples and no answers."""


class ForeignFile(ABC):
    """A file, or folder, of another tool.

    Args:
        path: where it is.
        written: the path as a person wrote it, for messages.
    """

    name: ClassVar[str]
    """What ``format:`` says."""
    place: ClassVar[str] = "sample"
    """What a record's number counts."""
    answered: ClassVar[bool] = False
    """Whether files of this format may hold answers."""

    def __init__(self, path: str, written: str) -> None:
        self.path = path
        self.written = written

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that are read."""
        return (self.path,)

    def fault(self, number: int, message: str, hint: str | None = None) -> SubjectError:
        """An error that says where."""
        where = f"{self.written}, {self.place} {number}"
        return SubjectError(f"{where}: {message.rstrip('.')}.", hint=hint)

    def unreadable(self, reason: str) -> SubjectError:
        """An error of the whole file."""
        return SubjectError(f"{self.written!r} is not what {self.name} writes: {reason}.")

    @abstractmethod
    def samples(self) -> Iterator[tuple[int, Record]]:
        """Records of samples, with our names of the fields; each with its number from 1.

        Raises:
            SubjectError: the file cannot be read, or is not of this format.
        """

    def answers(self) -> Iterator[tuple[int, Record]]:
        """Records of answers, with our names of the fields.

        Raises:
            SubjectError: the file cannot be read, or holds none.
        """
        raise NoAnswers(f"{self.written!r} holds samples and no answers ({self.name}).")

    def wanted(self) -> Iterator[Wanted]:
        """What the file asks of the answers."""
        return iter(())
