"""The JSON schema of subjects that are about language: models that answer, and samples."""

from __future__ import annotations

from assay.core.endpoint import APIS
from assay.subjects.language.answer_record import ANSWER_FIELDS
from assay.subjects.samples.formats.finding import FORMATS
from assay.subjects.samples.record import FIELDS
from assay.subjects.samples.variants import load_all
from assay.subjects.samples.variants.varied import MOST_COPIES
from assay.suite.application import TOKENS_KEYS
from assay.suite.language import BUDGET_KEYS, PRICE_KEYS
from assay.suite.pipeline import VARIABLE
from assay.suite.schema_grammar import NOT_NEGATIVE, TEXT, TEXTS, Schema, object_of

_POSITIVE: Schema = {"type": "number", "exclusiveMinimum": 0}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_TRUTH: Schema = {"type": "boolean", "default": False}
_FORMAT: Schema = {"description": "The tool that wrote the file.", "enum": list(FORMATS)}


def language_model() -> Schema:
    """A language model, and how it is asked."""
    price = object_of(dict.fromkeys(PRICE_KEYS, NOT_NEGATIVE), *PRICE_KEYS)
    budget = object_of(dict(zip(BUDGET_KEYS, (NOT_NEGATIVE, _COUNT), strict=True)))
    return object_of(
        {
            "llm": {
                "description": "Address of an endpoint, python:module:attribute, "
                "transformers:FOLDER, or an application behind HTTP.",
                "anyOf": [TEXT, _application()],
            },
            "api": {
                "description": "Its wire format; by itself that of the vendor's host, or openai.",
                "enum": list(APIS),
            },
            "model": TEXT | {"description": "Its name at the endpoint."},
            "api_key": {
                "description": "From the environment only.",
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


def _application() -> Schema:
    """An application behind HTTP, and where its answer stands."""
    pointer: Schema = {"type": "string", "pattern": "^/"}
    return object_of(
        {
            "post": TEXT | {"description": "Its address."},
            "body": {
                "description": "Of the request, with {input}, {messages}, {context}, {choices}, "
                "{id} and {metadata.name} filled in.",
                "type": "object",
            },
            "answer": pointer | {"description": "JSON pointer to the answer's text."},
            "context": pointer
            | {"description": "To the passages looked up; * is every item of a list."},
            "tool_calls": pointer | {"description": "To the tools that were called."},
            "tokens": object_of(dict.fromkeys(TOKENS_KEYS, pointer))
            | {"description": "To the tokens that it took."},
        },
        "post",
        "body",
        "answer",
    )


def answers() -> Schema:
    """Answers that exist already, in the place of a language model."""
    price = object_of(dict.fromkeys(PRICE_KEYS, NOT_NEGATIVE), *PRICE_KEYS)
    return object_of(
        {
            "answers": TEXT | {"description": "A file of answers that exist already."},
            "fields": object_of(dict.fromkeys(ANSWER_FIELDS, TEXT))
            | {"description": "Names in the file of an answer's fields."},
            "format": _FORMAT,
            "price": price | {"description": "Of a million tokens."},
        },
        "answers",
    )


def samples() -> Schema:
    """Questions for a language model."""
    names = object_of(dict.fromkeys(FIELDS, TEXT))
    return object_of(
        {
            "samples": TEXT
            | {"description": "A file of JSON lines, CSV or Parquet, or a set: assay:injection."},
            "fields": names | {"description": "Names in the file of a sample's fields."},
            "format": _FORMAT,
            **_variation(),
        },
        "samples",
    )


def needle() -> Schema:
    """Samples that are made: facts hidden in long texts."""
    share = {"type": "number", "minimum": 0, "maximum": 1}
    grid = object_of(
        {
            "lengths": {
                "description": "Of the texts, in characters.",
                "type": "array", "items": _COUNT, "minItems": 1, "uniqueItems": True,
            },
            "depths": {
                "description": "Shares of the text before the fact.",
                "type": "array", "items": share, "minItems": 1, "uniqueItems": True,
                "default": [0, 0.25, 0.5, 0.75, 1],
            },
            "copies": _COUNT | {"description": "Of each length and depth.", "default": 3},
            "text": TEXT | {"description": "A file to take the texts from."},
            "fact": TEXT | {"description": "The sentence that is hidden."},
            "question": TEXT | {"description": "What is asked."},
            "target": TEXT | {"description": "The right answer; part of the fact."},
        },
        "lengths",
    )  # fmt: skip
    return object_of({"needle": grid, **_variation()}, "needle")


def _variation() -> Schema:
    """Other wordings in which samples are asked too."""
    names = {"enum": list(load_all())}
    strong = [name for name, family in load_all().items() if family.strength is not None]
    degree = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    step = {
        "anyOf": [
            names,
            object_of(dict.fromkeys(strong, degree)) | {"minProperties": 1, "maxProperties": 1},
        ]
    }
    several = {"type": "array", "items": step, "minItems": 1}
    return {
        "variants": {
            "description": "Other wordings in which each sample is asked too.",
            "type": "array", "items": {"anyOf": [step, several]},
        },
        "copies": _COUNT
        | {"description": "Of each variant.", "default": 1, "maximum": MOST_COPIES},
        "seed": {
            "description": "Of what is drawn by lot.",
            "type": "integer", "minimum": 0, "default": 0,
        },
    }  # fmt: skip
