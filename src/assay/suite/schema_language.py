"""The JSON schema of subjects that are about language: models that answer, and samples."""

from __future__ import annotations

from assay.subjects.samples.record import FIELDS
from assay.suite.language import BUDGET_KEYS, PRICE_KEYS
from assay.suite.pipeline import VARIABLE
from assay.suite.schema_grammar import NOT_NEGATIVE, TEXT, TEXTS, Schema, object_of

_POSITIVE: Schema = {"type": "number", "exclusiveMinimum": 0}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_TRUTH: Schema = {"type": "boolean", "default": False}


def language_model() -> Schema:
    """A language model, and how it is asked."""
    price = object_of(dict.fromkeys(PRICE_KEYS, NOT_NEGATIVE), *PRICE_KEYS)
    budget = object_of(dict(zip(BUDGET_KEYS, (NOT_NEGATIVE, _COUNT), strict=True)))
    return object_of(
        {
            "llm": TEXT
            | {"description": "Address of an endpoint as OpenAI's, or python:module:attribute."},
            "model": TEXT | {"description": "Its name at the endpoint."},
            "api_key": {
                "description": "Sent as a bearer token; from the environment only.",
                "type": "string",
                "pattern": VARIABLE,
            },
            "headers": {
                "description": "Sent with each call.",
                "type": "object",
                "additionalProperties": TEXT,
            },
            "system": TEXT | {"description": "System prompt."},
            "template": TEXT
            | {"description": "The user turn, with {input}, {context}, {choices} filled in."},
            "temperature": NOT_NEGATIVE,
            "top_p": {"type": "number", "minimum": 0, "maximum": 1},
            "max_tokens": _COUNT,
            "seed": {"type": "integer", "minimum": 0},
            "stop": TEXTS,
            "options": {
                "description": "Other fields of the request, as they are.",
                "type": "object",
            },
            "stream": _TRUTH | {"description": "Answers come piece by piece."},
            "logprobs": _TRUTH | {"description": "Ask for the tokens' probabilities."},
            "cache": _TRUTH | {"description": "Take answers of earlier runs to the same question."},
            "repeats": _COUNT | {"description": "Answers to each sample.", "default": 1},
            "concurrency": _COUNT | {"description": "Calls in flight at once.", "default": 10},
            "requests_per_minute": _POSITIVE,
            "tokens_per_minute": _POSITIVE,
            "timeout": _POSITIVE | {"description": "Seconds of one call.", "default": 60},
            "attempts": _COUNT | {"description": "How often a call is made.", "default": 6},
            "price": price | {"description": "Of a million tokens."},
            "budget": budget
            | {"description": "What a run may cost, for each data set.", "minProperties": 1},
        },
        "llm",
    )  # fmt: skip


def samples() -> Schema:
    """Questions for a language model."""
    names = object_of(dict.fromkeys(FIELDS, TEXT))
    return object_of(
        {
            "samples": TEXT | {"description": "A file of JSON lines, CSV or Parquet."},
            "fields": names | {"description": "Names in the file of a sample's fields."},
        },
        "samples",
    )
