"""Sets of prompts that come with Assay, and sets of a person's own of the same form.

``assay:injection`` is a set of ours; a folder, or a file whose name ends in ``.attacks.jsonl``, is
one's own. Nothing here knows a set: ``data/sets.json`` names them all, with their files.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import SubjectError, did_you_mean
from assay.subjects.files import missing_file
from assay.subjects.samples.records import RecordFile
from assay.subjects.samples.sets.expanding import BadLine, Line, Record, expanded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIX = "assay:"
ENDING = ".attacks.jsonl"
_DATA = os.path.join(os.path.dirname(__file__), "data")
_EXAMPLE = '{"id": …, "payload": …} or {"id": …, "input": …}'


class SetInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a set of ours.

    Attributes:
        title: what it asks, in a clause.
        parts: files that make the set, each list of them expanded for itself.
        licence: of its texts.
        sources: papers and lists whose techniques the texts are written after.
    """

    title: str
    parts: tuple[tuple[str, ...], ...]
    licence: str
    sources: tuple[str, ...]


@cache
def sets() -> dict[str, SetInfo]:
    """The sets of ours by name."""
    with open(os.path.join(_DATA, "sets.json"), "rb") as file:
        return msgspec.json.decode(file.read(), type=dict[str, SetInfo])


def is_set(written: str, path: str) -> bool:
    """Whether what a suite names is a set: one of ours, a folder of JSON lines, or such a file."""
    if written.startswith(PREFIX) or written.lower().endswith(ENDING):
        return True
    return os.path.isdir(path) and bool(_files_of(path))


def open_set(written: str, path: str) -> PromptSet:
    """A set; its lines are read when it is iterated over.

    Args:
        written: as the suite has it.
        path: the same as an absolute path, for one's own.

    Raises:
        SubjectError: there is none of that name, or no such file.
    """
    if written.startswith(PREFIX):
        name = written.removeprefix(PREFIX)
        found = sets().get(name)
        if found is None:
            raise SubjectError(
                f"There is no set of samples {written!r}.{did_you_mean(name, sets())}",
                hint=f"Sets: {', '.join(sorted(sets()))}.",
            )
        parts = [[os.path.join(_DATA, file) for file in part] for part in found.parts]
        return PromptSet(parts, written)
    if os.path.isdir(path):
        return PromptSet([_files_of(path)], os.path.join(written, ""))
    if not os.path.isfile(path):
        raise missing_file(path, written, what="set of samples")
    return PromptSet([[path]], written)


def _files_of(folder: str) -> list[str]:
    """The files of JSON lines in a folder, in the order of their names."""
    names = sorted(n for n in os.listdir(folder) if n.lower().endswith(".jsonl"))
    return [os.path.join(folder, name) for name in names]


class PromptSet:
    """The records of a set's samples, as a source of :class:`~..reading.Samples`.

    Args:
        parts: paths of its files; carriers and payloads of one part meet.
        written: the set as a person wrote it, for messages.
    """

    place = "line"

    def __init__(self, parts: Sequence[Sequence[str]], written: str) -> None:
        self._parts = tuple(tuple(part) for part in parts)
        self.written = written
        self._places: list[str] = []

    @property
    def paths(self) -> list[str]:
        """The set's files."""
        return list(dict.fromkeys(path for part in self._parts for path in part))

    def fault(self, line: int, message: str, hint: str | None = None) -> SubjectError:
        """An error that says where: ``line`` counts the samples that were given, from 1."""
        return SubjectError(f"{self._places[line - 1]}: {message.rstrip('.')}.", hint=hint)

    def samples(self) -> Iterator[tuple[int, Record]]:
        """Each sample's record with its number, file by file, payload by payload.

        Raises:
            SubjectError: a file cannot be read, or a line fits no sample; it says where.
        """
        self._places = []
        seen: dict[str, str] = {}
        for part in self._parts:
            try:
                for place, record in expanded(
                    [line for path in part for line in self._lines(path)]
                ):
                    name = str(record["id"])
                    if name in seen:
                        raise BadLine(f"{place}: the id {name!r} was given in {seen[name]} already")
                    seen[name] = place
                    self._places.append(place)
                    yield len(self._places), record
            except BadLine as error:
                raise SubjectError(f"{error}.") from None

    def _lines(self, path: str) -> Iterator[Line]:
        shown = os.path.basename(path)
        if not self.written.startswith(PREFIX):
            shown = os.path.join(os.path.dirname(self.written), shown)
        file = RecordFile(path, shown, shape="it must be a mapping", example=_EXAMPLE)
        for number, record in file.samples():
            yield Line(f"{shown}, line {number}", record)
