"""Whether an answer is JSON of the form that was asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping  # at run time: the hints of scorers are resolved
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from assay.core.collection import Hashed
from assay.core.errors import MissingExtraError, SubjectError
from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.json_schemas.validator import validator
from assay.scorers.shape import unfenced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange
    from assay.scorers.json_schemas.validator import Validator

_LARGEST = 4 << 20
"""Bytes of a schema's file."""


@scorer(
    "json_schema",
    binary=True,
    unit="share",
    formula="answers that are JSON and valid against the schema / answers",
    reference="JSON Schema, draft 2020-12, https://json-schema.org",
    example={"schema": {"type": "object", "required": ["city"]}},
)
class ValidJson(Scorer):
    """Share of answers that are JSON and valid against a JSON Schema.

    The dialect is draft 2020-12 unless ``$schema`` names another. Nothing is fetched: a ``$ref``
    leads to a place in the schema itself. Patterns are searched for by RE2. ``format`` is a note
    and not checked, as the standard has it. It needs the extra ``json``.
    """

    schema: Annotated[
        Mapping[str, Any] | str,
        Meta(description="The schema as a mapping, or a JSON file beside the suite."),
    ]
    fenced: Annotated[bool, Meta(description="JSON within a code fence (```json) counts too.")] = (
        False
    )

    def __post_init__(self) -> None:
        if isinstance(self.schema, str):
            return
        try:
            self._validator()
        except MissingExtraError:
            return  # a suite is read without the library; scoring asks for it
        except ValueError as error:
            raise ValueError(f"the schema cannot be used: {error}") from error

    def opened(self, folder: str, *, allow_code: bool) -> ValidJson:
        """With the schema of the file read."""
        if not isinstance(self.schema, str):
            return self
        schema = _read(os.path.join(folder, self.schema), self.schema)
        try:
            return replace(self, schema=Hashed(schema))
        except ValueError as error:
            raise SubjectError(f"The JSON Schema {self.schema!r}: {error}.") from None

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        valid = self._validator()
        return [self._one(valid, e.answer.text) for e in exchanges]

    def _validator(self) -> Validator:
        return validator(json.dumps(self.schema, sort_keys=True, default=dict))

    def _one(self, valid: Validator, text: str) -> Score:
        refusal = valid.refusal(unfenced(text) if self.fenced else text)
        if refusal is None:
            return Score(1.0)
        where = f", at {refusal.path}" if refusal.path != "$" else ""
        return Score(0.0, f"{refusal.reason}{where}")


def _read(path: str, written: str) -> dict[str, Any]:
    """The schema of a file.

    Raises:
        SubjectError: it cannot be read, or is no JSON object.
    """
    what = f"The JSON Schema {written!r}"
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SubjectError(
            f"{what} cannot be read: {reason}.", hint="Paths start at the suite's folder."
        ) from None
    if len(data) > _LARGEST:
        raise SubjectError(f"{what} is larger than {_LARGEST >> 20} MiB.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SubjectError(f"{what} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise SubjectError(f"{what} is no JSON object.")
    return found
