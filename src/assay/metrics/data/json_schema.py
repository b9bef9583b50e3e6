"""JSON texts that are not as a JSON Schema says."""

from __future__ import annotations

import json
from collections.abc import Mapping  # at run time: msgspec resolves the annotations below
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.errors import MissingExtraError
from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.metric import Metric, metric
from assay.inference.proportions import proportion
from assay.metrics.data.parameters import ColumnName, needs_text
from assay.scorers.json_schemas.validator import validator
from assay.states import Frequencies

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import FrequenciesState

_SHOWN = 10
_LONGEST = 200


@metric(
    "json_schema",
    unit="share",
    higher_is_better=True,
    formula="texts that are JSON and valid against the schema / non-null texts",
    interval="wilson",
    reference="JSON Schema, draft 2020-12, https://json-schema.org",
    example={
        "column": "payload",
        "schema": {
            "type": "object",
            "properties": {"n": {"type": "integer"}},
            "required": ["n"],
        },
    },
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class JsonSchema(Metric):
    """Share of non-null texts that are JSON and valid against a JSON Schema.

    The dialect is draft 2020-12 unless ``$schema`` names another. Nothing is fetched: a ``$ref``
    must lead to a place in the schema itself. Patterns are searched for by RE2, in linear time:
    they have no lookaround, no backreferences and no repetition above 1,000. ``format`` is a note
    and not checked, as the standard has it. Each different text is checked once; all of them are
    read into memory. It needs the extra ``json``.
    """

    column: ColumnName
    schema: Annotated[Mapping[str, Any], Meta(description="The JSON Schema, as a mapping.")]

    def __post_init__(self) -> None:
        try:
            validator(self._text)
        except MissingExtraError:
            return  # a suite is read without the library; `applicable` asks for it
        except ValueError as error:
            raise ValueError(f"json_schema: the schema cannot be used: {error}") from error

    @property
    def _text(self) -> str:
        return json.dumps(self.schema, sort_keys=True, default=dict)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, JsonSchema)
            and self.column == other.column
            and self._text == other._text
        )

    def __hash__(self) -> int:
        return hash((self.column, self._text))

    def applicable(self, schema: Schema) -> str | None:
        validator(self._text)
        return needs_text(schema, self.column)

    def _texts(self) -> Frequencies:
        value = Column(self.column)
        return Frequencies(of=(value,), where=call("not_null", value))

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._texts(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        texts = fold[self._texts()]
        bad = sum(count for _, count in _invalid(self._text, texts))
        n = texts.n
        return (proportion(n - bad, n, how, empty="there are no non-null texts"),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        bad = _invalid(self._text, fold[self._texts()])
        if not bad:
            return ()
        rows: list[list[str | int | float | bool | None]] = []
        for text, count in bad[:_SHOWN]:
            refusal = validator(self._text).refusal(text)
            reason, path = refusal or ("", "")
            shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
            rows.append([shown, count, reason, path])
        return (
            Table(
                title=f"Texts of {self.column} that are not valid: the most frequent"
                f" of {len(bad):,}",
                columns=["text", "rows", "why", "where"],
                rows=rows,
            ),
        )


@lru_cache(maxsize=4)
def _invalid(schema: str, texts: FrequenciesState) -> list[tuple[str, int]]:
    """Texts that are not valid with their counts, the most frequent first.

    Kept for a while, because estimates are asked for at several levels, and then evidence.
    """
    checked = validator(schema)
    bad = [(str(key[0]), count) for key, count in texts.counts if not checked.valid(str(key[0]))]
    return sorted(bad, key=lambda item: (-item[1], item[0]))
