"""Small experiments on disk: the file, its assignments and its events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

HEAD = "experiment: checkout\nunit: user\narms: {control: 0.5, treatment: 0.5}\n"


def write(
    folder: Path,
    *,
    assignments: dict[str, list[Any]] | pa.Table,
    events: dict[str, list[Any]] | pa.Table | None = None,
    metrics: str,
    head: str = HEAD,
    of_assignments: str = "arm: arm",
    of_events: str = "",
    analysis: str = "",
) -> Path:
    """The path of the experiment file."""
    pq.write_table(_table(assignments), folder / "assignments.parquet")
    text = head + f"assignments: {{table: assignments.parquet, {of_assignments}}}\n"
    if events is not None:
        pq.write_table(_table(events), folder / "events.parquet")
        more = f", {of_events}" if of_events else ""
        text += f"events: {{table: events.parquet{more}}}\n"
    text += f"metrics:\n{metrics}\n"
    if analysis:
        text += f"analysis: {analysis}\n"
    path = folder / "experiment.yaml"
    path.write_text(text)
    return path


def _table(data: dict[str, list[Any]] | pa.Table) -> pa.Table:
    return data if isinstance(data, pa.Table) else pa.table(data)
