"""The JSON Schema of suite files, made from the metrics and presets that are there.

Editors complete and check a suite with it. It describes what a file may look like; what only makes
sense together (names of subjects, tables and models, parameters that depend on each other) is
checked when the file is loaded.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.binding import bind, required, spreads
from assay.core.collection import Artefact, Component, Latency, Load, OfTable, Selected
from assay.metrics import load_all
from assay.suite.criteria import CRITERIA
from assay.suite.presets import presets
from assay.suite.schema_grammar import (
    COLUMNS,
    TEXT,
    beside,
    criteria,
    engine,
    gate,
    inside,
    named,
    notify,
    object_of,
    subjects,
)
from assay.suite.schema_language import answers, language_model, needle, samples
from assay.suite.subjects import NAME

if TYPE_CHECKING:
    from assay.core.metric import Metric
    from assay.suite.presets import Preset
    from assay.suite.schema_grammar import Schema

ID = "urn:assay:suite:1"
"""Identity and version: the number changes where a file that was good no longer is."""


def json_schema() -> Schema:
    """JSON Schema (draft 2020-12) of a suite file."""
    metrics = load_all()
    classes = list(metrics.values())
    place = "#/$defs/metric.parameters."
    bodies, definitions = msgspec.json.schema_components(classes, ref_template=place + "{name}")
    shapes = [definitions.pop(body["$ref"].removeprefix(place)) for body in bodies]
    defs = {f"metric.parameters.{name}": shape for name, shape in definitions.items()}
    for (name, cls), shape in zip(metrics.items(), shapes, strict=True):
        defs[f"metric.{name}"] = _metric(cls, shape)
        defs[f"defaults.{name}"] = _default_parameters(cls, shape)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Assay suite",
        "description": "Checks on data and models, and what their verdicts decide.",
        **object_of(
            {
                "suite": TEXT | {"description": "Name of the suite."},
                "subjects": {
                    "description": "Tables and models under test, by name.",
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": NAME, "maxLength": 60},
                    "additionalProperties": {"$ref": "#/$defs/subject"},
                },
                "gate": {"$ref": "#/$defs/gate"},
                "engine": {"$ref": "#/$defs/engine"},
                "notify": {"$ref": "#/$defs/notify"},
                "metrics": {
                    "description": "Python files that define metrics; needs --allow-code.",
                    "type": "array",
                    "items": TEXT,
                },
                "seed": {
                    "description": "Seed of everything that is drawn at random.",
                    "type": "integer",
                    "minimum": 0,
                },
                "defaults": {"$ref": "#/$defs/defaults"},
                "checks": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "if": {"type": "object", "required": ["preset"]},
                        "then": {"$ref": "#/$defs/preset"},
                        "else": {"$ref": "#/$defs/check"},
                    },
                },
            },
            "suite", "subjects", "checks",
        ),
        "$defs": {
            "subject": {"oneOf": [*subjects(), language_model(), answers(), samples(), needle()]},
            "gate": gate(),
            "engine": engine(),
            "notify": notify(),
            "defaults": _defaults(metrics),
            "check": _check(metrics),
            "preset": {"oneOf": [_preset(name, preset) for name, preset in presets().items()]},
            **defs,
        },
    }  # fmt: skip


def _defaults(metrics: Any) -> Schema:
    parameters = {name: {"$ref": f"#/$defs/defaults.{name}"} for name in metrics}
    return {
        "description": "What checks take where they say nothing themselves.",
        **object_of(
            {
                **inside(),
                **beside(),
                "parameters": {
                    "description": "Default parameters by metric.",
                    **object_of(parameters),
                },
            }
        ),
    }


def _check(metrics: Any) -> Schema:
    one_criterion = {
        kind: {"properties": {other: False for other in CRITERIA if other != kind}}
        for kind in CRITERIA
    }
    return {
        **object_of(
            {
                **{name: {"$ref": f"#/$defs/metric.{name}"} for name in metrics},
                **criteria(),
                **beside(),
                **named(),
            }
        ),
        "oneOf": [{"required": [name]} for name in metrics],
        "dependentSchemas": one_criterion,
    }


def _metric(cls: type[Metric], shape: Schema) -> Schema:
    """What stands under a metric's name: its parameters, and what it is measured on."""
    properties = dict(shape.get("properties", {}))
    needed = [name for name in shape.get("required", ()) if name != "column" or not spreads(cls)]
    found = object_of({**properties, **_columns(cls), **_inside(cls)}, *needed)
    if spreads(cls):
        found["not"] = {"required": ["column", "columns"]}
        if "column" in required(cls) and not cls.compares:
            found["anyOf"] = [{"required": ["column"]}, {"required": ["columns"]}]
    if not needed and "anyOf" not in found:
        found["type"] = ["object", "null"]  # `row_count:` alone, where defaults say the rest
    return {"description": inspect.cleandoc(cls.__doc__ or ""), **found}


def _inside(cls: type[Metric]) -> Schema:
    """The reserved keys that have a meaning for the metric."""
    collection = bind(cls, cls.example).collection()
    idle = set() if cls.compares else {"against"}
    if isinstance(collection, OfTable | Artefact):
        idle.add("data")
    if isinstance(collection, Artefact | Component | Latency | Load | Selected):
        idle |= {"by", "where", "min_slice"}
    return {key: shape for key, shape in inside().items() if key not in idle}


def _default_parameters(cls: type[Metric], shape: Schema) -> Schema:
    """Optional parameters only: the others are stated in each check."""
    needed = required(cls)
    properties = shape.get("properties", {}).items()
    return object_of({name: part for name, part in properties if name not in needed})


def _columns(cls: type[Metric]) -> Schema:
    text = "Several columns, each checked by itself; * and ? are wildcards."
    return {"columns": COLUMNS | {"description": text}} if spreads(cls) else {}


def _preset(name: str, preset: Preset) -> Schema:
    options = {
        key: (COLUMNS if parameter.kind == "columns" else TEXT)
        | {"description": parameter.description}
        for key, parameter in preset.parameters.items()
    }
    needed = [key for key, parameter in preset.parameters.items() if parameter.required]
    change = {"type": "object", "properties": {**criteria(), **beside(), **named(), **inside()}}
    return {
        "description": preset.description,
        **object_of(
            {
                "preset": {"const": name},
                "with": object_of(options, *needed),
                "skip": {"type": "array", "items": {"enum": list(preset.checks)}},
                "override": object_of(dict.fromkeys(preset.checks, change)),
            },
            *(["preset", "with"] if needed else ["preset"]),
        ),
    }
