"""A stored run as the baseline of a pilot, whose rows are a part of that run's."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from assay.core.check import TableSpec
from assay.core.source import Files
from assay.runner.pairing import manifest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import SubjectSpec
    from assay.runner.baseline import Baselines
    from assay.runner.side import Side


def for_a_pilot(
    baselines: Baselines, subjects: Mapping[str, SubjectSpec], folder: Path
) -> Baselines:
    """Finds stored runs whose predictions pair with a part of their rows.

    Rows of a pilot are known by the table's ``unit`` alone: where the suite names none, they pair
    with nothing.

    Args:
        folder: where copies go.
    """

    def find(name: str) -> Side:
        side = baselines(name)
        kept: dict[str, Files] = {}
        for subject, files in side.observations.items():
            data = subjects.get(subject.rpartition("@")[2])
            part = _as_part(files, folder / f"{side.run.run.id}-{len(kept)}")
            if isinstance(data, TableSpec) and data.unit is not None and part is not None:
                kept[subject] = part
        return replace(side, observations=kept)

    return find


def _as_part(files: Files, folder: Path) -> Files | None:
    """A copy whose manifest says that fewer rows may stand against it; None where it is not whole.

    The signature is left out: a pilot never asks about the very same rows.
    """
    manifest = manifest_of(files)
    if manifest is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    paths = [str(shutil.copy(path, folder)) for path in files.paths]
    marked = msgspec.structs.replace(manifest, planned=max(manifest.rows, 1), signature="")
    (folder / "manifest.json").write_bytes(msgspec.json.encode(marked))
    return Files(tuple(paths), files.format)
