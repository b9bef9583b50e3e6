"""What samples carry along, as a table: to count slices before a model is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.collect.records import carried, carried_types, table_of
from assay.core.schema import UNIT
from assay.core.source import Memory
from assay.runner.observe import columns_needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.check import Check
    from assay.core.engine import Engine
    from assay.runner.opening import Opened


def attach_metadata(name: str, checks: Sequence[Check], opened: Opened, engine: Engine) -> None:
    """Make the engine know samples: their ids, and what slices and filters of checks name."""
    import pyarrow as pa

    held = opened.samples[name]
    wanted: dict[str, None] = {}
    for check in checks:
        if check.spec.data == name:
            wanted |= dict.fromkeys(columns_needed(check, held.survey.schema, name))
    carry = {column: held.survey.columns[column] for column in wanted}
    cells: list[dict[str, Any]] = [
        {UNIT: sample.id} | carried(sample.metadata, carry) for sample in held.samples
    ]
    schema = pa.schema([(UNIT, pa.string()), *carried_types(carry).items()])
    engine.attach(name, Memory(table_of(cells, schema)))
