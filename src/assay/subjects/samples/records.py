"""Records of a file of JSON lines, JSON, CSV or Parquet, one after the other, each with its place.

Read anew at each pass, so that records of any number take little memory.
"""

from __future__ import annotations

import csv
import json
import os
import re
from typing import TYPE_CHECKING, Any

from assay.core.errors import SubjectError, did_you_mean
from assay.subjects.files import missing_file
from assay.subjects.samples.decoding import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]

ENDINGS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "csv",
    ".parquet": "parquet",
}  # fmt: skip
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_LONGEST = 64 * 2**20
"""Bytes of one line: more is no record but a mistake."""


class RecordFile:
    """A file of records.

    Args:
        path: of the file; its ending tells the format.
        written: the path as a person wrote it, for messages.
        shape: what a record must be, a clause for messages: "it must be …".
        example: of a line, for a hint.
    """

    def __init__(self, path: str, written: str, *, shape: str, example: str) -> None:
        self.path = path
        self.written = written
        self.format = ENDINGS[os.path.splitext(path)[1].lower()]
        self._shape, self._example = shape, example

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it is."""
        return (self.path,)

    @property
    def place(self) -> str:
        """What a record's number counts: lines of the file, or rows."""
        return "row" if self.format in ("parquet", "json") else "line"

    def fault(self, line: int, message: str, hint: str | None = None) -> SubjectError:
        """An error that says where."""
        where = f"{self.written}, {self.place} {line}"
        return SubjectError(f"{where}: {message.rstrip('.')}.", hint=hint)

    def records(self) -> Iterator[tuple[int, Record]]:
        """Records with the line (or row) on which each begins, from 1.

        Empty cells of CSV and nulls of Parquet are left out.

        Raises:
            SubjectError: the file cannot be read, or holds something else; it says where.
        """
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

    def samples(self) -> Iterator[tuple[int, Record]]:
        """The records, taken as samples."""
        return self.records()

    def answers(self) -> Iterator[tuple[int, Record]]:
        """The records, taken as answers."""
        return self.records()

    def _json_lines(self) -> Iterator[tuple[int, Record]]:
        with open(self.path, "rb") as file:
            number = 0
            while text := file.readline(_LONGEST + 1):
                number += 1
                if len(text) > _LONGEST:
                    raise self.fault(number, f"the line has more than {_LONGEST >> 20} MB")
                if number == 1:
                    text = text.removeprefix(b"\xef\xbb\xbf")
                if not text.strip():
                    continue
                try:
                    found = _decoded(text)
                except ValueError as error:
                    raise self.fault(
                        number, f"it is not valid JSON: {error}",
                        f"Each line holds one mapping: {self._example}.",
                    ) from None  # fmt: skip
                if not isinstance(found, dict):
                    raise self.fault(number, self._shape)
                yield number, found

    def _json(self) -> Iterator[tuple[int, Record]]:
        with open(self.path, "rb") as file:
            try:
                found = from_json(file.read().removeprefix(b"\xef\xbb\xbf"))
            except ValueError as error:
                raise SubjectError(f"{self.written!r} is not valid JSON: {error}.") from None
        if not isinstance(found, list):
            raise SubjectError(f"{self.written!r} must hold a list of mappings.")
        for number, record in enumerate(found, start=1):
            if not isinstance(record, dict):
                raise self.fault(number, self._shape)
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
                        raise self.fault(line, "it has more cells than the header")
                    yield line, {k: v for k, v in row.items() if v not in (None, "")}
            except UnicodeDecodeError as error:
                raise self.fault(reader.line_num + 1, f"it is not UTF-8 ({error.reason})") from None
            except csv.Error as error:
                raise self.fault(reader.line_num, f"it is not valid CSV: {error}") from None

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


def _decoded(text: bytes) -> Any:
    """JSON; half a character (a lone surrogate) in a text is let through, for the reader to say.

    Raises:
        ValueError: it is none.
    """
    try:
        return from_json(text)
    except ValueError:
        if not _HALF.search(text):
            raise
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def find_file(written: str, folder: str, *, what: str) -> str:
    """The path of a file of records.

    Args:
        folder: where relative paths start.
        what: it is, for messages.

    Raises:
        SubjectError: there is no such file, or its ending is not known.
    """
    path = os.path.join(folder, os.path.expanduser(written))
    if not os.path.isfile(path):
        raise missing_file(path, written, what=what)
    ending = os.path.splitext(path)[1].lower()
    if ending not in ENDINGS:
        near = did_you_mean(ending, ENDINGS)
        raise SubjectError(
            f"The ending of {os.path.basename(path)!r} is not known.{near}",
            hint=f"Known: {', '.join(ENDINGS)}.",
        )
    return path
