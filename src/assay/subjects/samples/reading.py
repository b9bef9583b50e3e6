"""Samples from files of our own shape and of other tools', one after the other."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from assay.core.errors import SubjectError, did_you_mean
from assay.subjects.files import file_fingerprint
from assay.subjects.samples.formats.finding import open_foreign
from assay.subjects.samples.images import with_images
from assay.subjects.samples.record import FIELDS, BadRecord, sample_of
from assay.subjects.samples.records import RecordFile, find_file
from assay.subjects.samples.sets.library import is_set, open_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay.core.check import SamplesSpec
    from assay.core.exchange import Sample
    from assay.subjects.samples.formats.foreign import ForeignFile
    from assay.subjects.samples.sets.library import PromptSet

_SHAPE = "it must be a mapping with 'input' or 'messages'"
_EXAMPLE = '{"id": …, "input": …, "target": …}'


class Samples:
    """The samples of one file.

    Iterating reads the file anew, so that samples of any number take little memory.

    Args:
        source: the file's records.
        fields: names in the records of our fields, where they differ.
    """

    def __init__(
        self, source: RecordFile | ForeignFile | PromptSet, fields: Mapping[str, str]
    ) -> None:
        self.source = source
        self.fields = dict(fields)

    @property
    def fingerprint(self) -> str:
        """Hash of the file and of how its fields are named.

        Raises:
            SubjectError: it cannot be read.
        """
        names = ",".join(f"{ours}={theirs}" for ours, theirs in sorted(self.fields.items()))
        found = file_fingerprint(self.source.paths)
        return f"{found}:{names}" if names else found

    def __iter__(self) -> Iterator[Sample]:
        """The samples in the order of the file.

        Raises:
            SubjectError: a record is no sample, or two have the same id; it says where.
        """
        places: dict[str, int] = {}
        for number, (line, record) in enumerate(self.source.samples(), start=1):
            try:
                sample = with_images(
                    sample_of(record, number, self.fields),
                    beside=os.path.dirname(self.source.paths[0]),
                    prefix=os.path.dirname(self.source.written),
                )
            except BadRecord as error:
                raise self.source.fault(line, f"{error}") from None
            first = places.setdefault(sample.id, line)
            if first != line:
                raise self.source.fault(
                    line,
                    f"the id {sample.id!r} was given in {self.source.place} {first} already",
                    "Ids pair the answers of two runs: give each sample its own.",
                )
            yield sample


def open_samples(spec: SamplesSpec, *, folder: str) -> Samples:
    """The samples that a suite names; nothing of them is read yet, but for telling the format.

    Args:
        folder: where relative paths start.

    Raises:
        SubjectError: there is no such file, its format is not known, or a field is not one.
    """
    for field in spec.fields:
        if field not in FIELDS:
            raise SubjectError(
                f"A sample has no field {field!r}.{did_you_mean(field, FIELDS)}",
                hint=f"Fields: {', '.join(FIELDS)}.",
            )
    path = os.path.join(folder, os.path.expanduser(spec.path))
    if spec.format is None and is_set(spec.path, path):
        if spec.fields:
            raise SubjectError("`fields` has no place with a set of prompts: its fields are known.")
        return Samples(open_set(spec.path, path), {})
    foreign = open_foreign(path, spec.path, spec.format, renamed=bool(spec.fields))
    if foreign is not None:
        return Samples(foreign, spec.fields)
    found = find_file(spec.path, folder, what="file of samples")
    return Samples(RecordFile(found, spec.path, shape=_SHAPE, example=_EXAMPLE), spec.fields)
