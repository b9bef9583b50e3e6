"""The parts of the JSON Schema that do not depend on which metrics there are."""

from __future__ import annotations

from typing import Any, TypeAlias

from assay.core.layer import LAYERS
from assay.suite.beside import CLAIMS, MOST_WEIGHT, SEVERITIES
from assay.suite.load import GATE
from assay.suite.pipeline import ENGINES, MOST_ATTEMPTS, MOST_TIMEOUT, OUTCOMES, VARIABLE
from assay.suite.subjects import FILE_KINDS, TASKS

Schema: TypeAlias = dict[str, Any]

TEXT = {"type": "string", "pattern": r"\S"}
TEXTS = {"type": "array", "items": TEXT}
COLUMNS = TEXTS | {"minItems": 1}
RATE = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
NOT_NEGATIVE = {"type": "number", "minimum": 0}


def object_of(properties: Schema, *needed: str) -> Schema:
    """An object with these properties and no others."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(needed)} if needed else {})


def inside() -> Schema:
    """Keys of a metric's mapping that are not its own parameters."""
    return {
        "on": TEXT | {"description": "Subject under test."},
        "data": TEXT | {"description": "Table that the model is fed with."},
        "against": TEXT | {"description": "Reference table of a metric that compares."},
        "by": {
            "description": "Slices: each item is a column, or a list of columns that are crossed.",
            "type": "array",
            "items": {"anyOf": [TEXT, COLUMNS]},
        },
        "min_slice": {
            "description": "Slices with fewer rows are not judged.",
            "type": "integer",
            "minimum": 1,
            "default": 30,
        },
        "where": TEXT | {"description": "SQL predicate: only rows that meet it are measured."},
    }


def beside() -> Schema:
    """Keys beside the metric that defaults may hold too."""
    return {
        "severity": {
            "description": "How much a failure matters to the gate.",
            "enum": list(SEVERITIES),
            "default": "block",
        },
        "claim": {
            "description": "What the verdict speaks of: this batch of rows, or the process behind"
            " it.",
            "enum": list(CLAIMS),
        },
        "family": TEXT | {"description": "Checks of one family are judged together."},
    }


def named() -> Schema:
    """Keys beside the metric that each check has for itself."""
    return {
        "id": TEXT | {"description": "Stable id, in place of the derived one.", "maxLength": 200},
        "description": TEXT | {"description": "What is checked and why, for a reader."},
        "weight": {
            "description": "How much it counts in the score of its dimension; 0 leaves it out.",
            "type": "number",
            "minimum": 0,
            "maximum": MOST_WEIGHT,
            "default": 1,
        },
        "layer": {
            "description": "Layer of tests it belongs to, from the parts (component) to people.",
            "enum": list(LAYERS),
        },
    }


def criteria() -> Schema:
    """Criteria by their key."""
    number = {"type": "number"}
    margin = {"type": "number", "minimum": 0, "default": 0}
    return {
        "at_least": number | {"description": "Least good value."},
        "at_most": number | {"description": "Greatest good value."},
        "between": {
            "description": "Least and greatest good value.",
            "type": "array",
            "items": number,
            "minItems": 2,
            "maxItems": 2,
        },
        "equals": {
            "description": "The good value, with a tolerance where one is given.",
            "anyOf": [number, object_of({"value": number, "tolerance": margin}, "value")],
        },
        "one_of": {
            "description": "The good values.",
            "type": "array",
            "items": number,
            "minItems": 1,
        },
        "no_worse_than": {
            "description": "Not worse than in a stored run, by name or id, but for a margin.",
            **object_of({"baseline": TEXT, "margin": margin}, "baseline"),
        },
    }


def subjects() -> list[Schema]:
    """A table, a query over tables, or a model."""
    database = {
        "oneOf": [
            object_of({kind: TEXT, "table": TEXT, "query": TEXT}, kind)
            | {"oneOf": [{"required": ["table"]}, {"required": ["query"]}]}
            for kind in ("duckdb", "sqlite", "postgresql")
        ]
    }
    unit = TEXT | {"description": "Column that identifies a row."}
    cluster = TEXT | {
        "description": "Column whose equal values mark rows that belong together (a customer's)."
    }
    quarantine = TEXT | {"description": "Folder for the rows that fail a check, and for the rest."}
    table = object_of(
        {
            "table": {
                "description": "A file, a folder, a pattern of files; or a table of a database.",
                "anyOf": [TEXT, database],
            },
            "unit": unit,
            "cluster": cluster,
            "incremental": {
                "description": "It grows by whole files: a run reads only those that are new.",
                "type": "boolean",
                "default": False,
            },
            "quarantine": quarantine,
        },
        "table",
    )
    query = object_of(
        {
            "query": TEXT | {"description": "One SELECT over the suite's other tables."},
            "unit": unit,
            "cluster": cluster,
            "quarantine": quarantine,
        },
        "query",
    )
    model = object_of(
        {
            "model": TEXT
            | {"description": "A skops or ONNX file, or python:module:attribute."},
            "task": {"description": "What it predicts.", "enum": list(TASKS)},
            "target": TEXT | {"description": "Column that holds the truth."},
            "positive": {
                "description": "The positive label (binary only).",
                "type": ["string", "number", "boolean"],
            },
            "features": COLUMNS | {"description": "Columns it is fed with."},
            "batch_size": {"type": "integer", "minimum": 1, "default": 10_000},
            "trusted": TEXTS | {"description": "Types that a skops file may construct."},
            "cost_per_row": NOT_NEGATIVE | {"description": "What the prediction of one row costs."},
            "cost_per_call": NOT_NEGATIVE | {"description": "What one call of the model costs."},
            "kind": {"enum": [*FILE_KINDS, "python"]},
        },
        "model", "task", "target",
    )  # fmt: skip
    only_binary = {
        "if": {"properties": {"task": {"not": {"const": "binary"}}}, "required": ["task"]},
        "then": {"properties": {"positive": False}},
    }
    return [table, query, model | only_binary]


def gate() -> Schema:
    """The gate's policy."""
    return {
        "description": "How verdicts become a decision.",
        **object_of(
            {
                "inconclusive": {
                    "description": "What an inconclusive check of severity block does.",
                    "enum": list(GATE["inconclusive"]),
                    "default": "block",
                },
                "budget": {
                    "description": "What draw_more may cost, for each model and data set.",
                    **object_of(
                        {
                            "rows": {"type": "integer", "minimum": 1},
                            "seconds": {"type": "number", "exclusiveMinimum": 0},
                        }
                    ),
                    "minProperties": 1,
                },
                "false_alarm": {
                    "description": "Error rate of each family of verdicts.",
                    "default": 0.05,
                    **RATE,
                },
                "correction": {"enum": list(GATE["correction"]), "default": "holm"},
            }
        ),
    }


def engine() -> Schema:
    """The engine that measures the tables, alone or with its settings."""
    settings = {"type": "object", "additionalProperties": TEXT}
    return {
        "description": "What measures the tables.",
        "default": ENGINES[0],
        "oneOf": [
            {"enum": list(ENGINES)},
            object_of(dict.fromkeys(ENGINES, settings)) | {"minProperties": 1, "maxProperties": 1},
        ],
    }


def notify() -> Schema:
    """Webhooks."""
    webhook = object_of(
        {
            "webhook": {
                "description": "Address, or a variable that holds it: ${HOOK}. An empty one is"
                " left out.",
                "type": "string",
            },
            "on": {
                "description": "Decisions that are told.",
                "type": "array",
                "items": {"enum": list(OUTCOMES)},
                "minItems": 1,
                "default": ["block"],
            },
            "secret": {
                "description": "Key of the signature, from the environment only.",
                "type": "string",
                "pattern": VARIABLE,
            },
            "timeout": {
                "description": "Seconds that one attempt may take.",
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": MOST_TIMEOUT,
                "default": 10,
            },
            "attempts": {
                "description": "How often it is tried.",
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_ATTEMPTS,
                "default": 4,
            },
        },
        "webhook",
    )
    return {"description": "Whom to tell of a decision.", "type": "array", "items": webhook}
