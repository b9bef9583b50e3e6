"""The journal of one run: what is finished survives a kill, and a resumed run goes on from there.

A run's folder holds ``header.json`` (what was started), ``results.jsonl`` (one finished result a
line) and ``observations/`` (finished batches). Each line and file is flushed to the disk before
the next begins; a torn last line is what was being written when the process died, and is dropped.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import AssayError, StorageError
from assay.core.result import Result

if TYPE_CHECKING:
    from pathlib import Path


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was started with; a resumed run must match it.

    Attributes:
        now: the instant that freshness is measured from, seconds since 1970 UTC.
        suite_file: path of the suite as given, or None for a suite built in Python.
        fingerprints: content of each subject at the start, by name.
    """

    run_id: str
    name: str | None
    suite_name: str
    suite_file: str | None
    suite_fingerprint: str
    started: str
    now: float
    seed: int
    fingerprints: dict[str, str]


class Journal:
    """Reads and appends to the journal in ``folder`` (made if missing)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._header = folder / "header.json"
        self._results = folder / "results.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder of the run cannot be made: {error.strerror}: {folder}",
                hint="Give another place with --home, or make room there.",
            ) from error

    def header(self) -> Header | None:
        """What the run was started with; None for a new folder."""
        try:
            return msgspec.json.decode(self._header.read_bytes(), type=Header)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise AssayError(
                f"The journal of the run is damaged: {self._header}: {error}",
                hint="Start a new run.",
            ) from error

    def start(self, header: Header) -> None:
        """Write the header, whole or not at all."""
        temporary = self._header.with_suffix(".tmp")
        self._write(temporary, msgspec.json.encode(header), "wb")
        temporary.replace(self._header)

    def finished(self) -> dict[str, Result]:
        """Results that were finished, by check id."""
        try:
            lines = self._results.read_bytes().split(b"\n")
        except FileNotFoundError:
            return {}
        results: dict[str, Result] = {}
        for line in lines[:-1]:  # what follows the last newline is torn, or empty
            try:
                result = msgspec.json.decode(line, type=Result)
            except msgspec.DecodeError:
                continue  # a line torn by an earlier kill, then written past
            results[result.id] = result
        return results

    def append(self, results: list[Result]) -> None:
        """Keep finished results: on the disk when this returns."""
        # A newline first closes a line that an earlier kill may have torn.
        text = b"\n" + b"".join(msgspec.json.encode(r) + b"\n" for r in results)
        self._write(self._results, text, "ab")

    def _write(self, path: Path, text: bytes, mode: str) -> None:
        try:
            with path.open(mode) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError(
                f"The run's journal cannot be written: {error.strerror}: {path}",
                hint="Make room, then go on with `assay run --resume`.",
            ) from error
