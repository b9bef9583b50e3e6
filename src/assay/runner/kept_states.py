"""What is kept of a table's files, for some aggregates: found, completed, merged in their order.

Kept are the states of each file, so that one that changes costs only itself; and those of the first
files together, so that on the next day two states of a kind are merged and not one for each file.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from assay.states import merged, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from assay.core.aggregate import Aggregate, Key

_LARGE = 1 << 20

States = dict["Aggregate[Any]", dict["Key", Any]]


class Store(Protocol):
    """Where states are kept between runs: see :class:`assay.history.states.StateStore`."""

    @property
    def notes(self) -> list[str]:
        """What went wrong, for a person."""
        ...

    def contents(self, stamps: Mapping[str, str], /) -> dict[str, str]:
        """Contents by path, of the files that have the same stamp as when they were hashed."""
        ...

    def learn(self, contents: Mapping[str, tuple[str, str]], /) -> None:
        """Note stamp and content by path."""
        ...

    def kept(
        self, contents: Collection[str], questions: Collection[str], /
    ) -> dict[str, frozenset[str]]:
        """The questions that are answered, by content."""
        ...

    def load(self, content: str, questions: Collection[str], /) -> dict[str, bytes]:
        """Packed states of one content by question; those that are damaged are left out."""
        ...

    def save(
        self, content: str, states: Mapping[str, bytes], /, *, chain: str | None = None
    ) -> None:
        """Keep packed states of a content by question."""
        ...

    def settle(
        self,
        files: Mapping[str, str],
        questions: Collection[str],
        /,
        *,
        chain: str,
        joined: Sequence[str],
    ) -> None:
        """Note what a table holds now, and forget what nothing will ask for again."""
        ...


class KeptStates:
    """The states of a table's files that are kept, and where the first files are merged already.

    Args:
        files: identities of the files' rows, in the order of the table.
        questions: identity of each aggregate's question.
    """

    def __init__(
        self, store: Store, files: Sequence[str], questions: Mapping[Aggregate[Any], str]
    ) -> None:
        self._store = store
        self._files = files
        self._questions = questions
        self._joined = joined(files)
        self._sums: dict[Aggregate[Any], _Sum] = {}
        self._start: dict[Aggregate[Any], int] = {}
        self._known = self._find()

    def _find(self) -> dict[str, frozenset[str]]:
        """For each aggregate, take the longest run of first files that is kept merged."""
        open_ = dict.fromkeys(self._questions)
        together = self._store.kept(self._joined[1:], self._questions.values())
        for count in range(len(self._files), 1, -1):
            content = self._joined[count - 1]
            if content in together:
                for aggregate, states in self._load(content, open_).items():
                    del open_[aggregate]
                    self._start[aggregate] = count
                    self._sums[aggregate] = _Sum(states, count)
        for aggregate in open_:
            self._start[aggregate] = 0
            self._sums[aggregate] = _Sum()
        rest = self._files[min(self._start.values()) :]
        return self._store.kept(rest, self._questions.values())

    def lacking(self, position: int) -> list[Aggregate[Any]]:
        """Aggregates that must be folded over the file at a position."""
        known = self._known.get(self._files[position], frozenset())
        return [a for a in self._wanted(position) if self._questions[a] not in known]

    def kept(self, position: int) -> States:
        """The states of the file at a position that are kept and wanted."""
        lacking = set(self.lacking(position))
        wanted = [a for a in self._wanted(position) if a not in lacking]
        return self._load(self._files[position], wanted) if wanted else {}

    def wants(self, position: int, states: States) -> list[Aggregate[Any]]:
        """What ``states`` lack of the file at a position: something kept may be damaged."""
        return [a for a in self._wanted(position) if a not in states]

    def add(self, states: States) -> None:
        """Merge the states of the next file."""
        for aggregate, found in states.items():
            self._sums[aggregate].add(found)

    def save(self, position: int, states: States) -> None:
        """Keep what was folded over the file at a position."""
        self._store.save(self._files[position], self._packed(states))

    def total(self) -> States:
        """The states of the whole table."""
        return {aggregate: sum_.total() for aggregate, sum_ in self._sums.items()}

    def save_total(self, total: States) -> None:
        """Keep the states of all files together.

        A large one is written only when an eighth of the files is new in it: to merge a few more
        on the next day is cheaper than to write the whole every day.
        """
        count = len(self._files)
        new = {a: s for a, s in total.items() if self._start[a] < count and count > 1}
        settled = {self._questions[a] for a in new if 8 * (count - self._start[a]) < count}
        packed = {
            name: value
            for name, value in self._packed(new).items()
            if len(value) <= _LARGE or name not in settled
        }
        if packed:
            self._store.save(self._joined[-1], packed, chain=self._files[0])

    def settle(self, paths: Iterable[str]) -> None:
        """Forget what nothing will ask for again; ``paths`` are those of the files."""
        used = {self._joined[start - 1] for start in self._start.values() if start}
        self._store.settle(
            dict(zip(paths, self._files, strict=True)),
            list(self._questions.values()),
            chain=self._files[0],
            joined=sorted(used | set(self._joined[-2:])),
        )

    def _wanted(self, position: int) -> list[Aggregate[Any]]:
        return [a for a, start in self._start.items() if start <= position]

    def _packed(self, states: States) -> dict[str, bytes]:
        return {self._questions[a]: pack(found) for a, found in states.items()}

    def _load(self, content: str, wanted: Iterable[Aggregate[Any]]) -> States:
        by_question = {self._questions[a]: a for a in wanted}
        found: States = {}
        for name, packed in self._store.load(content, list(by_question)).items():
            try:
                found[by_question[name]] = unpack(packed)
            except msgspec.DecodeError:  # written by something else: it is folded again
                continue
        return found


class _Sum:
    """States merged in order, neighbours of like size first: none is copied often."""

    def __init__(self, states: dict[Key, Any] | None = None, files: int = 0) -> None:
        self._parts = [(files, states)] if states is not None else []

    def add(self, states: dict[Key, Any]) -> None:
        self._parts.append((1, states))
        while len(self._parts) > 1 and self._parts[-2][0] <= self._parts[-1][0]:
            self._join()

    def total(self) -> dict[Key, Any]:
        while len(self._parts) > 1:
            self._join()
        return self._parts[0][1] if self._parts else {}

    def _join(self) -> None:
        (files, last), (before, first) = self._parts.pop(), self._parts.pop()
        self._parts.append((before + files, merged(first, last)))


def joined(files: Sequence[str]) -> list[str]:
    """The identity of the first file, of the first two together, and so on."""
    found: list[str] = []
    for file in files:
        both = f"{found[-1]} {file}" if found else file
        found.append(hashlib.sha256(both.encode()).hexdigest() if found else file)
    return found
