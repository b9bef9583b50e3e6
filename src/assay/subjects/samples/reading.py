"""Samples from files of JSON lines, CSV and Parquet, one after the other."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import SubjectError, did_you_mean
from assay.subjects.files import file_fingerprint, missing_file
from assay.subjects.samples.record import FIELDS, BadRecord, sample_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay.core.check import SamplesSpec
    from assay.core.exchange import Sample

Record = dict[str, Any]

_FORMATS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "csv",
    ".parquet": "parquet",
}  # fmt: skip
_LONGEST = 64 * 2**20
"""Bytes of one line: more is no sample but a mistake."""


class Samples:
    """The samples of one file.

    Iterating reads the file anew, so that samples of any number take little memory.
    """

    def __init__(self, path: str, written: str, fields: Mapping[str, str]) -> None:
        self.path = path
        self.written = written
        self.fields = dict(fields)
        self.format = _FORMATS[os.path.splitext(path)[1].lower()]

    @property
    def fingerprint(self) -> str:
        """Hash of the file and of how its fields are named.

        Raises:
            SubjectError: it cannot be read.
        """
        names = ",".join(f"{ours}={theirs}" for ours, theirs in sorted(self.fields.items()))
        found = file_fingerprint([self.path])
        return f"{found}:{names}" if names else found

    def __iter__(self) -> Iterator[Sample]:
        """The samples in the order of the file.

        Raises:
            SubjectError: a record is no sample, or two have the same id; it says where.
        """
        places: dict[str, int] = {}
        for number, (line, record) in enumerate(self._records(), start=1):
            try:
                sample = sample_of(record, number, self.fields)
            except BadRecord as error:
                raise self._fault(line, f"{error}") from None
            first = places.setdefault(sample.id, line)
            if first != line:
                raise self._fault(
                    line, f"the id {sample.id!r} was given in {self._place} {first} already",
                    "Ids pair the answers of two runs: give each sample its own.",
                )  # fmt: skip
            yield sample

    @property
    def _place(self) -> str:
        return "row" if self.format in ("parquet", "json") else "line"

    def _fault(self, line: int, message: str, hint: str | None = None) -> SubjectError:
        where = f"{self.written}, {self._place} {line}"
        return SubjectError(f"{where}: {message.rstrip('.')}.", hint=hint)

    def _records(self) -> Iterator[tuple[int, Record]]:
        """Records with the line (or row) on which each begins, from 1."""
        try:
            match self.format:
                case "jsonl":
                    yield from self._json_lines()
                case "json":
                    yield from self._json()
                case "csv":
                    yield from self._csv()
                case _:
                    yield from self._parquet()
        except OSError as error:
            raise SubjectError(f"{self.written!r} cannot be read: {error.strerror}.") from error

    def _json_lines(self) -> Iterator[tuple[int, Record]]:
        with open(self.path, "rb") as file:
            number = 0
            while text := file.readline(_LONGEST + 1):
                number += 1
                if len(text) > _LONGEST:
                    raise self._fault(number, f"the line has more than {_LONGEST >> 20} MB")
                if number == 1:
                    text = text.removeprefix(b"\xef\xbb\xbf")
                if not text.strip():
                    continue
                try:
                    found = msgspec.json.decode(text)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise self._fault(
                        number, f"it is not valid JSON: {error}",
                        "Each line holds one mapping: {\"id\": …, \"input\": …, \"target\": …}.",
                    ) from None  # fmt: skip
                if not isinstance(found, dict):
                    raise self._fault(number, "it must be a mapping with 'input' or 'messages'")
                yield number, found

    def _json(self) -> Iterator[tuple[int, Record]]:
        with open(self.path, "rb") as file:
            try:
                found = msgspec.json.decode(file.read().removeprefix(b"\xef\xbb\xbf"))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise SubjectError(f"{self.written!r} is not valid JSON: {error}.") from None
        if not isinstance(found, list):
            raise SubjectError(f"{self.written!r} must hold a list of samples.")
        for number, record in enumerate(found, start=1):
            if not isinstance(record, dict):
                raise self._fault(number, "it must be a mapping with 'input' or 'messages'")
            yield number, record

    def _csv(self) -> Iterator[tuple[int, Record]]:
        csv.field_size_limit(_LONGEST)  # of the process; its default of 131 kB is no prompt
        delimiter = "\t" if self.path.lower().endswith(".tsv") else ","
        with open(self.path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=delimiter, strict=True, restkey="")
            try:
                before = 1  # the header's line
                for row in reader:
                    line, before = before + 1, reader.line_num
                    if "" in row:
                        raise self._fault(line, "it has more cells than the header")
                    yield line, {k: v for k, v in row.items() if v not in (None, "")}
            except UnicodeDecodeError as error:
                raise self._fault(
                    reader.line_num + 1, f"it is not UTF-8 ({error.reason})"
                ) from None
            except csv.Error as error:
                raise self._fault(reader.line_num, f"it is not valid CSV: {error}") from None

    def _parquet(self) -> Iterator[tuple[int, Record]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        number = 0
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=1_000):
                    for record in batch.to_pylist():
                        number += 1
                        yield number, {k: v for k, v in record.items() if v is not None}
        except pa.ArrowException as error:
            raise SubjectError(f"{self.written!r} cannot be read: {error}.") from None


def open_samples(spec: SamplesSpec, *, folder: str) -> Samples:
    """The samples that a suite names; nothing of them is read yet.

    Args:
        folder: where relative paths start.

    Raises:
        SubjectError: there is no such file, its ending is not known, or a field is not one.
    """
    for field in spec.fields:
        if field not in FIELDS:
            raise SubjectError(
                f"A sample has no field {field!r}.{did_you_mean(field, FIELDS)}",
                hint=f"Fields: {', '.join(FIELDS)}.",
            )
    path = os.path.join(folder, os.path.expanduser(spec.path))
    if not os.path.isfile(path):
        raise missing_file(path, spec.path, what="file of samples")
    ending = os.path.splitext(path)[1].lower()
    if ending not in _FORMATS:
        near = did_you_mean(ending, _FORMATS)
        raise SubjectError(
            f"The ending of {os.path.basename(path)!r} is not known.{near}",
            hint=f"Known: {', '.join(_FORMATS)}.",
        )
    return Samples(path, spec.path, spec.fields)
