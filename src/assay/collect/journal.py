"""The journal of a prediction pass: finished batches that a killed run finds again.

A folder holds ``part-000000.parquet`` and so on, one for each batch, and ``manifest.json`` which
says what they are. A part appears under its name only when it is whole on the disk, and carries a
hash of the rows it was predicted from: it is used again only for the very same rows, asked of the
same model in the same way. So nothing need be known of the data but what is read anyway.
"""

from __future__ import annotations

import glob
import hashlib
import os
from typing import TYPE_CHECKING

import msgspec

from assay.collect.atomic import make_folder, write_bytes, write_parquet
from assay.collect.layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa

_PART = "assay.part"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished batch says of itself.

    Attributes:
        digest: hash of the rows it was predicted from, and where in the table they begin.
        rows: observations in it.
        strange: scores outside 0 to 1, NaN among them.
    """

    digest: str
    rows: int
    strange: int = 0


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of a folder are.

    Attributes:
        signature: hash of the model and of how it was asked.
        targets: hash of the target's values, on which the labels rest.
        data: fingerprint of the data, once all of it is predicted; "" before, or if not known.
        parts: file names, once all of it is predicted.
        labels: final labels, once all of it is predicted.
        planned: where these are a random part of the rows: how many there would have been in all.
    """

    signature: str
    targets: str
    layout: Layout
    data: str = ""
    left_out: int = 0
    notes: tuple[str, ...] = ()
    rows: int = 0
    parts: tuple[str, ...] = ()
    prediction_labels: tuple[str | int | float | bool | None, ...] = ()
    planned: int = 0


def digest_of(*values: object) -> str:
    """Hash of plain values; equal values have equal hashes in every process."""
    return hashlib.sha256(msgspec.json.encode(values, order="deterministic")).hexdigest()


def rows_digest(rows: pa.Table, start: int) -> str:
    """Hash of rows and of the number of the first: of their schema and Arrow buffers."""
    digest = hashlib.sha256(f"{start}\0".encode())
    digest.update(rows.schema.remove_metadata().serialize())
    for batch in rows.combine_chunks().to_batches():
        digest.update(batch.serialize())
    return digest.hexdigest()


class PredictionJournal:
    """The parts in ``folder`` (made if missing).

    Args:
        signature: hash of the model and of how it is asked; "" where the model cannot be told
            from another (a live object), and nothing of an earlier pass may be used.

    Raises:
        AssayError: the folder cannot be made.
    """

    def __init__(self, folder: str, signature: str) -> None:
        make_folder(folder)
        self.folder = folder
        self.signature = signature
        self.manifest = self._read()

    def _read(self) -> Manifest | None:
        try:
            with open(os.path.join(self.folder, "manifest.json"), "rb") as file:
                found = msgspec.json.decode(file.read(), type=Manifest)
        except (OSError, msgspec.DecodeError):
            return None
        return found if self.signature and found.signature == self.signature else None

    def complete(self, data: str) -> Manifest | None:
        """The manifest of a finished pass over data with this fingerprint, if it is all there."""
        found = self.manifest
        if found is None or not data or found.data != data or not found.parts:
            return None
        present = all(os.path.isfile(os.path.join(self.folder, name)) for name in found.parts)
        return found if present else None

    def layout(self, targets: str) -> Layout | None:
        """The layout of the parts that are there; None, and nothing there, where it is another
        model's, or the targets have changed and with them the labels."""
        if self.manifest is not None and self.manifest.targets == targets:
            return self.manifest.layout
        self._clear()
        return None

    def _clear(self) -> None:
        for pattern in ("manifest.json", "part-*.parquet", ".tmp-*"):
            for path in glob.glob(os.path.join(glob.escape(self.folder), pattern)):
                os.unlink(path)
        self.manifest = None

    def write_manifest(self, manifest: Manifest) -> None:
        """Store what the parts are.

        Raises:
            AssayError: it cannot be written.
        """
        write_bytes(os.path.join(self.folder, "manifest.json"), msgspec.json.encode(manifest))
        self.manifest = manifest

    def part(self, name: str, digest: str) -> Part | None:
        """The finished part of that name, if it was predicted from those rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            metadata = pq.read_metadata(os.path.join(self.folder, name)).metadata or {}
            found = msgspec.json.decode(metadata.get(_PART.encode(), b""), type=Part)
        except (OSError, pa.ArrowException, msgspec.DecodeError):
            return None
        return found if found.digest == digest else None

    def write_part(self, name: str, observations: pa.Table, part: Part) -> None:
        """Store a finished batch.

        Raises:
            AssayError: it cannot be written.
        """
        described = {_PART: msgspec.json.encode(part).decode()}
        write_parquet(os.path.join(self.folder, name), observations, described)

    def paths(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Where these parts are."""
        return tuple(os.path.join(self.folder, name) for name in names)

    def drop_others(self, names: tuple[str, ...]) -> None:
        """Remove parts that the data no longer has, and what a killed process left half written."""
        for pattern in ("part-*.parquet", ".tmp-*"):
            for path in glob.glob(os.path.join(glob.escape(self.folder), pattern)):
                if os.path.basename(path) not in names:
                    os.unlink(path)
