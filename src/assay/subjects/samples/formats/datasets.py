"""Data sets of Hugging Face on the disk: what ``save_to_disk`` wrote, and folders of Parquet.

Arrow files are read by pyarrow, without the library that wrote them; nothing in them is executed.
After the format of datasets 2 to 5: ``state.json`` names files, ``dataset_info.json`` types.
"""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING, Any

from assay.core.errors import SubjectError
from assay.subjects.samples.decoding import from_json
from assay.subjects.samples.formats.foreign import ForeignFile, Record
from assay.subjects.samples.formats.shape import Misshapen, held_to_shape, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_BATCH = 1_000


class Dataset(ForeignFile):
    """Rows as they are, under the names of their columns; labels by their names."""

    name = "datasets"
    place = "row"
    answered = True

    def __init__(self, path: str, written: str) -> None:
        super().__init__(path, written)
        if not os.path.isdir(path):
            raise SubjectError(f"{written!r} is no folder: a data set on the disk is one.")
        try:
            self._open()
        except Misshapen as error:
            raise self.unreadable(f"{error}") from None

    def _open(self) -> None:
        """Find the files of the one split there is."""
        written, splits = self.written, self._json("dataset_dict.json")
        if splits is not None:
            names = [str(name) for name in items(splits.get("splits"), "splits")]
            if len(names) != 1:
                raise SubjectError(
                    f"{written!r} holds several splits: {', '.join(names) or 'none'}.",
                    hint=f"Name one of them: {os.path.join(written, (names or ['test'])[-1])}",
                )
            self.path = os.path.join(self.path, os.path.basename(names[0]))
        self._state = self._json("state.json")
        self._files = self._found()

    @property
    def paths(self) -> tuple[str, ...]:
        return self._files

    @held_to_shape
    def samples(self) -> Iterator[tuple[int, Record]]:
        labels = self._labels()
        number = 0
        for path in self._files:
            for batch in self._batches(path):
                for row in batch.to_pylist():
                    number += 1
                    yield (
                        number,
                        {
                            name: _named(value, labels.get(name))
                            for name, value in row.items()
                            if value is not None
                        },
                    )

    def answers(self) -> Iterator[tuple[int, Record]]:
        return self.samples()

    def _found(self) -> tuple[str, ...]:
        if self._state is None:
            return self._parquet()
        if self._state.get("_indices_data_files"):
            raise SubjectError(
                f"{self.written!r} selects rows by a table of its own, which is not read.",
                hint="Write it anew: dataset.flatten_indices().save_to_disk(…).",
            )
        listed = items(self._state.get("_data_files"), "_data_files")
        names = [str(mapping(one, "_data_files").get("filename")) for one in listed]
        files = tuple(os.path.join(self.path, os.path.basename(name)) for name in names)
        missing = next((path for path in files if not os.path.isfile(path)), None)
        if missing is not None or not files:
            what = f"{os.path.basename(missing)!r} is missing" if missing else "it names no file"
            raise self.unreadable(what)
        return files

    def _parquet(self) -> tuple[str, ...]:
        here = glob.escape(self.path)
        found = sorted(glob.glob(f"{here}/*.parquet") or glob.glob(f"{here}/data/*.parquet"))
        if not found:
            raise self.unreadable("the folder holds neither state.json nor Parquet files")
        splits = {os.path.basename(path).split("-")[0].split(".")[0] for path in found}
        if len(splits) > 1 and splits & {"train", "test", "validation"}:
            raise SubjectError(
                f"{self.written!r} holds several splits: {', '.join(sorted(splits))}.",
                hint="Put the files of one into a folder of their own, or name a single file.",
            )
        return tuple(found)

    def _json(self, name: str) -> dict[str, Any] | None:
        path = os.path.join(self.path, name)
        try:
            with open(path, "rb") as file:
                found = from_json(file.read())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SubjectError(f"{path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise self.unreadable(f"{name} is not valid JSON: {error}") from None
        return found if isinstance(found, dict) else {}

    def _labels(self) -> dict[str, list[str]]:
        """Names of the classes, of each column that holds their numbers."""
        features = mapping((self._json("dataset_info.json") or {}).get("features"), "features")
        return {
            name: [str(one) for one in items(feature.get("names"), "names")]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }

    def _batches(self, path: str) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            if path.endswith(".parquet"):
                with pq.ParquetFile(path) as file:
                    yield from file.iter_batches(batch_size=_BATCH)
                return
            with pa.memory_map(path) as source, pa.ipc.open_stream(source) as reader:
                yield from reader
        except (OSError, pa.ArrowException) as error:
            raise self.unreadable(f"{os.path.basename(path)}: {error}") from None


def _named(value: Any, names: list[str] | None) -> Any:
    known = names and isinstance(value, int) and 0 <= value < len(names)
    return names[value] if known and names else value
