"""The files a model is stored in, as observations."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from assay.collect.atomic import make_folder, write_parquet
from assay.core.schema import BYTES, UNIT
from assay.core.source import Files

if TYPE_CHECKING:
    from assay.subjects.predictor import Predictor


def collect_artefact(predictor: Predictor, *, folder: str | os.PathLike[str]) -> Files:
    """One row for each file: its name in ``assay.unit``, its size in ``assay.bytes``.

    No row for a model that is not stored in files (an import path, a live object).

    Raises:
        AssayError: the observations cannot be written.
    """
    import pyarrow as pa

    make_folder(str(folder))
    path = os.path.join(folder, "artefact.parquet")
    observed = pa.table(
        {
            UNIT: pa.array([name for name, _ in predictor.files], pa.string()),
            BYTES: pa.array([size for _, size in predictor.files], pa.int64()),
        }
    )
    write_parquet(path, observed, {})
    return Files((path,), "parquet")
