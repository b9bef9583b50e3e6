"""Repeated timed calls of a model, as observations on the disk."""

from __future__ import annotations

import os
from time import perf_counter
from typing import TYPE_CHECKING

from assay.collect.atomic import make_folder, write_parquet
from assay.collect.inputs import feature_columns
from assay.collect.journal import digest_of
from assay.core.progress import Progress, silent
from assay.core.schema import SECONDS
from assay.core.source import Files
from assay.subjects.answers import FAILURES, failed

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.core.check import ModelSpec
    from assay.core.collection import Latency
    from assay.core.engine import Engine
    from assay.subjects.predictor import Predictor

_SIGNATURE = b"assay.signature"
_MOST_ROWS = 100_000  # kept in memory to cycle through


def collect_latency(
    engine: Engine,
    table: str,
    predictor: Predictor,
    spec: ModelSpec,
    wish: Latency,
    *,
    folder: str | os.PathLike[str],
    unit: str | None = None,
    cluster: str | None = None,
    data_fingerprint: str = "",
    progress: Progress = silent,
    task_name: str = "latency",
) -> Files:
    """Time ``wish.repeats`` calls of ``wish.batch_size`` rows each, after ``wish.warmup`` others.

    The calls go through the data in order and begin again at its end, so that no answer comes from
    a cache of one row; reading and converting rows is not timed. One Parquet file with
    ``assay.seconds``, one row for each call in the order they were made; no row where the data has
    none. Timings of an earlier, interrupted run are kept if model, data and wish are the same.

    Raises:
        SubjectError: a column is missing, or the model failed.
        AssayError: the file cannot be written.
    """
    import pyarrow as pa

    schema = engine.schema(table)
    features = feature_columns(predictor, spec, schema.names, unit=unit, cluster=cluster)
    make_folder(str(folder))
    name = f"latency-{wish.batch_size}-{wish.repeats}-{wish.warmup}.parquet"
    path = os.path.join(folder, name)
    asked = ("assay.latency/1", predictor.fingerprint, data_fingerprint, list(features))
    signature = digest_of(*asked) if predictor.fingerprint else ""
    if not (signature and _written(path) == signature):
        rows = _rows(engine, table, features, wish.batch_size * (wish.warmup + wish.repeats))
        seconds = _timed(predictor, rows, wish, progress, task_name) if rows.num_rows else []
        observed = pa.table({SECONDS: pa.array(seconds, pa.float64())})
        write_parquet(path, observed, {_SIGNATURE.decode(): signature})
    return Files((path,), "parquet")


def _written(path: str) -> str:
    """The signature of a finished file, or ""."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata: dict[bytes, bytes] = pq.read_metadata(path).metadata or {}
        return metadata.get(_SIGNATURE, b"").decode()
    except (OSError, pa.ArrowException):
        return ""


def _rows(engine: Engine, table: str, features: tuple[str, ...], wanted: int) -> pa.Table:
    """The first rows, as many as the calls will take (or as memory should hold)."""
    import pyarrow as pa

    limit = min(wanted, _MOST_ROWS)
    found: list[pa.Table] = []
    have = 0
    for batch in engine.batches(table, batch_size=min(limit, 10_000)):
        part = pa.Table.from_batches([batch]).select(list(features)).slice(0, limit - have)
        found.append(part)
        have += part.num_rows
        if have >= limit:
            break
    return pa.concat_tables(found) if found else pa.table({})


def _timed(
    predictor: Predictor, rows: pa.Table, wish: Latency, progress: Progress, task_name: str
) -> list[float]:
    """Seconds of each counted call."""
    size = wish.batch_size
    while rows.num_rows < size:
        import pyarrow as pa

        rows = pa.concat_tables([rows, rows])
    starts = range(0, rows.num_rows - size + 1, size)
    inputs = [predictor.prepare(rows.slice(s, size)) for s in starts[: wish.warmup + wish.repeats]]
    seconds: list[float] = []
    try:
        for call in range(wish.warmup + wish.repeats):
            given = inputs[call % len(inputs)]
            began = perf_counter()
            predictor.call(given)
            ended = perf_counter()
            if call >= wish.warmup:
                seconds.append(ended - began)
                if len(seconds) % 50 == 0:
                    progress(task_name, len(seconds), wish.repeats)
    except FAILURES as error:
        raise failed(predictor.description, error) from error
    progress(task_name, len(seconds), wish.repeats)
    return seconds
