"""The published, versioned description of the run document."""

from __future__ import annotations

from typing import Any

import msgspec

from assay.core.result import SCHEMA, Run


def run_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what ``assay.core.result.to_json`` writes.

    The document's ``schema`` names the version it follows. Within a version fields are only added,
    so a reader must let pass what it does not know.
    """
    (root,), definitions = msgspec.json.schema_components([Run], ref_template="#/$defs/{name}")
    run = definitions["Run"]
    run["properties"]["schema"] = {"const": SCHEMA}
    run["required"] = ["schema", *(name for name in run["required"] if name != "schema")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':').replace('.', ':')}",
        "title": f"Assay run, {SCHEMA}",
        **root,
        "$defs": definitions,
    }
