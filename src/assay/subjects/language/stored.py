"""Answers that exist already: a log of production, or another tool's run, in a file."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import SubjectError, did_you_mean
from assay.subjects.files import file_fingerprint
from assay.subjects.language.answer_record import ANSWER_FIELDS, NO_OUTPUT, answer_of
from assay.subjects.samples.formats.finding import open_foreign
from assay.subjects.samples.record import BadRecord
from assay.subjects.samples.records import RecordFile, find_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Answer
    from assay.subjects.samples.formats.foreign import ForeignFile

_SHAPE = "it must be a mapping with 'id' and 'output'"
_EXAMPLE = '{"id": …, "output": …}'
_SPARSE = ("csv", "parquet")


class StoredAnswers:
    """The answers of one file; iterating reads it anew.

    Attributes:
        description: what it is, for a person.
    """

    def __init__(self, source: RecordFile | ForeignFile, spec: LanguageModelSpec) -> None:
        self.source = source
        self._fields = dict(spec.answers_fields)
        self.description = f"answers of {source.written}"

    @property
    def fingerprint(self) -> str:
        """Hash of the file and of how its fields are named.

        Raises:
            SubjectError: it cannot be read.
        """
        names = ",".join(f"{ours}={theirs}" for ours, theirs in sorted(self._fields.items()))
        return f"{file_fingerprint(self.source.paths)}:answers:{names}"

    def __iter__(self) -> Iterator[Answer]:
        """The answers in the order of the file.

        A record without an id answers the sample of the same number, as samples without an id are
        numbered.

        Raises:
            SubjectError: a record is no answer, or stands there twice; it says where.
        """
        sparse = isinstance(self.source, RecordFile) and self.source.format in _SPARSE
        unsaid = number = 0
        record: Mapping[str, object] = {}
        seen: Counter[str] = Counter()
        said: dict[tuple[str, int], int] = {}
        for number, (line, record) in enumerate(self.source.answers(), start=1):
            try:
                read = answer_of(record, number, self._fields, sparse=sparse)
            except BadRecord as error:
                raise self.source.fault(line, f"{error}") from None
            answer = read.answer
            if read.repeat is not None:
                first = said.setdefault((answer.unit, read.repeat), line)
                if first != line:
                    raise self.source.fault(
                        line,
                        f"the answer {read.repeat} to {answer.unit!r} was given in "
                        f"{self.source.place} {first} already",
                    )
            answer = msgspec.structs.replace(answer, repeat=seen[answer.unit])
            seen[answer.unit] += 1
            unsaid += answer.error == NO_OUTPUT
            yield answer
        if unsaid and unsaid == number:
            name = self._fields.get("output", "output")
            raise SubjectError(
                f"{self.source.written}: none of its {number:,} records has {name!r}."
                f"{did_you_mean(name, record)}",
                hint="Name the field of the answers' text: fields: {output: …}.",
            )


def open_stored(spec: LanguageModelSpec, *, folder: str) -> StoredAnswers:
    """The answers that a suite names; nothing of them is read yet, but for telling the format.

    Args:
        folder: where relative paths start.

    Raises:
        SubjectError: there is no such file, its format is not known or holds no answers, or a
            field is not one.
    """
    assert spec.answers is not None
    for field in spec.answers_fields:
        if field not in ANSWER_FIELDS:
            raise SubjectError(
                f"An answer has no field {field!r}.{did_you_mean(field, ANSWER_FIELDS)}",
                hint=f"Fields: {', '.join(ANSWER_FIELDS)}.",
            )
    path = os.path.join(folder, os.path.expanduser(spec.answers))
    renamed = bool(spec.answers_fields)
    foreign = open_foreign(path, spec.answers, spec.answers_format, renamed=renamed)
    if foreign is not None:
        if not foreign.answered:
            raise SubjectError(f"Files of {foreign.name} hold samples and no answers.")
        return StoredAnswers(foreign, spec)
    found = find_file(spec.answers, folder, what="file of answers")
    return StoredAnswers(RecordFile(found, spec.answers, shape=_SHAPE, example=_EXAMPLE), spec)
