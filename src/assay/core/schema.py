"""What a table looks like, and which role its columns play when it holds observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assay.core.expr import Scalar

Kind = Literal[
    "integer", "float", "decimal", "boolean", "string", "date", "timestamp", "time", "interval",
    "binary", "nested", "other",
]  # fmt: skip
Task = Literal["binary", "multiclass", "regression"]

NUMERIC: frozenset[Kind] = frozenset({"integer", "float", "decimal"})
TEMPORAL: frozenset[Kind] = frozenset({"date", "timestamp"})

# Reserved names of observation columns. A table of a user never has them.
UNIT = "assay.unit"
CLUSTER = "assay.cluster"
TARGET = "assay.target"
PREDICTION = "assay.prediction"
SECONDS = "assay.seconds"
BYTES = "assay.bytes"
ROWS = "assay.rows"
DIFFERENT = "assay.different"
LEAST = "assay.least"
GREATEST = "assay.greatest"
# Of language models: what was asked and answered, and what a scorer says of it.
REPEAT = "assay.repeat"
INPUT = "assay.input"
OUTPUT = "assay.output"
FINISH = "assay.finish"
FIRST_TOKEN = "assay.first_token_s"  # noqa: S105 - no password
PROMPT_TOKENS = "assay.prompt_tokens"
COMPLETION_TOKENS = "assay.completion_tokens"
COST = "assay.cost"
ATTEMPTS = "assay.attempts"
CACHED = "assay.cached"
ERROR = "assay.error"
SCORE = "assay.score"
ANSWERED = "assay.answered"
REASON = "assay.reason"
QUESTION = "assay.question"
SAMPLE = "assay.sample"
# Of a language model under load: which load, how much of it, and when a call was meant to be sent.
LOOP = "assay.loop"
LEVEL = "assay.level"
STARTED = "assay.started_s"
RESIDENT = "assay.resident_bytes"
# Of a part of a language model: what was tried on it, what came of it, and what was wrong.
PART = "assay.part"
TEXT = "assay.text"
BECAME = "assay.became"
FAULT = "assay.fault"
DEVIATION = "assay.deviation"
REFUSAL = "assay.refusal"
REASONING = "assay.reasoning"
CONTEXT = "assay.context"
CACHED_TOKENS = "assay.cached_tokens"
TOOL_CALLS = "assay.tool_calls"
LOGPROBS = "assay.logprobs"
CONFIDENCE = "assay.confidence"
PROBABILITY = "assay.probability"


def score_column(position: int) -> str:
    """Name of the observation column with the score of the class at ``position`` of the labels."""
    return f"assay.score.{position}"


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column: its name, its kind, the engine's own type name, and whether nulls are allowed."""

    name: str
    kind: Kind
    native: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Prediction:
    """How to read predictions: the task and, for classifiers, the labels in score-column order.

    The label at position ``i`` has its score in column ``score_column(i)``; ``has_scores`` is false
    where the model gives labels only. ``positive`` is the label counted as positive (binary).
    ``features`` are the columns that the model is fed with, where they were carried along.
    """

    task: Task
    labels: tuple[Scalar, ...] = ()
    positive: Scalar = None
    has_scores: bool = False
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table; ``prediction`` is set where they are a model's observations."""

    columns: tuple[ColumnInfo, ...]
    prediction: Prediction | None = None

    def find(self, name: str) -> ColumnInfo | None:
        """The column with exactly this name, or None."""
        return next((c for c in self.columns if c.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in table order."""
        return tuple(c.name for c in self.columns)
